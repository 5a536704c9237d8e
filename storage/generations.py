"""Deliveries under another id, where the old one stands in the way."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.ids import delivery_id
from storage.columns import Found
from storage.tables import DeliveryRow, JobItemRow, TransmissionRow
from storage.tables.base import table

DELIVERIES, TRANSMISSIONS = table(DeliveryRow), table(TransmissionRow)
ITEMS = table(JobItemRow)


async def next_generation(
    connection: AsyncConnection, row: Found, *, state: str, code: str, now: datetime
) -> None:
    """What is delivered next of this delivery's case to its destination.

    A job that waits for the old one waits for this: the old one ends nothing.
    """
    generation = row.generation + 1
    following = delivery_id(row.case_id, row.destination, generation)
    await connection.execute(
        insert(DELIVERIES).values(
            tenant_id=row.tenant_id,
            office_id=row.office_id,
            id=following,
            case_id=row.case_id,
            destination=row.destination,
            generation=generation,
            # Frozen by its first attempt.
            payload="",
            state=state,
            code=code,
            since=now,
        )
    )
    await connection.execute(
        update(ITEMS)
        .where(ITEMS.c.case_id == row.case_id, ITEMS.c.state == "released")
        .where(ITEMS.c.delivery_id == row.id)
        .values(delivery_id=following)
    )


async def follow_no_more(
    connection: AsyncConnection, row: Found, now: datetime
) -> None:
    """Its counterpart has nothing that could be looked at."""
    await connection.execute(
        insert(TRANSMISSIONS).values(
            tenant_id=row.tenant_id,
            office_id=row.office_id,
            delivery_id=row.id,
            case_id=row.case_id,
            destination=row.destination,
            stage="",
            submission="",
            channel_case="",
            code=row.code,
            problems="[]",
            looks=0,
            next_look_at=None,
            changed_at=now,
        )
    )
