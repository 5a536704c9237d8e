"""Items of a job whose end came by another way than an attempt."""

from datetime import datetime
from typing import Final

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.states import Quarantined
from storage.tables import CaseRow, DeliveryRow, JobItemRow
from storage.tables.base import table

CASES, DELIVERIES, ITEMS = table(CaseRow), table(DeliveryRow), table(JobItemRow)
_QUARANTINED: Final = "E-QUARANTINED"


async def settle_items(connection: AsyncConnection, job: str, now: datetime) -> None:
    """A person settled it, time gave it up, or we had to isolate the case.

    Without this its job would wait for it for ever.
    """
    ended = (
        select(
            ITEMS.c.position,
            case((DELIVERIES.c.state == "delivered", "done"), else_="failed").label(
                "state"
            ),
            case(
                (CASES.c.state == Quarantined.__name__, _QUARANTINED),
                else_=DELIVERIES.c.code,
            ).label("code"),
        )
        .join_from(ITEMS, DELIVERIES, DELIVERIES.c.id == ITEMS.c.delivery_id)
        .join(CASES, CASES.c.id == ITEMS.c.case_id)
        .where(
            ITEMS.c.job_id == job,
            ITEMS.c.state == "released",
            DELIVERIES.c.state.in_(("delivered", "dead"))
            | (CASES.c.state == Quarantined.__name__),
        )
    )
    for row in (await connection.execute(ended)).all():
        await connection.execute(
            update(ITEMS)
            .where(ITEMS.c.job_id == job, ITEMS.c.position == row.position)
            .values(state=row.state, code=row.code, at=now)
        )
