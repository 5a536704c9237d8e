"""One look into a mailbox: what is new is taken, everything else is left in peace."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from adapters.base import Inbox
from flows.sources.lines import carry
from flows.sources.patience import Patience
from flows.sources.ports import SourcePorts
from flows.sources.taking import LeftThere, Taking
from schemas.channels import Announced
from schemas.errors import CounterpartAway, DatabaseAway, EngineError, StorageFull
from schemas.rules.classification import BUG
from schemas.rules.mailbox import WITNESSES, lines_of
from schemas.sources import Source

_log = structlog.get_logger("sources")
_AT_ONCE: Final = 4
"""Each may hold a few MiB of a big attachment in memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What a round came to."""

    taken: int
    pending: int
    """Listed, and not here."""
    oldest: datetime | None
    """Since when one of them waits, as far as is known."""
    codes: frozenset[str]
    """Why they wait."""


NOTHING: Final = Looked(taken=0, pending=0, oldest=None, codes=frozenset())
"""Before the first look."""


@dataclass(kw_only=True, slots=True)
class _Course:
    """How a round goes."""

    taken: int = 0
    settled: int = 0
    """Taken, or known to be gone."""
    away_in_a_row: int = 0
    end: EngineError | None = None
    """What ends it before its time, for all."""

    @property
    def is_over(self) -> bool:
        """Whether the rest is left where it is."""
        return self.end is not None


class MailboxRound:
    """Looks into one mailbox, again and again; remembers what broke it."""

    def __init__(self, source: Source, inbox: Inbox, ports: SourcePorts) -> None:
        self._source, self._inbox, self._ports = source, inbox, ports
        self._taking = Taking(source, inbox, ports)
        self._patience = Patience()
        self._course = _Course()

    def hurry(self) -> None:
        """What has failed is tried in the next round, too."""
        self._patience.hurry(self._ports.clock.now())

    async def look(self) -> Looked:
        """Take what is new. Raises CounterpartAway (DatabaseAway, too)."""
        new = await self._new()
        course = self._course = _Course()
        await carry(lines_of(new), self._take, at_once=_AT_ONCE)
        if isinstance(course.end, CounterpartAway):
            raise course.end
        waiting, codes = self._patience.waiting, self._patience.codes
        return Looked(
            taken=course.taken,
            pending=len(new) - course.settled,
            oldest=waiting[0] if waiting else None,
            codes=codes | {course.end.code} if course.end else codes,
        )

    async def _new(self) -> list[Announced]:
        source, channels = self._source, self._ports.channels
        listed = {one.submission: one for one in await self._inbox.listing()}
        self._ports.at("listed")
        self._patience.keep_only(listed)
        known = await channels.known(source.tenant, source.id, tuple(listed))
        if known:
            await channels.still_listed(source.tenant, source.id, tuple(known))
        return [one for one in listed.values() if one.submission not in known]

    async def _take(self, announced: Announced) -> bool:
        """Whether those behind it in its case may follow."""
        if self._course.is_over:
            return False
        submission = announced.submission
        if not self._patience.is_paused(submission, self._ports.clock.now()):
            await self._try(announced)
        return not self._patience.holds_up(submission)

    async def _try(self, announced: Announced) -> None:
        submission, course = announced.submission, self._course
        try:
            is_new = await self._taking.take(announced)
        except LeftThere as left:
            self._failed(submission, left.__cause__ or left, since=left.since)
        except Exception as error:  # noqa: BLE001 - it may harm no neighbour
            self._failed(submission, error)
        else:
            course.away_in_a_row = 0
            course.settled += 1
            course.taken += is_new
            self._patience.taken(submission)

    def _failed(
        self, submission: str, error: BaseException, *, since: datetime | None = None
    ) -> None:
        code = error.code if isinstance(error, EngineError) else BUG
        _log.warning(
            "submission_not_taken",
            source=self._source.id,
            code=code,
            detail=error.detail if isinstance(error, EngineError) else "",
            error=type(error).__name__,
        )
        if isinstance(error, CounterpartAway):
            self._course.away_in_a_row += 1
        if isinstance(error, DatabaseAway | StorageFull) or (
            isinstance(error, CounterpartAway)
            and self._course.away_in_a_row >= WITNESSES
        ):
            # Nothing of this one alone: the others need not find out, too.
            self._course.end = error
            return
        now = self._ports.clock.now()
        self._patience.failed(submission, code, since=since, now=now)
