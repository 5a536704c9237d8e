"""Whose cases a database holds."""

from sqlalchemy import select

from schemas.ids import TenantId
from storage.database import Database
from storage.tables import SnapshotRow
from storage.tables.base import table

SNAPSHOTS = table(SnapshotRow)


async def tenants(database: Database) -> tuple[TenantId, ...]:
    """Every tenant that ever had a case, by name."""
    async with database.read() as connection:
        found = await connection.execute(
            select(SNAPSHOTS.c.tenant_id).distinct().order_by(SNAPSHOTS.c.tenant_id)
        )
        return tuple(map(TenantId, found.scalars()))
