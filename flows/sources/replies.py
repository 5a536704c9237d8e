"""Whether counterparts have answered what we delivered: seen and told, not taken.

Accepting tells the recipient that we have the reply, and the channel is unconfirmed:
so a person fetches it, and this only says that one lies there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from adapters.base import Replied
from flows.ports import Outboxes
from flows.sources.asking import ask_each, prove
from schemas.clock import Clock
from schemas.errors import CounterpartAway, DatabaseAway, EngineError
from schemas.ids import DeliveryId, DestinationId, TenantId
from schemas.replies import ListedReply, reply_place
from schemas.rules.classification import BUG
from schemas.rules.mailbox import away_for
from schemas.rules.replies import reply_codes
from schemas.rules.waits import REPLY_LOOK, wait_before_look
from schemas.services import Destination
from storage.replies import KnownReply, ReplyStore
from storage.source_states import SourceStates

_log = structlog.get_logger("sources")
_MOST: Final = 100
"""So many are proved in one look; of more, those that were seen longest ago."""
_SOON: Final = 2 * wait_before_look(0)
"""After it following has looked at a delivery that was answered at once."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyPorts:
    """Everything that looking for replies may use."""

    outboxes: Outboxes
    store: ReplyStore
    states: SourceStates
    clock: Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """A reply in a case of ours, to be proved now."""

    delivery: DeliveryId
    listed: ListedReply
    is_listed: bool
    seen_at: datetime


class ReplyWatch:
    """Looks into the list of each destination that takes replies; into no other."""

    def __init__(
        self, destinations: Mapping[DestinationId, Destination], ports: ReplyPorts
    ) -> None:
        self._ports = ports
        self._watched: dict[DestinationId, tuple[TenantId, Replied]] = {}
        for name, destination in destinations.items():
            outbox = _built(ports.outboxes, name)
            if isinstance(outbox, Replied) and outbox.takes_replies:
                self._watched[name] = (destination.tenant, outbox)
        self._due: dict[DestinationId, datetime] = {}
        self._away: dict[DestinationId, timedelta] = {}
        self._strange: dict[DestinationId, frozenset[ListedReply]] = {}
        # Strangers' replies may change all the time: no second soon look in a row.
        self._soon: set[DestinationId] = set()

    @property
    def watched(self) -> tuple[tuple[TenantId, DestinationId], ...]:
        """Where replies are looked for."""
        return tuple((tenant, name) for name, (tenant, _) in self._watched.items())

    async def look(self) -> None:
        """One round over everything that is due. Raises DatabaseAway."""
        wished = await self._ports.states.wished()
        for name, (tenant, _) in self._watched.items():
            place = reply_place(name)
            if (tenant, place) in wished:
                self._due.pop(name, None)
                self._soon.discard(name)
                # Before looking: what is wished for meanwhile is another wish.
                await self._ports.states.take_wish(tenant, place)
            due = self._due.get(name)
            if due is None or due <= self._ports.clock.now():
                await self._look_into(name)

    async def tidy(self) -> None:
        """What was switched off alarms no more. Raises DatabaseAway."""
        await self._ports.store.close_all_but(self.watched)

    async def _look_into(self, name: DestinationId) -> None:
        wait, code = REPLY_LOOK, ""
        try:
            if await self._see(name) and name not in self._soon:
                wait = _SOON
                self._soon.add(name)
            else:
                self._soon.discard(name)
            self._away.pop(name, None)
        except DatabaseAway:
            raise
        except CounterpartAway as away:
            code = away.code
            wait = self._away[name] = away_for(self._away.get(name))
        except Exception as error:  # noqa: BLE001 - it may harm no other destination
            code = error.code if isinstance(error, EngineError) else BUG
            _log.warning(
                "replies_not_seen",
                destination=name,
                code=code,
                error=type(error).__name__,
            )
        await self._tell(name, code)
        self._due[name] = self._ports.clock.now() + wait

    async def _see(self, name: DestinationId) -> bool:
        """Whether something new is there whose case may become known as ours."""
        tenant, outbox = self._watched[name]
        listed = await outbox.replies()
        store = self._ports.store
        ours = await store.belonging(tenant, name, {one.case for one in listed})
        known = {one.listed: one for one in await store.open(tenant, name)}
        before = self._strange.get(name, frozenset())
        strange = frozenset(one for one in listed if one.case not in ours)
        self._strange[name] = strange
        await ask_each(
            _in_turn(frozenset(listed), ours, known),
            partial(self._prove, name, outbox),
        )
        return not strange <= before

    async def _prove(self, name: DestinationId, outbox: Replied, asked: _Asked) -> None:
        # One whose log does not verify hides no other, and waits all the same.
        seen, code = await prove(outbox.reply(asked.delivery, asked.listed), name)
        state = await self._ports.store.keep(
            asked.delivery, asked.listed, seen, is_listed=asked.is_listed, code=code
        )
        if asked.seen_at == _NEVER:
            _log.info("reply_seen", destination=name, state=state.value)

    async def _tell(self, name: DestinationId, code: str) -> None:
        tenant, _ = self._watched[name]
        waiting = await self._ports.store.open(tenant, name)
        oldest = min((one.since for one in waiting), default=None)
        now = self._ports.clock.now()
        await self._ports.states.polled(
            tenant,
            reply_place(name),
            code=code,
            pending=len(waiting),
            oldest=oldest,
            troubles=reply_codes(now - oldest) if oldest else (),
        )


def _built(outboxes: Outboxes, name: DestinationId) -> object:
    try:
        return outboxes[name]
    except EngineError:
        # Following tells of it; `destination check` says what to do.
        return None


def _in_turn(
    there: frozenset[ListedReply],
    ours: Mapping[str, DeliveryId],
    known: Mapping[ListedReply, KnownReply],
) -> list[_Asked]:
    """In cases of ours: new ones first, then those that were seen longest ago."""
    asked = [
        _Asked(
            delivery=ours[one.case],
            listed=one,
            is_listed=True,
            seen_at=known[one].seen_at if one in known else _NEVER,
        )
        for one in there
        if one.case in ours
    ]
    asked += [
        _Asked(delivery=was.delivery, listed=one, is_listed=False, seen_at=was.seen_at)
        for one, was in known.items()
        if one not in there and was.delivery is not None
    ]
    return sorted(asked, key=lambda one: (one.seen_at, one.listed.reply))[:_MOST]
