"""Everything that is known of one case, for whoever has to find out about it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Case
from schemas.errors import UnknownCase
from schemas.events import Event, RecordedEvent, first_break
from schemas.ids import CaseId, DeliveryId, DestinationId
from schemas.scope import Scope
from storage.cases import within
from storage.chain import fields_of
from storage.columns import Found
from storage.database import Database
from storage.rows import case_of, event_of
from storage.tables import AttemptRow, CaseRow, CaseRunRow, DeliveryRow, EventRow
from storage.tables.base import table

CASES, EVENTS, RUNS = table(CaseRow), table(EventRow), table(CaseRunRow)
DELIVERIES, ATTEMPTS = table(DeliveryRow), table(AttemptRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An event, and the link of the chain that holds it."""

    event: Event
    link: RecordedEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptMade:
    """One try of a delivery."""

    number: int
    outcome: str
    code: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryMade:
    """A delivery with its attempts, the oldest first."""

    id: DeliveryId
    destination: DestinationId
    generation: int
    state: str
    code: str
    since: datetime
    receipt_sha256: str
    attempts: tuple[AttemptMade, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunMade:
    """A run of the engine that carried the case."""

    id: str
    started_at: datetime
    cases: int
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFile:
    """A case with its history."""

    case: Case
    worker: str
    """Which worker is at it; "" = none."""
    due_at: datetime | None
    """When a worker will take it; None: not by itself, or one has it."""
    is_whole: bool
    """The chain verifies, and ends where the case says."""
    events: tuple[Told, ...]
    deliveries: tuple[DeliveryMade, ...]
    runs: tuple[RunMade, ...]


async def case_file(database: Database, scope: Scope, case: CaseId) -> CaseFile:
    """One consistent view. Raises UnknownCase."""
    async with database.read() as connection:
        row = (
            await connection.execute(
                select(CASES).where(*within(scope), CASES.c.id == case)
            )
        ).first()
        if row is None:
            raise UnknownCase
        events = await _events(connection, case)
        return CaseFile(
            case=case_of(row),
            worker=row.owner or "",
            due_at=row.due_at if row.owner is None else None,
            is_whole=_is_whole(row, events),
            events=tuple(
                Told(event=fields_of(one.kind, one.body), link=one) for one in events
            ),
            deliveries=await _deliveries(connection, case),
            runs=await _runs(connection, case),
        )


def _is_whole(row: Found, events: tuple[RecordedEvent, ...]) -> bool:
    if not events or first_break(events) is not None:
        return False
    # Without this, events cut off at the end would not be missed.
    return bool((events[-1].seq, events[-1].hash) == (row.seq, row.head))


async def _events(
    connection: AsyncConnection, case: CaseId
) -> tuple[RecordedEvent, ...]:
    rows = await connection.execute(
        select(EVENTS).where(EVENTS.c.case_id == case).order_by(EVENTS.c.seq)
    )
    return tuple(map(event_of, rows))


async def _deliveries(
    connection: AsyncConnection, case: CaseId
) -> tuple[DeliveryMade, ...]:
    rows = (
        await connection.execute(
            select(DELIVERIES)
            .where(DELIVERIES.c.case_id == case)
            .order_by(DELIVERIES.c.destination, DELIVERIES.c.generation)
        )
    ).all()
    tries = await connection.execute(
        select(ATTEMPTS)
        .where(ATTEMPTS.c.delivery_id.in_([row.id for row in rows]))
        .order_by(ATTEMPTS.c.delivery_id, ATTEMPTS.c.number)
    )
    attempts: dict[str, list[AttemptMade]] = defaultdict(list)
    for row in tries:
        attempts[row.delivery_id].append(
            AttemptMade(
                number=row.number,
                outcome=row.outcome,
                code=row.code,
                started_at=row.started_at,
                finished_at=row.finished_at,
            )
        )
    return tuple(
        DeliveryMade(
            id=DeliveryId(row.id),
            destination=DestinationId(row.destination),
            generation=row.generation,
            state=row.state,
            code=row.code,
            since=row.since,
            receipt_sha256=row.receipt_sha256,
            attempts=tuple(attempts[row.id]),
        )
        for row in rows
    )


async def _runs(connection: AsyncConnection, case: CaseId) -> tuple[RunMade, ...]:
    rows = await connection.execute(
        select(RUNS).where(RUNS.c.case_id == case).order_by(RUNS.c.started_at)
    )
    return tuple(
        RunMade(
            id=row.run_id,
            started_at=row.started_at,
            cases=row.cases,
            outcome=row.outcome,
        )
        for row in rows
    )
