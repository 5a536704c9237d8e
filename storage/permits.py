"""Whether a destination takes one more case, and what it learns from each."""

from datetime import datetime

from sqlalchemy import bindparam, case, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.rules.destinations import (
    STEADY,
    DestinationState,
    after_success,
    allowed,
)
from schemas.rules.queues import queue_destination
from schemas.work import LeasedCase
from storage.destinations import put_state, states_of
from storage.tables import CaseRow
from storage.tables.base import table

CASES = table(CaseRow)
_SELF = CASES.alias("self")
_WAITING_BEFORE = exists(
    select(1).where(
        CASES.c.queue == bindparam("queue"),
        CASES.c.owner.is_(None),
        CASES.c.due_at <= bindparam("now"),
        CASES.c.lane <= bindparam("lane"),
        CASES.c.receipt
        < select(_SELF.c.receipt)
        .where(_SELF.c.id == bindparam("our_case"))
        .scalar_subquery(),
    )
)
_IN_FLIGHT = select(
    func.count().label("everybodys"),
    func.count().filter(CASES.c.owner == bindparam("worker")).label("ours"),
    _WAITING_BEFORE.label("waiting_before"),
).where(CASES.c.permit == bindparam("queue"))


async def has_room(
    connection: AsyncConnection, leased: LeasedCase, queue: str, now: datetime
) -> bool:
    """Whether a case that did not come out of this queue may go there at once.

    It holds its permit already (in this transaction) and is counted with the others.
    """
    fares = (await states_of(connection, [queue], lock=True))[queue]
    if fares.state != STEADY:
        return False
    asked = {"queue": queue, "worker": leased.worker, "now": now}
    asked |= {"our_case": leased.case.id, "lane": int(leased.lane)}
    flying = (await connection.execute(_IN_FLIGHT, asked)).one()
    return (
        flying.everybodys <= allowed(fares.state, limit=fares.limit, now=now)
        and flying.ours <= leased.share
        # Cases start in order of receipt: those who wait already come first.
        and not flying.waiting_before
    )


async def note_success(connection: AsyncConnection, queue: str, now: datetime) -> None:
    """A step that needed this counterpart has its result."""
    place = queue_destination(queue)
    fares = (await states_of(connection, [queue], lock=False))[queue]
    if place is not None and fares.state != STEADY:
        fares = (await states_of(connection, [queue], lock=True))[queue]
        state = after_success(fares.state, limit=fares.limit)
        await put_state(connection, place, state, now=now)


async def keep_state(
    connection: AsyncConnection, queue: str, state: DestinationState, now: datetime
) -> None:
    """How the destination of this queue fares from now on."""
    place = queue_destination(queue)
    if place is not None:
        await put_state(connection, place, state, now=now)


async def excuse(
    connection: AsyncConnection, queue: str, cases: tuple[str, ...], now: datetime
) -> None:
    """What these cases were charged with was the destination's fault."""
    if not cases:
        return
    await connection.execute(
        update(CASES)
        .where(
            CASES.c.id.in_(cases),
            CASES.c.owner.is_(None),
            CASES.c.queue == queue,
            CASES.c.own_failures > 0,
        )
        .values(
            own_failures=CASES.c.own_failures - 1,
            # Only for those that wait: in review or given up, they rest.
            due_at=case((CASES.c.due_at.is_not(None), now), else_=None),
        )
    )
