"""Moments as people type them: a day, or how long ago."""

import re
from datetime import date, datetime, timedelta
from typing import Final

import typer

from schemas.clock import day_bounds

_AGO: Final = re.compile(r"([0-9]{1,5})\s*(min|h|d|w)")
_UNITS: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_GERMAN: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


def parse_since(text: str, *, now: datetime) -> datetime:
    """The first moment that is meant. Raises BadParameter."""
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        start, _ = day_bounds(_day(text.strip()))
    except ValueError:
        raise typer.BadParameter(
            "Write a day like 21.11.2026 or 2026-11-21, or a span like 3d, 12h, 30min.",
            param_hint="--since",
        ) from None
    return start


def parse_day(text: str, *, hint: str) -> date:
    """A day of the calendar. Raises BadParameter."""
    try:
        return _day(text.strip())
    except ValueError:
        raise typer.BadParameter(
            "Write a day like 21.11.2026 or 2026-11-21.", param_hint=hint
        ) from None


def _day(text: str) -> date:
    german = _GERMAN.fullmatch(text)
    if german:
        return date(int(german[3]), int(german[2]), int(german[1]))
    return date.fromisoformat(text)
