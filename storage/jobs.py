"""Replays as background jobs: planned, released at a rate, done when confirmed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import DeliveryView, Lane
from schemas.errors import CaseMoved, EngineError, UnknownCase
from schemas.events import DeliveryReplayed
from schemas.ids import CaseNumber, DestinationId, OfficeId
from schemas.rules.queues import destination_queue
from schemas.scope import Scope
from schemas.states import Delivering, Undeliverable
from storage.cases import within
from storage.columns import Found
from storage.database import Database
from storage.decisions import Decision, hold, write
from storage.job_items import settle_items
from storage.tables import AttemptRow, CaseRow, DeliveryRow, JobItemRow, JobRow
from storage.tables.base import table

CASES, DELIVERIES, ATTEMPTS = table(CaseRow), table(DeliveryRow), table(AttemptRow)
JOBS, ITEMS = table(JobRow), table(JobItemRow)
_TICKS_A_MINUTE: Final = 60
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which deliveries are meant; empty = not restricted."""

    destination: str = ""
    code: str = ""
    numbers: tuple[CaseNumber, ...] = ()
    state: str = "dead"
    until: datetime | None = None
    """Only what stood there at this moment: what a plan has shown."""
    limit: int = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayPlan:
    """What a replay would do, before it does anything."""

    deliveries: tuple[DeliveryView, ...]
    replayed_before: int

    def by_destination(self) -> dict[str, int]:
        """How many go where."""
        counts: dict[str, int] = {}
        for one in self.deliveries:
            counts[one.destination] = counts.get(one.destination, 0) + 1
        return counts


@dataclass(frozen=True, kw_only=True, slots=True)
class JobStatus:
    """How far a job is."""

    id: str
    state: str
    """running, stopped or done."""
    total: int
    done: int
    failed: int
    waiting: int
    """Planned or released, not confirmed yet."""


