"""Deliveries under another id, where the old one stands in the way."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.ids import delivery_id
from storage.columns import Found
from storage.tables import DeliveryRow, TransmissionRow
from storage.tables.base import table

DELIVERIES, TRANSMISSIONS = table(DeliveryRow), table(TransmissionRow)


async def next_generation(
    connection: AsyncConnection, row: Found, *, state: str, code: str, now: datetime
) -> None:
    """What is delivered next of this delivery's case to its destination."""
    generation = row.generation + 1
    await connection.execute(
        insert(DELIVERIES).values(
            tenant_id=row.tenant_id,
            office_id=row.office_id,
            id=delivery_id(row.case_id, row.destination, generation),
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
