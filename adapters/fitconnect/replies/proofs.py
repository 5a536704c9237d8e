"""Events about replies: what is proved, and what nobody could tell us.

Who signs which event of a reply is open. So an event counts that the service or the
destination of the case has signed; a token of somebody else proves nothing and does
no harm; one that pretends to be theirs and does not verify stops everything.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.fitconnect.client.failures import NotThere
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.errors import Flaw, LogInconsistent
from adapters.fitconnect.events.log import (
    LogEntry,
    VerifiedLog,
    kept,
    verified_log,
)
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.events.verifying import SKEW
from adapters.fitconnect.outbox.proofs import event_tokens
from adapters.fitconnect.replies.routes import EventNames, Routes
from schemas.clock import Clock
from schemas.replies import ListedReply, ReplyState, SeenReply

_HARMLESS: Final = frozenset({Flaw.FOREIGN_ISSUER, Flaw.UNKNOWN_KEY, Flaw.FUTURE})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyProof:
    """What the events of one reply show."""

    state: ReplyState
    tags: Tags | None
    """What was submitted; None where that is not proved."""
    entries: tuple[LogEntry, ...] = ()
    tokens: tuple[str, ...] = ()
    """Every one as received, also those that prove nothing."""

    def seen(self, events: EventNames) -> SeenReply:
        """The same to be kept."""
        answers = {events.accept, events.reject, events.delete}
        return SeenReply(
            state=self.state,
            submitted_at=self._first({events.submit}),
            answered_at=self._first(answers),
            events=tuple(map(kept, self.entries)),
        )

    def _first(self, kinds: Collection[str]) -> datetime | None:
        found = (one.claims.at for one in self.entries if one.claims.kind in kinds)
        return next(found, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Logbook:
    """Reads event logs of the cases of one destination."""

    client: FitConnectClient
    destination: str
    routes: Routes
    clock: Clock
    clock_skew: timedelta = SKEW

    async def of_case(self, case: str) -> VerifiedLog:
        """Raises ApiFailure; NotThere after two years."""
        tokens = await event_tokens(self.client, f"/cases/{case}/events")
        return await self._verified(tokens, case)

    async def of_reply(self, reply: str, case: str) -> ReplyProof:
        """Raises LogInconsistent and ApiFailure."""
        path = self.routes.paths.events.format(parcel=reply)
        tokens = await event_tokens(self.client, path)
        log = await self._verified(tokens, case)
        return proof_of(log, reply, self.routes.events, tokens)

    async def seen(self, listed: ListedReply) -> SeenReply:
        """What is to be kept of it. Raises as ``of_reply``."""
        try:
            proof = await self.of_reply(listed.reply, listed.case)
        except NotThere:
            # Where the events of a reply stand is a memory, too.
            return SeenReply(state=ReplyState.UNPROVED)
        return proof.seen(self.routes.events)

    async def _verified(self, tokens: Sequence[str], case: str) -> VerifiedLog:
        return await verified_log(
            tokens,
            self.client,
            service_issuers=self.client.environment.service_issuers,
            destination=self.destination,
            now=self.clock.now(),
            clock_skew=self.clock_skew,
            case=case,
        )


def proof_of(
    log: VerifiedLog, reply: str, events: EventNames, tokens: Sequence[str] = ()
) -> ReplyProof:
    """Raises LogInconsistent where somebody pretends."""
    flaws = {flaw for found in log.bad.values() for flaw in found} - _HARMLESS
    entries = tuple(one for one in log.entries if one.claims.reply == reply)
    submits = [one for one in entries if one.claims.kind == events.submit]
    tags = [one.claims.tags for one in submits if one.claims.tags is not None]
    if any(one != tags[0] for one in tags):
        flaws.add(Flaw.MANY_SUBMITS)
    if flaws:
        raise LogInconsistent(flaws=frozenset(flaws))
    return ReplyProof(
        state=_state({one.claims.kind for one in entries}, events),
        tags=tags[0] if tags else None,
        entries=entries,
        tokens=tuple(tokens),
    )


def replies_in(log: VerifiedLog, events: EventNames) -> frozenset[str]:
    """Replies that are proved to have been submitted in the case."""
    return frozenset(
        one.claims.reply
        for one in log.entries
        if one.claims.kind == events.submit and one.claims.reply
    )


def perhaps_in(log: VerifiedLog) -> frozenset[str]:
    """What a token is about that does not verify: it may be a reply.

    That counts where it has to be known whether there is one.
    """
    named = {one.claims.submission or one.claims.reply for one in log.entries}
    return frozenset(log.bad.keys() - named - {""})


def _state(kinds: Iterable[str], events: EventNames) -> ReplyState:
    """An answer outlasts the deletion that follows it."""
    found = set(kinds)
    for kind, state in (
        (events.reject, ReplyState.REJECTED),
        (events.accept, ReplyState.ACCEPTED),
        (events.delete, ReplyState.DELETED),
        (events.submit, ReplyState.WAITING),
    ):
        if kind in found:
            return state
    return ReplyState.UNPROVED
