"""Our own record of runs: which cases a run carried; it outlives Prefect's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from schemas.ids import CaseId, OfficeId, TenantId, WorkerId
from schemas.scope import Scope
from storage.cases import within
from storage.database import Database, insert_if_new
from storage.tables import CaseRunRow, LeaseRow
from storage.tables.base import table

RUNS, LEASES = table(CaseRunRow), table(LeaseRow)
_WORKER: Final = "worker:"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseOfRun:
    """One case that a run carried, and how it left the run."""

    case: CaseId
    tenant: TenantId
    office: OfficeId
    outcome: str
    """A code, or the name of the state: never a value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRun:
    """One run of a case, as listed on its page."""

    run: str
    """Prefect's id where ``recorded``, else our own id of the batch."""
    cases: int
    outcome: str
    started_at: datetime
    recorded: bool
    """Whether Prefect knows the run."""


class RunStore:
    """Runs by case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self,
        run: str,
        cases: Sequence[CaseOfRun],
        *,
        started_at: datetime,
        recorded: bool,
    ) -> None:
        """One insert for all cases of a run that has ended; again is harmless."""
        if not cases:
            return
        rows = [
            {
                "tenant_id": one.tenant,
                "office_id": one.office,
                "case_id": one.case,
                "run_id": run,
                "started_at": started_at,
                "cases": len(cases),
                "outcome": one.outcome,
                "recorded": int(recorded),
            }
            for one in cases
        ]
        async with self._database.write("run") as connection:
            await connection.execute(insert_if_new(connection, RUNS), rows)

    async def mark_recorded(self, batch: str, run: str) -> bool:
        """Prefect knows the batch now, as this run; False: there is no such batch."""
        async with self._database.write("run recorded") as connection:
            marked = await connection.execute(
                update(RUNS)
                .where(RUNS.c.run_id == batch)
                .values(run_id=run, recorded=1)
            )
            return bool(marked.rowcount)

    async def runs_of(self, scope: Scope, case: CaseId) -> tuple[CaseRun, ...]:
        """Newest first."""
        statement = (
            select(RUNS)
            .where(*within(scope, RUNS), RUNS.c.case_id == case)
            .order_by(RUNS.c.started_at.desc(), RUNS.c.run_id)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(statement)
            return tuple(
                CaseRun(
                    run=row.run_id,
                    cases=row.cases,
                    outcome=row.outcome,
                    started_at=row.started_at,
                    recorded=bool(row.recorded),
                )
                for row in rows
            )

    async def living_workers(self) -> frozenset[WorkerId]:
        """Incarnations whose lease lasts, by the database's clock."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            holders = await connection.execute(
                select(LEASES.c.holder).where(
                    LEASES.c.name.startswith(_WORKER), LEASES.c.alive_until >= now
                )
            )
            return frozenset(WorkerId(holder) for holder in holders.scalars())
