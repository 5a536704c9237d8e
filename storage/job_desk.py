"""Jobs as people deal with them: listed, looked into item by item, resumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, update

from schemas.ids import CaseNumber, DestinationId
from schemas.scope import Scope
from storage.columns import Found
from storage.database import Database
from storage.jobs import UnknownJob
from storage.tables import CaseRow, DeliveryRow, JobItemRow, JobRow
from storage.tables.base import table

JOBS, ITEMS = table(JobRow), table(JobItemRow)
CASES, DELIVERIES = table(CaseRow), table(DeliveryRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobView:
    """A job as listed, with who wanted it and why."""

    id: str
    kind: str
    state: str
    actor: str
    reason: str
    created_at: datetime
    per_minute: int
    stop_after: int
    """It stops once so many have failed; 0 = never."""
    counts: dict[str, int]
    """Items by state: planned, released, done, failed, skipped."""

    @property
    def total(self) -> int:
        """All items."""
        return sum(self.counts.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class JobItem:
    """One delivery of a job, and where its case stands now."""

    number: CaseNumber
    delivery: str
    destination: DestinationId
    state: str
    code: str
    case_state: str
    at: datetime


class JobDesk:
    """Reads jobs of one scope's tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, scope: Scope, *, limit: int = 50) -> tuple[JobView, ...]:
        """The newest first."""
        return await self._views(_jobs(scope).limit(limit))

    async def find(self, scope: Scope, beginning: str) -> JobView:
        """By its id or the beginning of it. Raises UnknownJob."""
        found = await self._views(
            _jobs(scope, JOBS.c.id.startswith(beginning, autoescape=True)).limit(2)
        )
        if len(found) != 1 or not beginning:
            raise UnknownJob
        return found[0]

    async def items(self, job: str) -> tuple[JobItem, ...]:
        """Every item, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(
                    ITEMS,
                    CASES.c.number,
                    DELIVERIES.c.destination,
                    CASES.c.state.label("case_state"),
                )
                .join_from(ITEMS, CASES, CASES.c.id == ITEMS.c.case_id)
                .join(DELIVERIES, DELIVERIES.c.id == ITEMS.c.delivery_id)
                .where(ITEMS.c.job_id == job)
                .order_by(ITEMS.c.position)
            )
            return tuple(map(_item, rows))

    async def in_review(self, job: str) -> int:
        """How many of its items wait for a person."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(func.count())
                .select_from(ITEMS)
                .join(CASES, CASES.c.id == ITEMS.c.case_id)
                .where(
                    ITEMS.c.job_id == job,
                    ITEMS.c.state == "released",
                    CASES.c.state == "InReview",
                )
            )
            return int(found.scalar_one())

    async def resume(self, scope: Scope, job: str, *, stop_after: int) -> None:
        """Let a stopped job go on, until so many *more* have failed.

        Raises UnknownJob for one that has ended.
        """
        async with self._database.write("resume job") as connection:
            now = await self._database.now(connection)
            failed = await connection.execute(
                select(func.count()).where(
                    ITEMS.c.job_id == job, ITEMS.c.state == "failed"
                )
            )
            bound = failed.scalar_one() + stop_after if stop_after else 0
            changed = await connection.execute(
                update(JOBS)
                .where(
                    JOBS.c.tenant_id == scope.tenant,
                    JOBS.c.id == job,
                    JOBS.c.state != "done",
                )
                .values(state="running", next_at=now, stop_after=bound)
            )
            if not changed.rowcount:
                raise UnknownJob

    async def _views(self, statement: Select[Found]) -> tuple[JobView, ...]:
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
            counts = await connection.execute(
                select(ITEMS.c.job_id, ITEMS.c.state, func.count().label("count"))
                .where(ITEMS.c.job_id.in_([row.id for row in rows]))
                .group_by(ITEMS.c.job_id, ITEMS.c.state)
            )
            return _joined(rows, counts.all())


def _jobs(scope: Scope, *conditions: ColumnElement[bool]) -> Select[Found]:
    return (
        select(JOBS)
        .where(JOBS.c.tenant_id == scope.tenant, *conditions)
        .order_by(JOBS.c.created_at.desc(), JOBS.c.id)
    )


def _joined(rows: Sequence[Found], counts: Sequence[Found]) -> tuple[JobView, ...]:
    return tuple(
        JobView(
            id=row.id,
            kind=row.kind,
            state=row.state,
            actor=row.actor,
            reason=row.reason,
            created_at=row.created_at,
            per_minute=row.per_minute,
            stop_after=row.stop_after,
            counts={one.state: one.count for one in counts if one.job_id == row.id},
        )
        for row in rows
    )


def _item(row: Found) -> JobItem:
    return JobItem(
        number=CaseNumber(row.number),
        delivery=row.delivery_id,
        destination=DestinationId(row.destination),
        state=row.state,
        code=row.code,
        case_state=row.case_state,
        at=row.at,
    )
