"""Whose cases a database holds."""

from sqlalchemy import select

from schemas.ids import TenantId
from schemas.scope import DEFAULT_TENANT
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


async def tenant_meant(database: Database, configured: TenantId | None) -> TenantId:
    """As configured; else, so that a broken folder hides no case, the only one."""
    if configured is not None:
        return configured
    found = await tenants(database)
    return found[0] if len(found) == 1 else DEFAULT_TENANT
