"""German days: 23, 24 or 25 hours long, and never with a gap between."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clock import SystemClock, day_bounds, local_day

HOUR = timedelta(hours=1)
days = st.dates(min_value=date(1996, 1, 1), max_value=date(2100, 12, 30))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 3, 28), 24),
        (date(2026, 3, 29), 23),
        (date(2026, 3, 30), 24),
        (date(2026, 10, 25), 25),
        (date(2026, 10, 26), 24),
    ],
)
def test_a_day_is_as_long_as_people_say(day: date, hours: int) -> None:
    start, end = day_bounds(day)

    assert end - start == hours * HOUR


def test_new_year_begins_in_germany_an_hour_before_utc() -> None:
    start, _ = day_bounds(date(2027, 1, 1))

    assert start == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert local_day(start) == date(2027, 1, 1)
    assert local_day(start - timedelta(microseconds=1)) == date(2026, 12, 31)


@given(days)
def test_days_follow_each_other_without_a_gap(day: date) -> None:
    assert day_bounds(day)[1] == day_bounds(day + timedelta(days=1))[0]


@given(days, st.integers(min_value=0, max_value=10**12))
def test_every_moment_belongs_to_the_day_whose_bounds_enclose_it(
    day: date, microseconds: int
) -> None:
    start, end = day_bounds(day)
    moment = start + timedelta(microseconds=microseconds) % (end - start)

    assert local_day(moment) == day
    assert local_day(end) == day + timedelta(days=1)


def test_the_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
