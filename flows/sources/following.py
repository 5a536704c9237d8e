"""Deliveries whose counterpart decides later: looked at until it has decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.base import Followed, Replied
from flows.ports import CrashPoint, Outboxes, nothing_happens
from flows.sources.lines import carry
from schemas.channels import Stage, Transmission
from schemas.clock import Clock
from schemas.errors import CaseMoved, CounterpartAway, DatabaseAway, EngineError
from schemas.ids import DestinationId, TenantId
from schemas.replies import reply_place
from schemas.rules.classification import BUG
from schemas.rules.mailbox import away_for
from schemas.rules.waits import wait_before_look
from schemas.services import Destination
from storage.source_states import SourceStates
from storage.transmissions import DueTransmission, TransmissionStore

_log = structlog.get_logger("sources")
REJECTED: Final = "E-FIT-REJECTED"
DELETED: Final = "E-FIT-DELETED"
"""Without an answer: nobody has it there any more."""
_AT_ONCE: Final = 4
_PART: Final = 100
_MOVED: Final = timedelta(minutes=1)
"""Until a case is asked for again that somebody is working on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowPorts:
    """Everything that following may use."""

    outboxes: Outboxes
    store: TransmissionStore
    states: SourceStates
    clock: Clock
    at: CrashPoint = nothing_happens


@dataclass(frozen=True, kw_only=True, slots=True)
class _Away:
    """A destination that did not answer is left alone for a while."""

    wait: timedelta
    until: datetime


class Following:
    """Looks where deliveries stand, and takes back what was rejected late."""

    def __init__(
        self,
        destinations: Mapping[DestinationId, Destination],
        ports: FollowPorts,
    ) -> None:
        self._destinations, self._ports = destinations, ports
        self._followed: dict[DestinationId, Followed] | None = None
        self._away: dict[DestinationId, _Away] = {}
        self._database_away: DatabaseAway | None = None

    @property
    def follows_any(self) -> bool:
        """Whether any destination's counterpart decides later."""
        return bool(self._all_followed())

    async def look(self) -> None:
        """One round over everything that is due. Raises DatabaseAway."""
        followed = self._all_followed()
        if not followed:
            return
        await self._heed_wishes(followed)
        self._database_away = None
        now = self._ports.clock.now()
        for tenant, names in self._by_tenant(followed).items():
            there = [name for name in names if not self._is_away(name, now)]
            due = await self._ports.store.due(tenant, there, _PART) if there else ()
            await carry(((one,) for one in due), self._try, at_once=_AT_ONCE)
        if self._database_away is not None:
            raise self._database_away

    def _all_followed(self) -> dict[DestinationId, Followed]:
        """Those whose way out can be asked; built once, with its connections."""
        if self._followed is None:
            self._followed = {}
            for name in self._destinations:
                try:
                    outbox = self._ports.outboxes[name]
                except EngineError as error:
                    # `destination check` tells; what it should follow waits.
                    _log.warning("not_followed", destination=name, code=error.code)
                    continue
                if isinstance(outbox, Followed):
                    self._followed[name] = outbox
        return self._followed

    def _by_tenant(
        self, followed: Mapping[DestinationId, Followed]
    ) -> dict[TenantId, list[DestinationId]]:
        found: dict[TenantId, list[DestinationId]] = {}
        for name in followed:
            found.setdefault(self._destinations[name].tenant, []).append(name)
        return found

    async def _heed_wishes(self, followed: Mapping[DestinationId, Followed]) -> None:
        for tenant, name in await self._ports.states.wished():
            destination = DestinationId(name)
            if destination in followed:
                self._away.pop(destination, None)
                there = followed[destination]
                if isinstance(there, Replied) and there.takes_replies:
                    # Nobody is told here what is new: replies are looked for, too.
                    await self._ports.states.wish(tenant, reply_place(destination))
                await self._ports.states.take_wish(tenant, name)
                await self._ports.store.look_now(tenant, destination)

    def _is_away(self, destination: DestinationId, now: datetime) -> bool:
        away = self._away.get(destination)
        return away is not None and now < away.until

    async def _try(self, due: DueTransmission) -> bool:
        now = self._ports.clock.now()
        if self._database_away is None and not self._is_away(due.destination, now):
            try:
                await self._look_at(due)
            except DatabaseAway as away:
                self._database_away = away
        return True

    async def _look_at(self, due: DueTransmission) -> None:
        ports = self._ports
        again = ports.clock.now() + wait_before_look(due.looks + 1)
        try:
            seen = await self._all_followed()[due.destination].follow(due.delivery)
            ports.at("followed")
            self._away.pop(due.destination, None)
            await self._heed(due, seen)
        except DatabaseAway:
            raise
        except CaseMoved as moved:
            soon = ports.clock.now() + _MOVED
            await ports.store.put_off(due.delivery, moved.code, soon)
        except Exception as error:  # noqa: BLE001 - it may harm no neighbour
            code = error.code if isinstance(error, EngineError) else BUG
            _log.warning(
                "not_followed",
                case=due.number,
                destination=due.destination,
                code=code,
                error=type(error).__name__,
            )
            if isinstance(error, CounterpartAway):
                before = self._away.get(due.destination)
                wait = away_for(before.wait if before else None)
                self._away[due.destination] = _Away(
                    wait=wait, until=ports.clock.now() + wait
                )
            await ports.store.put_off(due.delivery, code, again)

    async def _heed(self, due: DueTransmission, seen: Transmission) -> None:
        store = self._ports.store
        again = self._ports.clock.now() + wait_before_look(due.looks + 1)
        if seen.stage is Stage.DELETED:
            # First: what is kept as deleted is not looked at again.
            await self._take_back(due, DELETED, seen)
        await store.keep(due.delivery, seen, again)
        if seen.stage is Stage.REJECTED:
            await self._take_back(due, REJECTED, seen)

    async def _take_back(
        self, due: DueTransmission, code: str, seen: Transmission
    ) -> None:
        reopened = await self._ports.store.reopen(due.delivery, code, seen.problems)
        self._ports.at("reopened")
        if reopened is not None:
            _log.warning("delivery_taken_back", case=due.number, code=code)
