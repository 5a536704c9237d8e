"""In which order a mailbox is emptied, and how long trouble is left alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.channels import Announced
from schemas.rules.mailbox import (
    PATIENT_WITH,
    away_for,
    day_owed,
    holds_line,
    lines_of,
    pause_after,
    resend_after,
    waiting_codes,
)

listed = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz"))).map(
    lambda pairs: [Announced(submission=f"{s}{c}", case=c) for s, c in pairs]
)
MINUTE = timedelta(minutes=1)


@given(listed)
def test_every_submission_stands_once_in_the_line_of_its_case(
    waiting: list[Announced],
) -> None:
    lines = lines_of(waiting)

    assert sorted(one.submission for line in lines for one in line) == sorted(
        {one.submission for one in waiting}
    )
    assert all(len({one.case for one in line}) == 1 for line in lines)
    assert len({line[0].case for line in lines}) == len(lines)


@given(listed)
def test_a_line_keeps_the_order_of_the_list(waiting: list[Announced]) -> None:
    first = {one.submission: at for at, one in reversed(list(enumerate(waiting)))}

    for line in lines_of(waiting):
        places = [first[one.submission] for one in line]
        assert places == sorted(places)


@given(st.integers(1, 100))
def test_pauses_grow_and_end(failures: int) -> None:
    assert pause_after(failures) <= pause_after(failures + 1) <= 10 * MINUTE


def test_a_submission_that_never_works_leaves_its_line() -> None:
    assert holds_line(PATIENT_WITH)
    assert not holds_line(PATIENT_WITH + 1)


def test_a_source_that_is_away_is_asked_after_ten_seconds_up_to_ten_minutes() -> None:
    waits, last = [], None
    for _ in range(8):
        last = away_for(last)
        waits.append(last.total_seconds())

    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]


@given(st.integers(0, 1000))
def test_an_answer_is_sent_again_within_ten_minutes(tries: int) -> None:
    assert timedelta(0) < resend_after(tries) <= resend_after(tries + 1)
    assert resend_after(tries) <= 10 * MINUTE


def test_alarms_come_a_day_before_each_of_the_channels_days() -> None:
    def codes(days: float) -> list[str]:
        return sorted(waiting_codes(timedelta(days=days)))

    assert codes(1.9) == []
    assert codes(2.0) == ["E-FIT-WAITING-DAY-3"]
    assert codes(8.0) == ["E-FIT-WAITING-DAY-3", "E-FIT-WAITING-DAY-9"]
    assert len(codes(13.0)) == 3


def test_the_next_of_the_channels_days_is_told() -> None:
    assert day_owed(timedelta(days=1)).day == 3
    assert day_owed(timedelta(days=3)).day == 9
    assert day_owed(timedelta(days=13)).within == timedelta(days=1)
    assert day_owed(timedelta(days=15)).within < timedelta(0)
