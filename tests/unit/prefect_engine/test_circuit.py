"""The circuit breaker leaves Prefect alone after a failure, and tries once."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from flows.prefect_engine.circuit import (
    SKIP_SECONDS,
    STARTING_SECONDS,
    Open,
    failed,
    pause_before_try,
    starting,
    succeeded,
)


def test_a_failure_opens_it_for_thirty_seconds() -> None:
    opened = failed(succeeded(), 100.0)

    assert pause_before_try(opened, 100.0) == SKIP_SECONDS == 30.0
    assert pause_before_try(opened, 129.0) == 1.0
    assert pause_before_try(opened, 131.0) == 0.0


def test_a_closed_one_needs_no_try() -> None:
    assert pause_before_try(succeeded(), 0.0) is None


def test_a_failed_try_leaves_it_open_since_the_first_failure() -> None:
    opened = failed(succeeded(), 100.0)

    again = failed(opened, 130.0)

    assert again == Open(since=100.0, next_try=160.0)


def test_a_server_that_is_starting_is_tried_every_second() -> None:
    circuit = starting(0.0)

    assert pause_before_try(circuit, 0.0) == 0.0
    assert pause_before_try(failed(circuit, 5.0), 5.0) == 1.0


def test_a_server_that_never_starts_is_tried_less_often() -> None:
    late = failed(starting(0.0), STARTING_SECONDS + 1)

    assert isinstance(late, Open)


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=30))
def test_there_is_never_more_than_one_try_in_its_pause(steps: list[float]) -> None:
    now, circuit, tries = 1_000.0, failed(succeeded(), 1_000.0), [1_000.0]
    for step in steps:
        now += step
        if pause_before_try(circuit, now) == 0.0:
            tries.append(now)
            circuit = failed(circuit, now)

    assert all(
        later - earlier >= SKIP_SECONDS for earlier, later in itertools.pairwise(tries)
    )
