"""What adapters must know of a delivery after a crash; fills their port."""

import json
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import Ours
from schemas.ids import DeliveryId
from storage.columns import Found
from storage.database import Database, insert_if_new, locked
from storage.tables import DeliveryNoteRow, DeliveryRow
from storage.tables.base import table

NOTES, DELIVERIES = table(DeliveryNoteRow), table(DeliveryRow)


class UnknownDelivery(Ours):
    code = "E-DELIVERY-NOT-BEGUN"
    sentence = "There is no such delivery to note something of."
    remedy = "Report this: a delivery is committed before its adapter is called."


class SqlDeliveryNotes:
    """Fills DeliveryNotes of adapters/base.py."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, delivery: DeliveryId) -> Mapping[str, str]:
        """See the port."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(NOTES.c.body).where(NOTES.c.delivery_id == delivery)
            )
            body = found.scalar_one_or_none()
        return {} if body is None else _read(body)

    async def keep(self, delivery: DeliveryId, notes: Mapping[str, str]) -> None:
        """See the port. Raises UnknownDelivery for one that has not begun."""
        async with self._database.write("delivery notes") as connection:
            # Locked, so that of two who add something neither loses the other's.
            owner = await delivery_row(connection, delivery)
            found = await connection.execute(
                select(NOTES.c.body).where(NOTES.c.delivery_id == delivery)
            )
            body = json.dumps(_read(found.scalar_one_or_none() or "{}") | dict(notes))
            changed = await connection.execute(
                update(NOTES).where(NOTES.c.delivery_id == delivery).values(body=body)
            )
            if not changed.rowcount:
                await connection.execute(
                    insert_if_new(connection, NOTES).values(
                        delivery_id=delivery,
                        tenant_id=owner.tenant_id,
                        office_id=owner.office_id,
                        body=body,
                    )
                )


async def delivery_row(connection: AsyncConnection, delivery: DeliveryId) -> Found:
    """A delivery that has begun, under lock. Raises UnknownDelivery."""
    statement = select(DELIVERIES).where(DELIVERIES.c.id == delivery)
    row = (await connection.execute(locked(connection, statement))).first()
    if row is None:
        raise UnknownDelivery
    return row


def _read(body: str) -> dict[str, str]:
    notes: dict[str, str] = json.loads(body)
    return notes
