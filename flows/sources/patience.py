"""What could not be taken: since when, why, and when it is tried again."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from schemas.rules.mailbox import holds_line, pause_after

_JUST_NOW: Final = timedelta(seconds=10)
"""Whoever asks for a round each second does not hurry it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """A submission that waits in its mailbox because of us, or of the channel."""

    since: datetime
    """When it was handed in; when we first failed, where we never came to know."""
    failures: int
    code: str
    tried_at: datetime
    again_at: datetime


class Patience:
    """Forgotten with the process: then everything is tried again, once."""

    def __init__(self) -> None:
        self._left: dict[str, Left] = {}

    def is_paused(self, submission: str, now: datetime) -> bool:
        """Whether it is left alone for now."""
        left = self._left.get(submission)
        return left is not None and now < left.again_at

    def holds_up(self, submission: str) -> bool:
        """Whether those behind it in its case wait for it."""
        left = self._left.get(submission)
        return left is not None and holds_line(left.failures)

    def failed(
        self, submission: str, code: str, *, since: datetime | None, now: datetime
    ) -> None:
        """Once more."""
        before = self._left.get(submission)
        failures = before.failures + 1 if before else 1
        self._left[submission] = Left(
            since=since or (before.since if before else now),
            failures=failures,
            code=code,
            tried_at=now,
            again_at=now + pause_after(failures),
        )

    def taken(self, submission: str) -> None:
        """It is here now, or gone."""
        self._left.pop(submission, None)

    def keep_only(self, listed: Collection[str]) -> None:
        """What is listed no longer is nobody's trouble any more."""
        for gone in self._left.keys() - set(listed):
            del self._left[gone]

    def hurry(self, now: datetime) -> None:
        """Somebody asked: try what was not tried this very moment."""
        for submission, left in self._left.items():
            if now - left.tried_at >= _JUST_NOW:
                self._left[submission] = replace(left, again_at=now)

    @property
    def codes(self) -> frozenset[str]:
        """Why, each reason once."""
        return frozenset(left.code for left in self._left.values())

    @property
    def waiting(self) -> tuple[datetime, ...]:
        """Since when each has waited, the oldest first."""
        return tuple(sorted(left.since for left in self._left.values()))
