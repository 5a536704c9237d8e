"""Days and spans as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from api.cli.moments import parse_since

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("3d", NOW - timedelta(days=3)),
        ("12h", NOW - timedelta(hours=12)),
        ("30 min", NOW - timedelta(minutes=30)),
        ("2w", NOW - timedelta(weeks=2)),
        ("21.11.2026", datetime(2026, 11, 20, 23, 0, tzinfo=UTC)),
        ("1.7.2026", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 20, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_in_germany(text: str, moment: datetime) -> None:
    assert parse_since(text, now=NOW) == moment


@pytest.mark.parametrize("text", ["", "gestern", "3", "31.02.2026", "-3d", "99999999h"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_since(text, now=NOW)
