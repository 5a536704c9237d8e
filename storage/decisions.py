"""What people and timers do to a case that no worker holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Case
from schemas.channels import SOURCE_SENDER
from schemas.errors import CaseMoved, UnknownCase
from schemas.events import CaseAssigned, CaseDelivered, DecisionTaken, Event
from schemas.ids import CaseId, CaseNumber, DestinationId, StepName
from schemas.rules.queues import destination_queue, source_queue
from schemas.rules.settlement import NOT_ARRIVED, UNKNOWN, UNPROVABLE
from schemas.rules.transitions import follow, leaves_line
from schemas.scope import Scope
from schemas.states import (
    Assigned,
    CaseState,
    Delivered,
    Delivering,
    InReview,
    Quarantined,
)
from storage.cases import within
from storage.chain import fields_of, links
from storage.channel_rows import settle_doubt
from storage.codec import STATES
from storage.columns import Found
from storage.database import Database, locked
from storage.generations import follow_no_more, next_generation
from storage.rows import case_of
from storage.tables import AttemptRow, CaseRow, DeliveryRow, EventRow, StepRow
from storage.tables.base import table

CASES, EVENTS, STEPS = table(CaseRow), table(EventRow), table(StepRow)
DELIVERIES, ATTEMPTS = table(DeliveryRow), table(AttemptRow)
_SERVED: Final[Mapping[str, object]] = {
    "own_failures": 0,
    "trying_since": None,
    "warned": 0,
}
"""Whatever comes next is another delivery, and begins to count anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Who decided what, and why."""

    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldCase:
    """A case row under lock, with what is needed to go on writing it."""

    case: Case
    version: int
    seq: int
    head: bytes
    came_from: CaseState
    ordering_key: str
    source: str


class Decisions:
    """Each is one transaction on the case; the second decider is refused."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settle_unknown(
        self, scope: Scope, number: CaseNumber, decision: Decision, *, arrived: bool
    ) -> Case:
        """A person has looked at the counterpart, and found the delivery or not.

        Raises UnknownCase, CaseMoved.
        """
        async with self._database.write("settle") as connection:
            now = await self._database.now(connection)
            held = await hold(connection, scope, number)
            state = held.case.state
            if not (isinstance(state, InReview) and state.question == UNKNOWN):
                raise CaseMoved
            destination = DestinationId(state.step.partition(":")[2])
            row = await _unknown_delivery(connection, held.case.id, destination)
            events = _answered(decision, arrived=arrived)
            if arrived:
                confirmed = CaseDelivered(
                    delivery=row.id, destination=destination, receipt=""
                )
                events = (*events, confirmed)
                await _give_result(connection, held.case, state.step, now)
            await _close_delivery(connection, row, arrived=arrived, now=now)
            after: CaseState = Delivering(destination=destination, since=now)
            queue = destination_queue(held.case.tenant, destination)
            if arrived:
                more = await _open_destinations(connection, held.case.id)
                after = Assigned(destinations=more) if more else Delivered()
                queue = source_queue(held.case.tenant, held.source)
            return await write(
                connection,
                held,
                (after, events, decision.actor),
                now,
                queue=queue,
                due_at=now,
                **(_SERVED if arrived or row.code in UNPROVABLE else {}),
            )

    async def approve(
        self, scope: Scope, number: CaseNumber, decision: Decision
    ) -> Case:
        """A person has reviewed the case: it goes on with its next step.

        Raises UnknownCase, CaseMoved.
        """
        async with self._database.write("approve") as connection:
            now = await self._database.now(connection)
            held = await hold(connection, scope, number)
            state = held.case.state
            if not isinstance(state, InReview) or state.question == UNKNOWN:
                raise CaseMoved
            await _give_result(connection, held.case, state.step, now)
            taken = DecisionTaken(
                question=state.question, answer="go_on", reason=decision.reason
            )
            return await write(
                connection,
                held,
                (held.came_from, (taken,), decision.actor),
                now,
                queue=source_queue(held.case.tenant, held.source),
                due_at=now,
            )

    async def release(
        self, scope: Scope, number: CaseNumber, decision: Decision
    ) -> Case:
        """Let a worker try a quarantined case again.

        What a channel's proofs left unclear is thereby decided, too: it is checked as
        if they held. Raises UnknownCase, CaseMoved.
        """
        async with self._database.write("release") as connection:
            now = await self._database.now(connection)
            held = await hold(connection, scope, number)
            if not isinstance(held.case.state, Quarantined):
                raise CaseMoved
            taken = DecisionTaken(
                question=held.case.state.code, answer="release", reason=decision.reason
            )
            if held.case.sender.startswith(SOURCE_SENDER):
                await settle_doubt(connection, held.case.id, held.case.state.code)
            return await write(
                connection,
                held,
                (held.came_from, (taken,), decision.actor),
                now,
                queue=source_queue(held.case.tenant, held.source),
                due_at=now,
                takeovers=0,
                warned=0,
                trying_since=None,
                line=held.ordering_key,
            )


