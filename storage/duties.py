"""What time does to cases: giving up, alarms for the quarantined, closing troubles."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.channels import SOURCE_SENDER
from schemas.errors import CaseMoved
from schemas.events import DeliveryGivenUp, Event, ReceiptOrdered, ReceiptSent
from schemas.ids import CaseNumber, DestinationId, WorkerId, delivery_id
from schemas.rules.queues import destination_queue, queue_destination
from schemas.rules.transitions import may_follow
from schemas.rules.waits import QUARANTINE_ALARMS, give_up_stage, quarantine_stage
from schemas.scope import Scope
from schemas.states import Quarantined, Undeliverable
from schemas.work import OrderedAnswer
from storage.channel_rows import order_answer
from storage.columns import Found
from storage.database import Database, insert_if_new
from storage.decisions import HeldCase, hold, write
from storage.destinations import open_disturbance
from storage.late_rejections import close_late_rejections
from storage.tables import (
    CaseRow,
    DeliveryRow,
    DestinationRow,
    DisturbanceRow,
    LeaseRow,
)
from storage.tables.base import table

CASES, LEASES, DELIVERIES = table(CaseRow), table(LeaseRow), table(DeliveryRow)
DESTINATIONS, DISTURBANCES = table(DestinationRow), table(DisturbanceRow)
_TIMER: Final = "timer"
_GIVEN_UP: Final = "E-GIVEN-UP"
_WAITS_LONG: Final = "E-WAITS-LONG"
_UNACKNOWLEDGED: Final = "E-UNACKNOWLEDGED"
_IS_UNACKNOWLEDGED: Final = '"acknowledged":false'
_AT_ONCE: Final = 500
_DEAD: Final = 2
_POLICY_STAGE: Final = len(QUARANTINE_ALARMS) + 1


class Duties:
    """Work that one worker does for all."""

    def __init__(self, database: Database, worker: WorkerId) -> None:
        self._database = database
        self._worker = worker

    async def claim(self, duty: str, hold_for: timedelta) -> bool:
        """Take or keep a duty; False while another living worker has it."""
        name = f"duty:{duty}"
        async with self._database.write("duty") as connection:
            now = await self._database.now(connection)
            mine = {"holder": self._worker, "alive_until": now + hold_for}
            over = or_(
                LEASES.c.alive_until < now,
                # Nobody holds it that long: the clock was set back since.
                LEASES.c.alive_until > now + 2 * hold_for,
            )
            taken = await connection.execute(
                update(LEASES)
                .where(
                    LEASES.c.name == name, or_(LEASES.c.holder == self._worker, over)
                )
                .values(mine)
            )
            if taken.rowcount:
                return True
            begun = await connection.execute(
                insert_if_new(connection, LEASES)
                .values(name=name, host="", **mine)
                .returning(LEASES.c.name)
            )
            return begun.first() is not None

    async def release(self, duty: str) -> None:
        """Whoever comes next need not wait; harmless where another has it."""
        async with self._database.write("duty over") as connection:
            await connection.execute(
                delete(LEASES).where(
                    LEASES.c.name == f"duty:{duty}", LEASES.c.holder == self._worker
                )
            )

    async def give_up(self) -> int:
        """Warn at half time, then make dead letters of what waited too long."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            owed = await _long_waiting(connection, now)
        return sum([await self._age(row, stage) for row, stage in owed])

    async def watch_quarantine(self) -> int:
        """Alarm for quarantined cases whose sender has no receipt; decide at last."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            oldest = now - QUARANTINE_ALARMS[0]
            rows = (
                await connection.execute(
                    select(CASES.c.tenant_id, CASES.c.number, CASES.c.warned)
                    .where(
                        CASES.c.state == Quarantined.__name__,
                        CASES.c.state_body.contains(_IS_UNACKNOWLEDGED),
                        CASES.c.changed_at <= oldest,
                        CASES.c.warned < _POLICY_STAGE,
                    )
                    .order_by(CASES.c.receipt)
                    .limit(_AT_ONCE)
                )
            ).all()
        return sum([await self._watch(row) for row in rows])

    async def close_troubles(self) -> None:
        """A trouble of ours is over when no case is quarantined for it any more."""
        async with self._database.write("troubles") as connection:
            now = await self._database.now(connection)
            quarantined = exists(
                select(1).where(
                    CASES.c.tenant_id == DISTURBANCES.c.tenant_id,
                    CASES.c.state == Quarantined.__name__,
                    or_(
                        CASES.c.state_body.contains(DISTURBANCES.c.reason),
                        and_(
                            DISTURBANCES.c.reason.startswith(_UNACKNOWLEDGED),
                            CASES.c.state_body.contains(_IS_UNACKNOWLEDGED),
                        ),
                    ),
                )
            )
            await connection.execute(
                update(DISTURBANCES)
                .where(
                    DISTURBANCES.c.closed_at.is_(None),
                    DISTURBANCES.c.subject.startswith("step:"),
                    ~quarantined,
                )
                .values(closed_at=now)
            )
            await close_late_rejections(connection, now)

    async def forget_dead_workers(self) -> None:
        """Duties of workers that are long gone need no row."""
        async with self._database.write("forget") as connection:
            now = await self._database.now(connection)
            await connection.execute(
                delete(LEASES).where(
                    LEASES.c.name.startswith("duty:"),
                    LEASES.c.alive_until < now - timedelta(days=1),
                )
            )

    async def _age(self, row: Found, stage: int) -> bool:
        place = queue_destination(row.queue)
        if place is None:
            return False
        tenant, destination = place
        async with self._database.write("give up") as connection:
            now = await self._database.now(connection)
            await open_disturbance(
                connection, place, _WAITS_LONG if stage == 1 else _GIVEN_UP, now=now
            )
            if stage == 1:
                await connection.execute(
                    update(CASES).where(CASES.c.id == row.id).values(warned=stage)
                )
                return False
            try:
                held = await hold(
                    connection, Scope(tenant=tenant), CaseNumber(row.number)
                )
            except CaseMoved:
                return False
            if not may_follow(held.case.state, _given_up(destination, now)):
                # What waits for ourselves (the archive, say) is never given up.
                await connection.execute(
                    update(CASES).where(CASES.c.id == row.id).values(warned=stage)
                )
                return False
            await _make_dead(connection, held, destination, now)
        return True

    async def _watch(self, row: Found) -> bool:
        async with self._database.write("quarantine") as connection:
            now = await self._database.now(connection)
            scope = Scope(tenant=row.tenant_id)
            try:
                held = await hold(connection, scope, CaseNumber(row.number))
            except CaseMoved:
                return False
            state = held.case.state
            if not isinstance(state, Quarantined) or state.acknowledged:
                return False
            stage = quarantine_stage(now - state.since)
            if stage <= row.warned:
                return False
            place = (held.case.tenant, f"step:{state.step}")
            # A reason per stage: each is an alarm of its own.
            reason = f"{_UNACKNOWLEDGED}-{stage}"
            await open_disturbance(connection, place, reason, now=now)
            events: tuple[Event, ...] = ()
            if stage == _POLICY_STAGE:
                # We hold the data: accepting in time beats a refusal by silence.
                events = (await _accept(connection, held, now),)
                state = Quarantined(
                    code=state.code,
                    step=state.step,
                    since=state.since,
                    acknowledged=True,
                )
            await write(connection, held, (state, events, _TIMER), now, warned=stage)
        return True


async def _accept(connection: AsyncConnection, held: HeldCase, now: datetime) -> Event:
    """Over HTTP the receipt is what a sender reads; over a channel it is sent."""
    if not held.case.sender.startswith(SOURCE_SENDER):
        return ReceiptSent(accepted=True)
    answer = OrderedAnswer(accepted=True)
    await order_answer(connection, held.case.id, answer, now)
    return ReceiptOrdered(accepted=True)


async def _long_waiting(
    connection: AsyncConnection, now: datetime
) -> list[tuple[Found, int]]:
    """Waiting cases that owe a stage of giving up, with the stage."""
    found: list[tuple[Found, int]] = []
    for one in (await connection.execute(select(DESTINATIONS))).all():
        limit = timedelta(seconds=one.give_up_seconds)
        rows = await connection.execute(
            select(CASES.c.id, CASES.c.number, CASES.c.queue, CASES.c.trying_since)
            .where(
                CASES.c.queue == destination_queue(one.tenant_id, one.id),
                CASES.c.owner.is_(None),
                CASES.c.due_at.is_not(None),
                or_(
                    and_(CASES.c.warned < 1, CASES.c.trying_since <= now - limit / 2),
                    and_(CASES.c.warned < _DEAD, CASES.c.trying_since <= now - limit),
                ),
            )
            .order_by(CASES.c.receipt)
            .limit(_AT_ONCE)
        )
        found += [(row, give_up_stage(now - row.trying_since, limit)) for row in rows]
    return found


async def _make_dead(
    connection: AsyncConnection,
    held: HeldCase,
    destination: DestinationId,
    now: datetime,
) -> None:
    case = held.case
    state = _given_up(destination, now)
    given_up = DeliveryGivenUp(destination=destination, code=_GIVEN_UP)
    await write(
        connection, held, (state, (given_up,), _TIMER), now, due_at=None, warned=_DEAD
    )
    dead = {"state": "dead", "code": _GIVEN_UP, "since": now}
    there = (DELIVERIES.c.case_id == case.id, DELIVERIES.c.destination == destination)
    # Earlier ones have come to their end, whichever that was.
    newest = select(func.max(DELIVERIES.c.generation)).where(*there).scalar_subquery()
    changed = await connection.execute(
        update(DELIVERIES)
        .where(
            *there,
            DELIVERIES.c.generation == newest,
            DELIVERIES.c.state != "delivered",
        )
        .values(dead)
    )
    if not changed.rowcount:
        # It never came to an attempt: the payload is frozen by the first one.
        await connection.execute(
            insert(DELIVERIES).values(
                tenant_id=case.tenant,
                office_id=case.office,
                id=delivery_id(case.id, destination, 1),
                case_id=case.id,
                destination=destination,
                generation=1,
                payload="",
                **dead,
            )
        )


def _given_up(destination: DestinationId, now: datetime) -> Undeliverable:
    return Undeliverable(destination=destination, code=_GIVEN_UP, since=now)
