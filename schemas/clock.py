"""Time: one injected clock, UTC in storage, Europe/Berlin for days and years."""

from datetime import UTC, date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

BERLIN: Final = ZoneInfo("Europe/Berlin")


class Clock(Protocol):
    """Where the present moment comes from."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return datetime.now(UTC)


def local_day(moment: datetime) -> date:
    """The day on which people in Germany say this happened."""
    return moment.astimezone(BERLIN).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of a German day and of the next; 23 to 25 hours apart."""
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN)
    following = date.fromordinal(day.toordinal() + 1)
    end = datetime(following.year, following.month, following.day, tzinfo=BERLIN)
    return start.astimezone(UTC), end.astimezone(UTC)
