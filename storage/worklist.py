"""Leasing: who works on what, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Lane
from schemas.errors import LeaseLost
from schemas.ids import CaseId, WorkerId
from schemas.limits import CALL_DEADLINE, LEASE
from schemas.rules.destinations import Paused, allowed
from schemas.rules.queues import Candidate, choose, share_of
from schemas.work import LeasedCase
from storage.database import Database
from storage.destinations import states_of
from storage.leased import leased_cases
from storage.tables import CaseRow, LeaseRow
from storage.tables.base import table

CASES, LEASES = table(CaseRow), table(LeaseRow)
_DUE = and_(CASES.c.owner.is_(None), CASES.c.due_at.is_not(None))


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What a worker can take at this moment."""

    slots: int
    free: int
    suspects: int
    """How many cases taken over from a dead worker it may take: one or none."""
    held: dict[str, int]
    """How many of its slots each destination queue holds already."""


class Worklist:
    """Leases cases to one worker incarnation."""

    def __init__(self, database: Database, worker: WorkerId, *, host: str = "") -> None:
        self._database = database
        self._worker = worker
        self._host = host

    async def register(self, lease: timedelta = LEASE) -> None:
        """Begin to exist; a worker that is not registered leases nothing."""
        async with self._database.write("register") as connection:
            now = await self._database.exactly_now(connection)
            await connection.execute(
                insert(LEASES).values(
                    name=_worker_name(self._worker),
                    holder=self._worker,
                    alive_until=now + lease,
                    host=self._host,
                )
            )

    async def renew(self, lease: timedelta = LEASE) -> None:
        """Live on. Raises LeaseLost when the row is gone: others took over."""
        async with self._database.write("renew") as connection:
            now = await self._database.exactly_now(connection)
            renewed = await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == _worker_name(self._worker))
                .values(alive_until=now + lease)
            )
            if not renewed.rowcount:
                raise LeaseLost

    async def retire(self) -> None:
        """End in order: whatever is still leased is due again at once."""
        async with self._database.write("retire") as connection:
            now = await self._database.now(connection)
            await connection.execute(
                update(CASES)
                .where(CASES.c.owner == self._worker)
                .values(owner=None, permit="", due_at=now)
            )
            await connection.execute(
                delete(LEASES).where(LEASES.c.holder == self._worker)
            )

    async def anything_due(self) -> bool:
        """A cheap look; may say yes for a queue that is paused or full."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            found = await connection.execute(
                select(exists(select(1).where(_DUE, CASES.c.due_at <= now)))
            )
            return bool(found.scalar_one())

    async def lease(self, room: Room) -> tuple[LeasedCase, ...]:
        """As many due cases as fit, fairly; each under a new epoch."""
        if not room.free:
            return ()
        async with self._database.write("lease") as connection:
            now = await self._database.now(connection)
            quotas, probing = await _quotas(connection, room, now)
            candidates = await _candidates(connection, room, quotas, probing, now=now)
            chosen = choose(
                candidates, free=room.free, quotas=quotas, suspects=room.suspects
            )
            if not chosen:
                return ()
            rows = await self._take(connection, chosen, now)
            leased = await leased_cases(connection, rows, self._worker)
        return tuple(sorted(leased, key=lambda one: one.case.number))

    async def forfeit(self, leased: LeasedCase) -> None:
        """Give a case back of which we no longer know what was committed."""
        async with self._database.write("forfeit") as connection:
            now = await self._database.now(connection)
            await connection.execute(
                update(CASES)
                .where(
                    CASES.c.id == leased.case.id,
                    CASES.c.owner == self._worker,
                    CASES.c.epoch == leased.epoch,
                )
                .values(owner=None, permit="", due_at=now)
            )

    async def take_over(self) -> int:
        """Free the cases of dead workers, once their last call must have ended."""
        async with self._database.write("take over") as connection:
            now = await self._database.exactly_now(connection)
            dead = select(LEASES.c.holder).where(
                LEASES.c.name.startswith("worker:"),
                LEASES.c.alive_until < now - CALL_DEADLINE,
            )
            names = (await connection.execute(dead)).scalars().all()
            freed = 0
            for name in names:
                freed += await _free(connection, name, now)
            return freed

    async def _take(
        self, connection: AsyncConnection, chosen: Sequence[CaseId], now: datetime
    ) -> Sequence[Any]:
        mine = select(CASES.c.id).where(CASES.c.id.in_(chosen), CASES.c.owner.is_(None))
        if not self._database.is_sqlite:
            mine = mine.with_for_update(skip_locked=True)
        waits_for_destination = CASES.c.queue.startswith("d:")
        statement = (
            update(CASES)
            .where(CASES.c.id.in_(mine.scalar_subquery()))
            .values(
                owner=self._worker,
                epoch=CASES.c.epoch + 1,
                permit=case((waits_for_destination, CASES.c.queue), else_=""),
                probed_at=case((waits_for_destination, now), else_=CASES.c.probed_at),
            )
            .returning(CASES)
        )
        rows: Sequence[Any] = (await connection.execute(statement)).all()
        return rows


def _worker_name(worker: WorkerId) -> str:
    return f"worker:{worker}"


async def _free(connection: AsyncConnection, worker: str, now: datetime) -> int:
    freed = await connection.execute(
        update(CASES)
        .where(CASES.c.owner == worker)
        .values(
            owner=None,
            permit="",
            due_at=now,
            epoch=CASES.c.epoch + 1,
            takeovers=CASES.c.takeovers + 1,
        )
    )
    await connection.execute(delete(LEASES).where(LEASES.c.holder == worker))
    return int(freed.rowcount)


async def _quotas(
    connection: AsyncConnection, room: Room, now: datetime
) -> tuple[dict[str, int], set[str]]:
    """For each queue with due cases: how many may be taken, and who only probes."""
    queues = (await connection.execute(_queues_with_due())).scalars().all()
    quotas = {queue: room.free for queue in queues if queue is not None}
    waiting = [queue for queue in quotas if queue.startswith("d:")]
    probing: set[str] = set()
    if waiting:
        states = await states_of(connection, waiting, lock=True)
        flying = {
            row.permit: row.flying
            for row in await connection.execute(
                select(CASES.c.permit, func.count().label("flying"))
                .where(CASES.c.permit.in_(waiting), CASES.c.permit != "")
                .group_by(CASES.c.permit)
            )
        }
        for queue in waiting:
            fares = states[queue]
            most = allowed(fares.state, limit=fares.limit, now=now)
            share = share_of(room.slots) - room.held.get(queue, 0)
            quotas[queue] = max(0, min(most - flying.get(queue, 0), share))
            if isinstance(fares.state, Paused):
                probing.add(queue)
    return quotas, probing


def _queues_with_due() -> Select[Any]:
    """Distinct queues by hopping through the index, not by reading a backlog."""
    first = select(func.min(CASES.c.queue).label("queue")).where(_DUE)
    hops = first.cte("hops", recursive=True)
    following = (
        select(func.min(CASES.c.queue))
        .where(_DUE, CASES.c.queue > hops.c.queue)
        .scalar_subquery()
    )
    hops = hops.union_all(select(following).where(hops.c.queue.is_not(None)))
    return select(hops.c.queue).where(hops.c.queue.is_not(None))


async def _candidates(
    connection: AsyncConnection,
    room: Room,
    quotas: dict[str, int],
    probing: set[str],
    *,
    now: datetime,
) -> list[Candidate]:
    open_queues = [queue for queue, quota in quotas.items() if quota]
    if not open_queues:
        return []
    parts = [
        _heads(queue, quotas[queue], probing=queue in probing, now=now)
        for queue in open_queues
    ]
    if room.suspects:
        parts.append(_suspects(open_queues, room.suspects, now))
    rows = await connection.execute(
        union_all(*(select(part.subquery()) for part in parts))
    )
    return [
        Candidate(
            case=CaseId(row.id),
            queue=row.queue,
            lane=Lane(row.lane),
            receipt=row.receipt,
            takeovers=row.takeovers,
        )
        for row in rows
    ]


_COLUMNS = (
    CASES.c.id,
    CASES.c.queue,
    CASES.c.lane,
    CASES.c.receipt,
    CASES.c.takeovers,
)
_ahead = CASES.alias("ahead")
_FIRST_IN_LINE = (CASES.c.line == "") | ~exists(
    select(1).where(
        _ahead.c.tenant_id == CASES.c.tenant_id,
        _ahead.c.line == CASES.c.line,
        _ahead.c.line != "",
        _ahead.c.receipt < CASES.c.receipt,
    )
)


def _heads(queue: str, most: int, *, probing: bool, now: datetime) -> Select[Any]:
    statement = select(*_COLUMNS).where(
        CASES.c.queue == queue, _DUE, CASES.c.due_at <= now, CASES.c.takeovers == 0
    )
    if queue.startswith("d:"):
        statement = statement.where(_FIRST_IN_LINE)
    if probing:
        # Rotate: the case that was tried longest ago, or never.
        oldest = func.coalesce(CASES.c.probed_at, CASES.c.received_at)
        return statement.order_by(oldest, CASES.c.receipt).limit(most)
    return statement.order_by(CASES.c.lane, CASES.c.receipt).limit(most)


def _suspects(queues: Sequence[str], most: int, now: datetime) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .where(
            CASES.c.queue.in_(queues),
            _DUE,
            CASES.c.due_at <= now,
            CASES.c.takeovers > 0,
            _FIRST_IN_LINE | CASES.c.queue.startswith("s:"),
        )
        .order_by(CASES.c.receipt)
        .limit(most)
    )
