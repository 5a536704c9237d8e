"""How the installation fares: workers, what is due, what waits, open disturbances."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.ids import DestinationId, WorkerId
from schemas.rules.queues import queue_destination
from schemas.scope import Scope
from storage.cases import within
from storage.database import Database
from storage.tables import CaseRow, DisturbanceRow, LeaseRow
from storage.tables.base import table

CASES, LEASES = table(CaseRow), table(LeaseRow)
DISTURBANCES = table(DisturbanceRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class LivingWorker:
    """A worker incarnation whose lease runs."""

    id: WorkerId
    host: str
    alive_until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDisturbance:
    """Trouble of one kind at one place that nobody has ended yet."""

    subject: str
    reason: str
    opened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What is at a queue; of a source where ``destination`` is empty."""

    destination: DestinationId
    in_flight: int
    waiting: int
    """Without a worker, whether due or later."""
    oldest_due: datetime | None
    """When the longest waiting of those that are due became so."""


async def living_workers(database: Database) -> tuple[LivingWorker, ...]:
    """By their lease, whose clock is the database's."""
    async with database.read() as connection:
        now = await database.now(connection)
        rows = await connection.execute(
            select(LEASES)
            .where(LEASES.c.name.startswith("worker:"), LEASES.c.alive_until >= now)
            .order_by(LEASES.c.name)
        )
        return tuple(
            LivingWorker(
                id=WorkerId(row.holder), host=row.host, alive_until=row.alive_until
            )
            for row in rows
        )


async def open_disturbances(
    database: Database, scope: Scope
) -> tuple[OpenDisturbance, ...]:
    """The oldest first."""
    async with database.read() as connection:
        rows = await connection.execute(
            select(DISTURBANCES)
            .where(
                DISTURBANCES.c.tenant_id == scope.tenant,
                DISTURBANCES.c.closed_at.is_(None),
            )
            .order_by(DISTURBANCES.c.opened_at, DISTURBANCES.c.subject)
        )
        return tuple(
            OpenDisturbance(
                subject=row.subject, reason=row.reason, opened_at=row.opened_at
            )
            for row in rows
        )


async def loads(database: Database, scope: Scope) -> tuple[Load, ...]:
    """What is where, for every queue that has anything."""
    async with database.read() as connection:
        now = await database.now(connection)
        flying = await _in_flight(connection, scope)
        rows = await connection.execute(
            select(
                CASES.c.queue,
                func.count().label("waiting"),
                func.min(CASES.c.due_at).label("oldest"),
            )
            .where(*within(scope), CASES.c.owner.is_(None), CASES.c.due_at.is_not(None))
            .group_by(CASES.c.queue)
        )
        waiting = {row.queue: row for row in rows}
    return tuple(
        Load(
            destination=_destination(queue),
            in_flight=flying.get(queue, 0),
            waiting=waiting[queue].waiting if queue in waiting else 0,
            oldest_due=(
                waiting[queue].oldest
                if queue in waiting and waiting[queue].oldest <= now
                else None
            ),
        )
        for queue in sorted(waiting.keys() | flying.keys())
    )


async def _in_flight(connection: AsyncConnection, scope: Scope) -> dict[str, int]:
    rows = await connection.execute(
        select(CASES.c.permit, func.count().label("cases"))
        .where(*within(scope), CASES.c.permit != "")
        .group_by(CASES.c.permit)
    )
    return {row.permit: row.cases for row in rows}


def _destination(queue: str) -> DestinationId:
    place = queue_destination(queue)
    return place[1] if place else DestinationId("")
