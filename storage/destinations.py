"""How destinations fare, and the disturbances that come of it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.ids import DestinationId, TenantId
from schemas.limits import DESTINATION_PARALLEL
from schemas.rules.destinations import (
    STEADY,
    DestinationState,
    Open,
    Paused,
    held,
    resumed,
)
from schemas.rules.queues import destination_queue, queue_destination
from schemas.rules.waits import GIVE_UP_AFTER
from schemas.scope import Scope
from schemas.services import Destination
from storage.codec import DESTINATION_STATES
from storage.database import Database, insert_if_new, locked
from storage.tables import CaseRow, DestinationRow, DisturbanceRow
from storage.tables.base import table

CASES, DESTINATIONS = table(CaseRow), table(DestinationRow)
DISTURBANCES = table(DisturbanceRow)
_EVERY_OFFICE: Final = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fares:
    """A destination's state with the limits that apply to it."""

    state: DestinationState
    limit: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationStatus:
    """A destination as listed."""

    id: DestinationId
    state: DestinationState
    limit: int


class SqlDestinations:
    """What people do with destinations: look, pause, resume."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sync(self, destinations: Iterable[Destination]) -> None:
        """Take over today's limits; a row's state stays as it is."""
        async with self._database.write("sync destinations") as connection:
            for one in destinations:
                limits = {
                    "max_parallel": one.max_parallel,
                    "give_up_seconds": int(one.give_up_after.total_seconds()),
                }
                changed = await connection.execute(
                    update(DESTINATIONS).where(*_is(one.tenant, one.id)).values(limits)
                )
                if not changed.rowcount:
                    await _create(connection, one.tenant, one.id, limits)

    async def list(self, scope: Scope) -> tuple[DestinationStatus, ...]:
        """Every destination that was ever configured, by name."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(DESTINATIONS)
                .where(DESTINATIONS.c.tenant_id == scope.tenant)
                .order_by(DESTINATIONS.c.id)
            )
            return tuple(
                DestinationStatus(
                    id=DestinationId(row.id),
                    state=DESTINATION_STATES.load(row.mode, row.body),
                    limit=row.max_parallel,
                )
                for row in rows
            )

    async def pause(self, scope: Scope, destination: DestinationId, why: str) -> None:
        """A person holds it; only a person lets it go on."""
        async with self._database.write("pause destination") as connection:
            now = await self._database.now(connection)
            await put_state(
                connection, (scope.tenant, destination), held(why, now), now=now
            )

    async def resume(self, scope: Scope, destination: DestinationId) -> None:
        """Let it go on, with a single delivery first."""
        async with self._database.write("resume destination") as connection:
            now = await self._database.now(connection)
            queue = destination_queue(scope.tenant, destination)
            fares = (await states_of(connection, [queue], lock=True))[queue]
            await put_state(
                connection,
                (scope.tenant, destination),
                resumed(fares.state, now),
                now=now,
            )


async def states_of(
    connection: AsyncConnection, queues: Iterable[str], *, lock: bool
) -> dict[str, Fares]:
    """How the destinations of these queues fare; locked in a fixed order."""
    names = [place for place in map(queue_destination, queues) if place is not None]
    statement = (
        select(DESTINATIONS)
        .where(tuple_(DESTINATIONS.c.tenant_id, DESTINATIONS.c.id).in_(names))
        .order_by(DESTINATIONS.c.tenant_id, DESTINATIONS.c.id)
    )
    if lock:
        statement = locked(connection, statement)
    unknown = Fares(state=STEADY, limit=DESTINATION_PARALLEL)
    found = {destination_queue(*name): unknown for name in names}
    for row in await connection.execute(statement):
        found[destination_queue(row.tenant_id, row.id)] = Fares(
            state=DESTINATION_STATES.load(row.mode, row.body), limit=row.max_parallel
        )
    return found


async def put_state(
    connection: AsyncConnection,
    place: tuple[TenantId, DestinationId],
    state: DestinationState,
    *,
    now: datetime,
) -> None:
    """Keep a destination's new state, and open or close its disturbance."""
    mode, body = DESTINATION_STATES.dump(state)
    values = {
        "mode": mode,
        "body": body.decode(),
        "next_probe_at": state.next_probe_at if isinstance(state, Paused) else None,
    }
    changed = await connection.execute(
        update(DESTINATIONS).where(*_is(*place)).values(values)
    )
    if not changed.rowcount:
        await _create(connection, *place, values)
    if isinstance(state, Paused):
        await open_disturbance(connection, place, state.reason, now=now)
    elif state == STEADY or (
        isinstance(state, Open)
        and not state.failing
        and not await _anybody_waits(connection, place)
    ):
        # With nobody waiting, going 1, 2, 4 could take days to come to its end.
        await close_disturbances(connection, place, now=now)


async def open_disturbance(
    connection: AsyncConnection,
    place: tuple[TenantId, str],
    reason: str,
    *,
    now: datetime,
) -> bool:
    """Open it unless it is open; True where this is news."""
    tenant, subject = place
    # Open ones are unique, so that of many cases failing at once only one opens it.
    opened = await connection.execute(
        insert_if_new(connection, DISTURBANCES)
        .values(
            id=uuid.uuid4().hex,
            tenant_id=tenant,
            office_id=_EVERY_OFFICE,
            subject=subject,
            reason=reason,
            opened_at=now,
        )
        .returning(DISTURBANCES.c.id)
    )
    return opened.first() is not None


async def close_disturbances(
    connection: AsyncConnection, place: tuple[TenantId, str], *, now: datetime
) -> None:
    """The place is well again."""
    tenant, subject = place
    await connection.execute(
        update(DISTURBANCES)
        .where(
            DISTURBANCES.c.tenant_id == tenant,
            DISTURBANCES.c.subject == subject,
            DISTURBANCES.c.closed_at.is_(None),
        )
        .values(closed_at=now)
    )


async def _anybody_waits(
    connection: AsyncConnection, place: tuple[TenantId, DestinationId]
) -> bool:
    waiting = select(1).where(
        CASES.c.queue == destination_queue(*place),
        CASES.c.owner.is_(None),
        CASES.c.due_at.is_not(None),
    )
    return bool((await connection.execute(select(exists(waiting)))).scalar_one())


def _is(tenant: TenantId, destination: DestinationId) -> tuple[Any, ...]:
    return (DESTINATIONS.c.tenant_id == tenant, DESTINATIONS.c.id == destination)


async def _create(
    connection: AsyncConnection,
    tenant: TenantId,
    destination: DestinationId,
    values: dict[str, Any],
) -> None:
    mode, body = DESTINATION_STATES.dump(STEADY)
    fresh = {
        "tenant_id": tenant,
        "office_id": _EVERY_OFFICE,
        "id": destination,
        "mode": mode,
        "body": body.decode(),
        "max_parallel": DESTINATION_PARALLEL,
        "give_up_seconds": int(GIVE_UP_AFTER.total_seconds()),
    }
    # Every worker and door does so at its start, perhaps at the same moment.
    await connection.execute(
        insert_if_new(connection, DESTINATIONS).values(fresh | values)
    )