async def hold(
    connection: AsyncConnection, scope: Scope, number: CaseNumber
) -> HeldCase:
    """Lock a case that nobody works on. Raises UnknownCase, CaseMoved."""
    statement = select(CASES).where(*within(scope), CASES.c.number == number)
    row = (await connection.execute(locked(connection, statement))).first()
    if row is None:
        raise UnknownCase
    if row.owner is not None:
        raise CaseMoved
    case = case_of(row)
    came_from = case.state
    if row.came_from:
        came_from = STATES.load(row.came_from, row.came_from_body)
    return HeldCase(
        case=case,
        version=row.version,
        seq=row.seq,
        head=row.head,
        came_from=came_from,
        ordering_key=row.ordering_key,
        source=row.source,
    )


async def write(
    connection: AsyncConnection,
    held: HeldCase,
    what: tuple[CaseState, tuple[Event, ...], str],
    now: datetime,
    **values: object,
) -> Case:
    """Append to the chain and move the case on, under the lock that ``hold`` took."""
    follow(held.case.state, what[0])
    return await put(connection, held, what, now, **values)


async def put(
    connection: AsyncConnection,
    held: HeldCase,
    what: tuple[CaseState, tuple[Event, ...], str],
    now: datetime,
    **values: object,
) -> Case:
    """The same where the caller has looked whether the state may follow."""
    state, events, actor = what
    kind, body = STATES.dump(state)
    if leaves_line(state):
        values["line"] = ""
    moved = {"state": kind, "state_body": body.decode(), "changed_at": now}
    await append(connection, held, (events, actor), now, **moved, **values)
    return replace(held.case, state=state, changed_at=now)


async def append(
    connection: AsyncConnection,
    held: HeldCase,
    what: tuple[tuple[Event, ...], str],
    now: datetime,
    **values: object,
) -> None:
    """Append to the chain; but for ``values`` the case stays where it stands."""
    events, actor = what
    case = held.case
    rows, head = links(
        events, case=case.id, seq=held.seq, head=held.head, at=now, actor=actor
    )
    chained = {"version": held.version + 1, "seq": held.seq + len(rows), "head": head}
    await connection.execute(
        update(CASES).where(CASES.c.id == case.id).values(**chained, **values)
    )
    owner = {"tenant_id": case.tenant, "office_id": case.office}
    if rows:
        await connection.execute(insert(EVENTS), [row | owner for row in rows])


def _answered(decision: Decision, *, arrived: bool) -> tuple[Event, ...]:
    answer = "arrived" if arrived else "not_arrived"
    return (DecisionTaken(question=UNKNOWN, answer=answer, reason=decision.reason),)


async def _give_result(
    connection: AsyncConnection, case: Case, step: StepName, now: datetime
) -> None:
    await connection.execute(
        insert(STEPS).values(
            tenant_id=case.tenant,
            office_id=case.office,
            case_id=case.id,
            step=step,
            result="",
            at=now,
            epoch=0,
        )
    )


async def _unknown_delivery(
    connection: AsyncConnection, case: CaseId, destination: DestinationId
) -> Found:
    found = await connection.execute(
        select(DELIVERIES)
        .where(
            DELIVERIES.c.case_id == case,
            DELIVERIES.c.destination == destination,
            DELIVERIES.c.state == "unknown",
        )
        .order_by(DELIVERIES.c.generation.desc())
    )
    row = found.first()
    if row is None:
        raise CaseMoved
    return row


async def _close_delivery(
    connection: AsyncConnection, row: Found, *, arrived: bool, now: datetime
) -> None:
    """What cannot be proved goes out under another id: the old one is used up."""
    code = "" if arrived else NOT_ARRIVED
    unknown = [ATTEMPTS.c.delivery_id == row.id, ATTEMPTS.c.outcome == "unknown"]
    if arrived:
        # One of them has arrived: several would read like several copies.
        newest = select(func.max(ATTEMPTS.c.number)).where(*unknown)
        unknown.append(ATTEMPTS.c.number == newest.scalar_subquery())
    await connection.execute(
        update(ATTEMPTS)
        .where(*unknown)
        .values(
            outcome="delivered" if arrived else "failed", code=code, finished_at=now
        )
    )
    state = "delivered" if arrived else "waiting"
    if row.code in UNPROVABLE and arrived:
        await follow_no_more(connection, row, now)
    elif row.code in UNPROVABLE:
        state = "failed"
        await next_generation(connection, row, state="waiting", code=code, now=now)
    await connection.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == row.id)
        .values(state=state, code=code, since=now)
    )


async def _open_destinations(
    connection: AsyncConnection, case: CaseId
) -> tuple[DestinationId, ...]:
    """Destinations the case was assigned to that have not confirmed."""
    assigned = await connection.execute(
        select(EVENTS.c.kind, EVENTS.c.format, EVENTS.c.body)
        .where(EVENTS.c.case_id == case, EVENTS.c.kind == CaseAssigned.__name__)
        .order_by(EVENTS.c.seq.desc())
    )
    row = assigned.first()
    named = fields_of(row.kind, row.body).destinations if row is not None else ()
    done = await connection.execute(select(STEPS.c.step).where(STEPS.c.case_id == case))
    steps = set(done.scalars())
    return tuple(one for one in named if f"deliver:{one}" not in steps)
