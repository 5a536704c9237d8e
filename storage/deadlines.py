"""Submissions without an answer: channels grow impatient, and reject at last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.ids import CaseId, CaseNumber, OfficeId, SourceId, TenantId
from schemas.rules.waits import ANSWER_DAYS, answer_alarm, answer_stage
from schemas.scope import Scope
from storage.cases import within
from storage.channel_rows import IS_OPEN
from storage.columns import Found
from storage.database import Database
from storage.destinations import open_disturbance
from storage.source_states import DEADLINE_CODE, subject_of
from storage.tables import CaseRow, ChannelSubmissionRow, DisturbanceRow
from storage.tables.base import table

CASES, SUBMISSIONS = table(CaseRow), table(ChannelSubmissionRow)
DISTURBANCES = table(DisturbanceRow)
_AT_ONCE: Final = 500
_STAGES: Final = range(1, len(ANSWER_DAYS) + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """A submission whose sender has heard nothing from the channel yet."""

    case: CaseId
    number: CaseNumber
    tenant: TenantId
    office: OfficeId
    source: SourceId
    submission: str
    submitted_at: datetime
    age: timedelta
    answer: str
    """none, owed or refused."""
    code: str
    warned: int
    """How many alarms have been given; of ``len(ANSWER_DAYS)``."""


class Deadlines:
    """The watch over answers. Raises DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unanswered(
        self,
        scope: Scope,
        now: datetime | None = None,
        *,
        answer: str = "",
        limit: int = _AT_ONCE,
    ) -> tuple[Unanswered, ...]:
        """Everything without an answer, oldest first; or what stands like this."""
        async with self._database.read() as connection:
            now = now or await self._database.now(connection)
            wanted = _unanswered().where(*within(scope))
            if answer:
                wanted = wanted.where(SUBMISSIONS.c.answer == answer)
            rows = await connection.execute(wanted.limit(limit))
            return tuple(_view(row, now) for row in rows)

    async def watch(self) -> tuple[Unanswered, ...]:
        """Give the alarms that are owed, each once, and close those that are over."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            rows = await connection.execute(
                _unanswered().where(or_(*_alarm_owed(now))).limit(_AT_ONCE)
            )
            old = [_view(row, now) for row in rows]
        alarmed = [one for one in old if await self._alarm(one)]
        async with self._database.write("deadlines met") as connection:
            await close_met(connection, await self._database.now(connection))
        return tuple(alarmed)

    async def _alarm(self, one: Unanswered) -> bool:
        stage = answer_stage(one.age)
        if stage <= one.warned:
            return False
        async with self._database.write("deadline") as connection:
            now = await self._database.now(connection)
            changed = await connection.execute(
                update(SUBMISSIONS)
                .where(
                    SUBMISSIONS.c.case_id == one.case,
                    SUBMISSIONS.c.warned < stage,
                    IS_OPEN,
                )
                .values(warned=stage)
            )
            if not changed.rowcount:
                return False
            place = (one.tenant, subject_of(one.source))
            await open_disturbance(connection, place, deadline_code(stage), now=now)
        return True


async def close_met(connection: AsyncConnection, now: datetime) -> None:
    """An alarm is over when nothing that was alarmed for is without an answer."""
    for stage in _STAGES:
        waits = exists(
            select(1).where(
                and_(
                    SUBMISSIONS.c.tenant_id == DISTURBANCES.c.tenant_id,
                    DISTURBANCES.c.subject == "source:" + SUBMISSIONS.c.source,
                    IS_OPEN,
                    SUBMISSIONS.c.warned >= stage,
                )
            )
        )
        await connection.execute(
            update(DISTURBANCES)
            .where(
                DISTURBANCES.c.reason == deadline_code(stage),
                DISTURBANCES.c.closed_at.is_(None),
                ~waits,
            )
            .values(closed_at=now)
        )


def deadline_code(stage: int) -> str:
    """``E-FIT-DAY-3`` for the first alarm, and so on."""
    return f"{DEADLINE_CODE}{ANSWER_DAYS[stage - 1]}"


def _alarm_owed(now: datetime) -> list[ColumnElement[bool]]:
    return [
        and_(
            SUBMISSIONS.c.submitted_at <= now - answer_alarm(stage),
            SUBMISSIONS.c.warned < stage,
        )
        for stage in _STAGES
    ]


def _unanswered() -> Select[Found]:
    return (
        select(SUBMISSIONS, CASES.c.number)
        .join_from(SUBMISSIONS, CASES, CASES.c.id == SUBMISSIONS.c.case_id)
        .where(IS_OPEN)
        .order_by(SUBMISSIONS.c.submitted_at, SUBMISSIONS.c.submission)
    )


def _view(row: Found, now: datetime) -> Unanswered:
    return Unanswered(
        case=CaseId(row.case_id),
        number=CaseNumber(row.number),
        tenant=TenantId(row.tenant_id),
        office=OfficeId(row.office_id),
        source=SourceId(row.source),
        submission=row.submission,
        submitted_at=row.submitted_at,
        age=now - row.submitted_at,
        answer=row.answer,
        code=row.code,
        warned=row.warned,
    )
