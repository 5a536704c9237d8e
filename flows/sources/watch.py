"""One source on this worker: whose turn it is, when it is due, how it fares."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.base import Inbox
from flows.sources.answering import Answering
from flows.sources.ports import SourcePorts
from flows.sources.round import NOTHING, MailboxRound
from schemas.errors import CounterpartAway, DatabaseAway, EngineError
from schemas.rules.classification import BUG
from schemas.rules.mailbox import NO_TIME, away_for, waiting_codes
from schemas.sources import Source
from storage.duties import Duties

_log = structlog.get_logger("sources")
_MANY: Final = 100
"""After so many new ones there may be more: nobody waits for the next poll."""
_LEAST_HOLD: Final = 60.0
_SOON: Final = 1.0
_EXPIRY_SECONDS: Final = 6 * 3600.0
_TELL_AGAIN: Final = 300.0
"""Whoever asks for a source's standing is told one that is no older."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _News:
    """What is kept of a round."""

    code: str = ""
    pending: int = 0
    oldest: datetime | None = None
    troubles: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Everything that is wrong."""
        return self.troubles | {self.code} - {""}


class SourceWatch:
    """Looks into one mailbox when it is due, and this worker's to look after."""

    def __init__(
        self, source: Source, inbox: Inbox, ports: SourcePorts, duties: Duties
    ) -> None:
        self.source = source
        self._inbox, self._ports, self._duties = inbox, ports, duties
        self._mailbox = MailboxRound(source, inbox, ports)
        self._answering = Answering(source, inbox, ports)
        self._every = source.poll_every.total_seconds()
        self._hold = max(2 * self._every, _LEAST_HOLD)
        self._now = asyncio.get_running_loop().time
        self._due_at = self._ours_until = -math.inf
        self._away_for: timedelta | None = None
        self._work: dict[str, asyncio.Task[None]] = {}
        self._looked = NOTHING
        self._expiring, self._expiry_at = frozenset[str](), -math.inf
        self._told, self._told_at = _News(), -math.inf
        self._owes = self._is_wanted = self._remembers = False

    @property
    def is_ours(self) -> bool:
        """Whether no other worker may look after it now."""
        return self._now() < self._ours_until

    def owes(self) -> None:
        """An answer was ordered."""
        self._owes = True

    def wanted(self) -> None:
        """Somebody wants it looked at: now, even where it was away."""
        self._is_wanted = True

    async def tick(self) -> None:
        """Begin what is due. Raises DatabaseAway."""
        is_due = self._is_wanted or self._now() >= self._due_at
        looks = is_due and "look" not in self._work
        if not (looks or self._owes or self._work):
            return
        if not await self._claim():
            # Another worker's: it hears of wishes and answers by itself.
            self._due_at = max(self._due_at, self._now() + self._every)
            self._owes = self._is_wanted = False
        elif looks:
            self._begin("look", self._look)
        elif self._owes and "send" not in self._work and self._away_for is None:
            self._begin("send", self._send)

    async def once(self) -> None:
        """One look, to its end; none where another worker looks after the source.

        Raises DatabaseAway.
        """
        self._is_wanted = True
        if await self._claim():
            await self._through("look", self._look)

    async def answer(self) -> None:
        """Send what has been ordered since. Raises DatabaseAway."""
        if self._owes and self._away_for is None and await self._claim():
            await self._through("send", self._send)

    async def _through(self, name: str, do: Callable[[], Awaitable[str]]) -> None:
        """To its end, and hold the source until then."""
        self._begin(name, do)
        while name in self._work:
            await asyncio.wait([self._work[name]], timeout=self._hold / 4)
            if name in self._work:
                await self._claim()

    async def stop(self) -> None:
        """Break off; what was begun is found by whoever comes next."""
        tasks = list(self._work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.is_ours:
            await self._duties.release(self._duty)

    @property
    def _duty(self) -> str:
        # Installations of several tenants may share a database.
        return f"poll:{self.source.tenant}/{self.source.id}"

    async def _claim(self) -> bool:
        """Claiming is a commit: only when half of what is held is over."""
        asked = self._now()
        if asked < self._ours_until - self._hold / 2:
            return True
        if not await self._duties.claim(self._duty, timedelta(seconds=self._hold)):
            self._ours_until = self._told_at = -math.inf
            self._remembers = False
            return False
        self._ours_until = asked + self._hold
        return True

    def _begin(self, name: str, do: Callable[[], Awaitable[str]]) -> None:
        self._owes = False
        task = asyncio.create_task(self._guarded(do))
        self._work[name] = task
        task.add_done_callback(lambda _: self._ended(name))

    def _ended(self, name: str) -> None:
        del self._work[name]

    async def _guarded(self, do: Callable[[], Awaitable[str]]) -> None:
        """A round, whatever comes of it; its trouble becomes an alarm."""
        try:
            code = await do()
        except DatabaseAway:
            _log.warning("source_waits_for_database", source=self.source.id)
            self._due_at = self._now() + _SOON
            return
        except CounterpartAway as away:
            code = away.code
            self._due_at = self._now() + self._longer_away()
        except Exception as error:  # noqa: BLE001 - the next round goes on
            code = error.code if isinstance(error, EngineError) else BUG
            _log.warning(
                "source_failed",
                source=self.source.id,
                code=code,
                detail=error.detail if isinstance(error, EngineError) else "",
                error=type(error).__name__,
            )
        with contextlib.suppress(DatabaseAway):
            await self._tell(code)

    async def _look(self) -> str:
        """What is owed, then what is new; why answers find nobody there, or ""."""
        self._due_at = self._now() + self._every
        if self._is_wanted:
            self._is_wanted, self._told_at = False, -math.inf
            # Before looking: what is wished for meanwhile is another wish.
            await self._ports.states.take_wish(self.source.tenant, self.source.id)
            self._mailbox.hurry()
        if not self._remembers:
            await self._answering.remember()
            self._remembers = True
        if self._now() >= self._expiry_at:
            self._expiring = await self._inbox.expiring()
            self._expiry_at = self._now() + _EXPIRY_SECONDS
        unsent = await self._unsent()
        # Answers have a desk of their own: what can be fetched is fetched.
        self._looked = await self._mailbox.look()
        if unsent:
            soon = self._now() + self._longer_away()
            self._due_at = min(self._due_at, soon)
        else:
            self._away_for = None
        if self._looked.taken >= _MANY:
            self._due_at = -math.inf
        return unsent

    async def _unsent(self) -> str:
        try:
            await self._answering.send()
        except DatabaseAway:
            raise
        except CounterpartAway as away:
            return away.code
        return ""

    async def _send(self) -> str:
        await self._answering.send()
        return ""

    def _longer_away(self) -> float:
        """Seconds until it is tried again; more after each failure."""
        self._away_for = away_for(self._away_for)
        return self._away_for.total_seconds()

    async def _tell(self, code: str) -> None:
        """How it stands, and alarms for what is wrong now; no news costs nothing."""
        source, looked = self.source, self._looked
        waiting = self._ports.clock.now() - looked.oldest if looked.oldest else NO_TIME
        troubles = (
            looked.codes
            | self._answering.codes
            | self._expiring
            | waiting_codes(waiting)
        )
        news = _News(
            code=code, pending=looked.pending, oldest=looked.oldest, troubles=troubles
        )
        if news == self._told and self._now() < self._told_at + _TELL_AGAIN:
            return
        if news.all != self._told.all:
            codes = sorted(news.all)
            _log.info("source_fares", source=source.id, codes=codes)
        await self._ports.states.polled(
            source.tenant,
            source.id,
            code=code,
            pending=looked.pending,
            oldest=looked.oldest,
            troubles=troubles,
        )
        self._told, self._told_at = news, self._now()