class JobStore:
    """Replays of dead letters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def deliveries(
        self, scope: Scope, wanted: Filter
    ) -> tuple[DeliveryView, ...]:
        """Deliveries as listed, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(_matching(scope, wanted))
            return tuple(map(_view, rows))

    async def plan(self, scope: Scope, wanted: Filter) -> ReplayPlan:
        """How many, to whom, which were replayed before; changes nothing."""
        found = await self.deliveries(scope, wanted)
        async with self._database.read() as connection:
            replayed = await connection.execute(
                select(func.count(func.distinct(ITEMS.c.delivery_id))).where(
                    ITEMS.c.delivery_id.in_(
                        select(_matching(scope, wanted).subquery().c.id)
                    )
                )
            )
            return ReplayPlan(deliveries=found, replayed_before=replayed.scalar_one())

    async def create(
        self,
        scope: Scope,
        wanted: Filter,
        decision: Decision,
        *,
        per_minute: int,
        stop_after: int,
    ) -> str:
        """Fix the list of deliveries to replay; the worker begins at once."""
        job = uuid.uuid4().hex
        async with self._database.write("plan replay") as connection:
            now = await self._database.now(connection)
            rows = (await connection.execute(_matching(scope, wanted))).all()
            await connection.execute(
                insert(JOBS).values(
                    id=job,
                    tenant_id=scope.tenant,
                    office_id="*",
                    kind="replay",
                    actor=decision.actor,
                    reason=decision.reason,
                    state="running",
                    per_minute=per_minute,
                    stop_after=stop_after,
                    created_at=now,
                    next_at=now,
                )
            )
            if rows:
                await connection.execute(insert(ITEMS), _items(job, rows, now))
        return job

    async def status(self, job: str) -> JobStatus:
        """How far it is. Raises UnknownJob."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(JOBS.c.state).where(JOBS.c.id == job))
            ).first()
            if row is None:
                raise UnknownJob
            counts = await _counts(connection, job)
        return JobStatus(
            id=job,
            state=row.state,
            total=sum(counts.values()),
            done=counts.get("done", 0),
            failed=counts.get("failed", 0) + counts.get("skipped", 0),
            waiting=counts.get("planned", 0) + counts.get("released", 0),
        )

    async def set_running(self, job: str, *, running: bool) -> None:
        """Stop a job, or let it go on. Raises UnknownJob."""
        async with self._database.write("job") as connection:
            now = await self._database.now(connection)
            changed = await connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job, JOBS.c.state != "done")
                .values(state="running" if running else "stopped", next_at=now)
            )
            if not changed.rowcount:
                raise UnknownJob

    async def advance(self) -> int:
        """One tick: release what the rate allows, end or stop what is due."""
        async with self._database.write("jobs") as connection:
            now = await self._database.now(connection)
            jobs = (
                await connection.execute(
                    select(JOBS).where(
                        JOBS.c.state == "running",
                        # Never further off than a minute: the clock was set back.
                        (JOBS.c.next_at <= now) | (JOBS.c.next_at > now + 2 * _MINUTE),
                    )
                )
            ).all()
            ready = [
                (job, count)
                for job in jobs
                if (count := await _settle_job(connection, job, now))
            ]
        released = 0
        for job, count in ready:
            for item in await self._next_items(job.id, count):
                released += await self._release(job, item)
        return released

    async def _next_items(self, job: str, count: int) -> Sequence[Any]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(ITEMS.c.position, CASES.c.number)
                .join_from(ITEMS, CASES, CASES.c.id == ITEMS.c.case_id)
                .where(ITEMS.c.job_id == job, ITEMS.c.state == "planned")
                .order_by(ITEMS.c.position)
                .limit(count)
            )
            return rows.all()

    async def _release(self, job: Found, item: Found) -> bool:
        state, code = "released", ""
        this = (ITEMS.c.job_id == job.id, ITEMS.c.position == item.position)
        async with self._database.write("release item") as connection:
            now = await self._database.now(connection)
            ours = await connection.execute(
                update(ITEMS)
                .where(*this, ITEMS.c.state == "planned")
                .values(state=state, at=now)
            )
            if not ours.rowcount:
                # Another worker, which has the duty by now, was quicker.
                return False
            try:
                await _replay(connection, job, CaseNumber(item.number), now)
            except (CaseMoved, UnknownCase) as error:
                state, code = "skipped", error.code
                await connection.execute(
                    update(ITEMS).where(*this).values(state=state, code=code)
                )
        return state == "released"


class UnknownJob(EngineError):
    """There is no such job, or it has ended."""

    code = "E-JOB-UNKNOWN"
    sentence = "There is no such job, or it has ended."
    remedy = "List the jobs with `amtsweg delivery jobs`."


async def _replay(
    connection: AsyncConnection, job: Found, number: CaseNumber, now: datetime
) -> None:
    scope = Scope(tenant=job.tenant_id)
    held = await hold(connection, scope, number)
    state = held.case.state
    if not isinstance(state, Undeliverable):
        raise CaseMoved
    replayed = DeliveryReplayed(destination=state.destination, job=job.id)
    await write(
        connection,
        held,
        (Delivering(destination=state.destination, since=now), (replayed,), job.actor),
        now,
        queue=destination_queue(held.case.tenant, state.destination),
        lane=int(Lane.BULK),
        due_at=now,
        own_failures=0,
        trying_since=now,
        warned=0,
        line=held.ordering_key,
    )
    await connection.execute(
        update(DELIVERIES)
        .where(
            DELIVERIES.c.case_id == held.case.id,
            DELIVERIES.c.destination == state.destination,
            DELIVERIES.c.state == "dead",
        )
        .values(state="waiting", since=now)
    )


async def _settle_job(connection: AsyncConnection, job: Found, now: datetime) -> int:
    """How many items may be released now; ends the job when none is left."""
    await settle_items(connection, job.id, now)
    counts = await _counts(connection, job.id)
    state, count = "running", 0
    if not counts.get("planned") and not counts.get("released"):
        state = "done"
    elif counts.get("failed", 0) >= job.stop_after > 0:
        state = "stopped"
    else:
        count = max(1, job.per_minute // _TICKS_A_MINUTE)
    pause = _MINUTE * count / job.per_minute
    await connection.execute(
        update(JOBS).where(JOBS.c.id == job.id).values(state=state, next_at=now + pause)
    )
    return count


async def _counts(connection: AsyncConnection, job: str) -> dict[str, int]:
    rows = await connection.execute(
        select(ITEMS.c.state, func.count().label("items"))
        .where(ITEMS.c.job_id == job)
        .group_by(ITEMS.c.state)
    )
    return {row.state: row.items for row in rows}


def _matching(scope: Scope, wanted: Filter) -> Select[Any]:
    tries = (
        select(func.count())
        .select_from(ATTEMPTS)
        .where(ATTEMPTS.c.delivery_id == DELIVERIES.c.id)
        .scalar_subquery()
    )
    statement = (
        select(DELIVERIES, CASES.c.number, tries.label("tries"))
        .join_from(DELIVERIES, CASES, CASES.c.id == DELIVERIES.c.case_id)
        .where(*within(scope))
    )
    if wanted.state:
        statement = statement.where(DELIVERIES.c.state == wanted.state)
    if wanted.destination:
        statement = statement.where(DELIVERIES.c.destination == wanted.destination)
    if wanted.code:
        statement = statement.where(DELIVERIES.c.code == wanted.code)
    if wanted.until:
        statement = statement.where(DELIVERIES.c.since <= wanted.until)
    if wanted.numbers:
        statement = statement.where(CASES.c.number.in_(wanted.numbers))
    return statement.order_by(CASES.c.receipt).limit(wanted.limit)


def _items(job: str, rows: Sequence[Any], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "job_id": job,
            "position": position,
            "tenant_id": row.tenant_id,
            "office_id": row.office_id,
            "case_id": row.case_id,
            "delivery_id": row.id,
            "state": "planned",
            "at": now,
        }
        for position, row in enumerate(rows)
    ]


def _view(row: Found) -> DeliveryView:
    return DeliveryView(
        case=CaseNumber(row.number),
        delivery=row.id,
        destination=DestinationId(row.destination),
        generation=row.generation,
        state=row.state,
        attempts=row.tries,
        code=row.code,
        since=row.since,
        office=OfficeId(row.office_id),
    )
