"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class TestClock:
    """Simulated time, shared by everything that asks for the time."""

    __test__ = False

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
