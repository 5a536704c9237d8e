"""How long a case waits, and when somebody gives it up."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.limits import CALL_DEADLINE
from schemas.rules.waits import (
    FIRST_PROBE,
    GIVE_UP_AFTER,
    LAST_PROBE,
    SETTLE,
    give_up_stage,
    next_probe,
    quarantine_stage,
    wait_after,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_the_waits_after_own_failures_are_those_of_the_design() -> None:
    waits = [wait_after(failures) for failures in range(1, 6)]

    assert waits == [10 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, None]


def test_the_fifth_failure_makes_a_dead_letter_and_so_does_every_later_one() -> None:
    assert all(wait_after(failures) is None for failures in range(5, 50))


def test_probes_begin_at_ten_seconds_and_grow_to_ten_minutes() -> None:
    waits = [FIRST_PROBE]
    while waits[-1] < LAST_PROBE:
        waits.append(next_probe(waits[-1]))

    assert waits[0] == timedelta(seconds=10)
    assert waits[-1] == 10 * MINUTE
    assert all(later == min(2 * wait, LAST_PROBE) for wait, later in pairwise(waits))


@given(st.timedeltas(min_value=timedelta(0), max_value=DAY))
def test_no_probe_waits_longer_than_ten_minutes(wait: timedelta) -> None:
    assert next_probe(wait) <= LAST_PROBE


def test_a_counterpart_is_not_asked_before_a_late_call_must_have_arrived() -> None:
    assert SETTLE >= 2 * CALL_DEADLINE


@pytest.mark.parametrize(
    ("waited", "stage"),
    [
        (timedelta(0), 0),
        (5 * DAY - MINUTE, 0),
        (5 * DAY, 1),
        (10 * DAY - MINUTE, 1),
        (10 * DAY, 2),
        (400 * DAY, 2),
    ],
)
def test_waiting_is_warned_of_at_half_time_and_ended_after_ten_days(
    waited: timedelta, stage: int
) -> None:
    assert give_up_stage(waited, GIVE_UP_AFTER) == stage


@given(
    st.timedeltas(min_value=timedelta(0), max_value=1000 * DAY),
    st.timedeltas(min_value=HOUR, max_value=300 * DAY),
)
def test_a_stage_of_giving_up_is_never_taken_back(
    waited: timedelta, limit: timedelta
) -> None:
    assert give_up_stage(waited, limit) <= give_up_stage(waited + HOUR, limit) <= 2


@pytest.mark.parametrize(
    ("age", "stage"),
    [
        (timedelta(0), 0),
        (3 * DAY - MINUTE, 0),
        (3 * DAY, 1),
        (9 * DAY - MINUTE, 1),
        (9 * DAY, 2),
        (12 * DAY - MINUTE, 2),
        (12 * DAY, 3),
        (90 * DAY, 3),
    ],
)
def test_quarantine_alarms_on_day_3_and_9_and_decides_on_day_12(
    age: timedelta, stage: int
) -> None:
    assert quarantine_stage(age) == stage
