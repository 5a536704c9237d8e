"""Reading cases and their chains; the scope is checked in the query."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select, true

from schemas.cases import Case
from schemas.clock import day_bounds
from schemas.errors import UnknownCase
from schemas.events import RecordedEvent
from schemas.ids import CaseNumber, SenderId, TenantId, TrackingId
from schemas.scope import AllOffices, Scope, SomeOffices
from storage.database import Database
from storage.ports import SenderDay
from storage.rows import case_of, event_of
from storage.tables import CaseRow, EventRow
from storage.tables.base import table

CASES, EVENTS = table(CaseRow), table(EventRow)


class SqlCases:
    """Fills the port CaseReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_sender(
        self, tenant: TenantId, sender: SenderId, tracking: TrackingId
    ) -> Case:
        """See the port."""
        return await self._one(
            CASES.c.tenant_id == tenant,
            CASES.c.tracking_id == tracking,
            CASES.c.sender == sender,
        )

    async def by_number(self, scope: Scope, number: CaseNumber) -> Case:
        """See the port."""
        return await self._one(*within(scope), CASES.c.number == number)

    async def by_tracking(self, scope: Scope, tracking: TrackingId) -> Case:
        """Whoever sent it. Raises UnknownCase."""
        return await self._one(*within(scope), CASES.c.tracking_id == tracking)

    async def day_of_sender(
        self, tenant: TenantId, sender: SenderId, day: date
    ) -> SenderDay:
        """See the port."""
        start, end = day_bounds(day)
        cases = await self._many(
            select(CASES)
            .where(
                CASES.c.tenant_id == tenant,
                CASES.c.sender == sender,
                CASES.c.received_at >= start,
                CASES.c.received_at < end,
            )
            .order_by(CASES.c.receipt)
        )
        counts: dict[str, int] = {}
        for case in cases:
            kind = type(case.state).__name__
            counts[kind] = counts.get(kind, 0) + 1
        return SenderDay(
            day=day,
            taken=len(cases),
            by_state=tuple(sorted(counts.items())),
            cases=tuple(cases),
        )

    async def list(
        self,
        scope: Scope,
        *,
        state: str = "",
        service: str = "",
        since: datetime | None = None,
        limit: int = 50,
    ) -> Sequence[Case]:
        """See the port; ``since`` is the receipt."""
        statement = select(CASES).where(*within(scope))
        if state:
            statement = statement.where(CASES.c.state == state)
        if service:
            statement = statement.where(CASES.c.service == service)
        if since is not None:
            statement = statement.where(CASES.c.received_at >= since)
        return await self._many(statement.order_by(CASES.c.receipt.desc()).limit(limit))

    async def count_by_state(self, scope: Scope) -> dict[str, int]:
        """How many cases stand where."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(CASES.c.state, func.count().label("cases"))
                .where(*within(scope))
                .group_by(CASES.c.state)
            )
            return {row.state: row.cases for row in rows}

    async def events(self, case: Case) -> tuple[RecordedEvent, ...]:
        """See the port."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(EVENTS).where(EVENTS.c.case_id == case.id).order_by(EVENTS.c.seq)
            )
            return tuple(event_of(row) for row in rows)

    async def _one(self, *conditions: ColumnElement[bool]) -> Case:
        async with self._database.read() as connection:
            row = (await connection.execute(select(CASES).where(*conditions))).first()
        if row is None:
            raise UnknownCase
        return case_of(row)

    async def _many(self, statement: Select[Any]) -> Sequence[Case]:
        async with self._database.read() as connection:
            return [case_of(row) for row in await connection.execute(statement)]


def within(scope: Scope, rows: Table = CASES) -> tuple[ColumnElement[bool], ...]:
    """The scope as conditions on ``cases``, or on another table that has owners."""
    match scope.offices:
        case AllOffices():
            offices: ColumnElement[bool] = true()
        case SomeOffices(offices=some):
            offices = rows.c.office_id.in_(sorted(some))
    return (rows.c.tenant_id == scope.tenant, offices)
