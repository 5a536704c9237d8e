"""Whose turn it is: the due cases at the heads of their queues."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Lane
from schemas.ids import CaseId
from schemas.rules.destinations import Paused, allowed
from schemas.rules.queues import Candidate, choose, share_of
from schemas.rules.waits import OWN_WAITS
from schemas.states import Waiting
from storage.destinations import states_of
from storage.tables import CaseRow
from storage.tables.base import table

CASES = table(CaseRow)
_DUE = and_(CASES.c.owner.is_(None), CASES.c.due_at.is_not(None))
_LONGEST_WAIT: Final = OWN_WAITS[-1] + timedelta(hours=1)
"""Only what waits for a date of its own waits longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What a worker can take at this moment."""

    slots: int
    free: int
    suspects: int
    """How many cases taken over from a dead worker it may take: one or none."""
    held: dict[str, int]
    """How many of its slots each destination queue holds already."""


def due_by(now: datetime) -> ColumnElement[bool]:
    """Due by now; or put off by a clock that has been set back since."""
    put_off_wrongly = and_(
        CASES.c.due_at > now + _LONGEST_WAIT, CASES.c.state != Waiting.__name__
    )
    return _DUE & ((CASES.c.due_at <= now) | put_off_wrongly)


async def whose_turn(
    connection: AsyncConnection, room: Room, now: datetime, *, served: str
) -> tuple[Candidate, ...]:
    """The cases to lease next; locks the destinations that some of them wait for."""
    quotas, probing = await _quotas(connection, room, now)
    return choose(
        await _candidates(connection, room, quotas, probing, now=now),
        free=room.free,
        quotas=quotas,
        suspects=room.suspects,
        served=served,
    )


async def _quotas(
    connection: AsyncConnection, room: Room, now: datetime
) -> tuple[dict[str, int], set[str]]:
    """For each queue with due cases: how many may be taken, and who only probes."""
    queues = (await connection.execute(_queues_withdue_by())).scalars().all()
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


def _queues_withdue_by() -> Select[Any]:
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
        CASES.c.queue == queue, due_by(now), CASES.c.takeovers == 0
    )
    if queue.startswith("d:"):
        statement = statement.where(_FIRST_IN_LINE)
    if probing:
        # Rotate: a case that was never tried, else the one tried longest ago.
        return statement.order_by(
            CASES.c.probed_at.is_not(None), CASES.c.probed_at, CASES.c.receipt
        ).limit(most)
    return statement.order_by(CASES.c.lane, CASES.c.receipt).limit(most)


def _suspects(queues: Sequence[str], most: int, now: datetime) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .where(
            CASES.c.queue.in_(queues),
            due_by(now),
            CASES.c.takeovers > 0,
            _FIRST_IN_LINE | CASES.c.queue.startswith("s:"),
        )
        .order_by(CASES.c.receipt)
        .limit(most)
    )
