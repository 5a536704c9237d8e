"""What adapters must know of a delivery after a crash; fills their port."""

import json
from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import Ours
from schemas.ids import DeliveryId
from storage.columns import Found
from storage.database import Database, locked
from storage.tables import DeliveryNoteRow, DeliveryRow
from storage.tables.base import table

NOTES, DELIVERIES = table(DeliveryNoteRow), table(DeliveryRow)


_READ: Final = select(NOTES.c.body).where(NOTES.c.delivery_id == bindparam("delivery"))
# One statement, since a delivery notes something before each of its effects. Of two
# who add something at one moment neither loses the other's: the second sees the first.
_KEEP: Final = """
    INSERT INTO delivery_notes (delivery_id, tenant_id, office_id, body)
    SELECT id, tenant_id, office_id, :body FROM deliveries WHERE id = :delivery
    ON CONFLICT (delivery_id) DO UPDATE SET body = {merged} RETURNING body
"""
_KEEP_POSTGRES: Final = text(
    _KEEP.format(merged="(delivery_notes.body::jsonb || excluded.body::jsonb)::text")
)
_KEEP_SQLITE: Final = text(
    _KEEP.format(merged="json_patch(delivery_notes.body, excluded.body)")
)


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
            found = await connection.execute(_READ, {"delivery": delivery})
            body = found.scalar_one_or_none()
        return {} if body is None else _read(body)

    async def keep(
        self, delivery: DeliveryId, notes: Mapping[str, str]
    ) -> Mapping[str, str]:
        """See the port. Raises UnknownDelivery for one that has not begun."""
        kept = _KEEP_SQLITE if self._database.is_sqlite else _KEEP_POSTGRES
        given = {"delivery": delivery, "body": json.dumps(dict(notes))}
        async with self._database.write_one("delivery notes") as connection:
            body = (await connection.execute(kept, given)).scalar_one_or_none()
        if body is None:
            raise UnknownDelivery
        return _read(body)


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
