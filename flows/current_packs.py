"""Checks by the packs that lie there now: one that is added needs no restart."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import structlog

from flows.ports import Checker
from schemas.checking.policy import CheckPolicy
from schemas.errors import PackBroken
from schemas.findings import CheckResult
from schemas.packs.activation import ACTIVATIONS

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 1.0

Sight: TypeAlias = tuple[int, ...]


class OpenChecker(Checker, Protocol):
    """A checker on the packs of one moment."""

    async def aclose(self) -> None:
        """Give back its processes."""
        ...


@dataclass(kw_only=True, eq=False)
class _Edition:
    """A checker, and how many documents are with it."""

    checker: OpenChecker
    seen: Sight
    at_work: int = 0
    is_over: bool = False


@dataclass(kw_only=True, eq=False)
class CurrentPacks:
    """Fills the port; whoever is being checked is checked to the end as begun.

    A folder's time changes when something in it comes or goes, and nothing of a
    pack changes otherwise: that is all that is looked at, once a second.
    """

    places: Sequence[Path]
    open: Callable[[], OpenChecker]
    clock: Callable[[], float] = time.monotonic
    _now: _Edition | None = None
    _looked: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        edition = await self._current()
        edition.at_work += 1
        try:
            return await edition.checker.check(
                chunks, size=size, media_type=media_type, policy=policy, on=on
            )
        finally:
            edition.at_work -= 1
            await _leave(edition)

    async def aclose(self) -> None:
        """Give back what is open."""
        if self._now is not None:
            await self._now.checker.aclose()
            self._now = None

    async def _current(self) -> _Edition:
        async with self._turn:
            now, before = self.clock(), self._now
            if before is not None and now - self._looked < _LOOK_SECONDS:
                return before
            self._looked = now
            seen = await asyncio.to_thread(self._look)
            if before is None:
                self._now = await self._open(seen)
            elif before.seen != seen:
                self._now = await self._renewed(before, seen)
            else:
                return before
            return self._now

    async def _renewed(self, before: _Edition, seen: Sight) -> _Edition:
        try:
            edition = await self._open(seen)
        except PackBroken:
            # What could be used a moment ago still can.
            _log.warning("packs_unreadable")
            return before
        _log.info("packs_changed")
        before.is_over = True
        await _leave(before)
        return edition

    async def _open(self, seen: Sight) -> _Edition:
        return _Edition(checker=await asyncio.to_thread(self.open), seen=seen)

    def _look(self) -> Sight:
        return tuple(
            _touched(folder)
            for place in self.places
            for folder in (place, place / ACTIVATIONS)
        )


async def _leave(edition: _Edition) -> None:
    if edition.is_over and not edition.at_work:
        await edition.checker.aclose()


def _touched(folder: Path) -> int:
    with suppress(OSError):
        return folder.stat().st_mtime_ns
    return 0
