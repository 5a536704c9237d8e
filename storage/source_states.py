"""How sources fare: when they were looked at, what waits there, who wants a look."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.ids import SourceId, TenantId
from schemas.replies import PLACE
from schemas.scope import Scope
from storage.database import Database, insert_or
from storage.destinations import open_disturbance
from storage.tables import DisturbanceRow, SourceStateRow
from storage.tables.base import table

STATES, DISTURBANCES = table(SourceStateRow), table(DisturbanceRow)
DEADLINE_CODE: Final = "E-FIT-DAY-"
"""How the codes of alarms begin that do not close with the next good round."""
_EVERY_OFFICE: Final = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceState:
    """A source as listed."""

    source: SourceId
    wanted_at: datetime | None
    polled_at: datetime | None
    """None: never."""
    code: str
    """Why the last round failed; "" = it did not."""
    pending: int
    """How many submissions wait there that could not be fetched yet."""
    oldest: datetime | None


class SourceStates:
    """Wishes of the door, results of the pollers. Raises DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wish(self, tenant: TenantId, source: str) -> None:
        """Somebody says that there is news; ``source`` may be a destination, too.

        Repeating it costs a read only, until somebody has looked.
        """
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(STATES.c.wanted_at).where(*_is(tenant, source))
                )
            ).first()
        if row is not None and row.wanted_at is not None:
            return
        async with self._database.write("wish") as connection:
            now = await self._database.now(connection)
            await _put(connection, (tenant, source), {"wanted_at": now})

    async def wished(self) -> frozenset[tuple[TenantId, str]]:
        """Where somebody wants a look."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(STATES.c.tenant_id, STATES.c.source).where(
                    STATES.c.wanted_at.is_not(None)
                )
            )
            return frozenset((TenantId(row.tenant_id), row.source) for row in rows)

    async def take_wish(self, tenant: TenantId, source: str) -> None:
        """To be called *before* looking: a wish that comes meanwhile stays."""
        async with self._database.write("wish taken") as connection:
            await connection.execute(
                update(STATES).where(*_is(tenant, source)).values(wanted_at=None)
            )

    async def polled(
        self,
        tenant: TenantId,
        source: SourceId,
        *,
        code: str = "",
        pending: int = 0,
        oldest: datetime | None = None,
        troubles: Collection[str] = (),
    ) -> None:
        """A round has ended. Its disturbances are open from now on, all others not.

        ``code`` is what ended the round early, ``troubles`` what single
        submissions wait for. Alarms of the deadline are left alone.
        """
        async with self._database.write("polled") as connection:
            now = await self._database.now(connection)
            fares = {"code": code, "pending": pending, "oldest": oldest}
            await _put(connection, (tenant, source), fares | {"polled_at": now})
            reasons = {*troubles, code} - {""}
            place = (tenant, subject_of(source))
            for reason in sorted(reasons):
                await open_disturbance(connection, place, reason, now=now)
            await connection.execute(
                update(DISTURBANCES)
                .where(
                    DISTURBANCES.c.tenant_id == tenant,
                    DISTURBANCES.c.subject == subject_of(source),
                    DISTURBANCES.c.closed_at.is_(None),
                    DISTURBANCES.c.reason.not_in(reasons),
                    ~DISTURBANCES.c.reason.startswith(DEADLINE_CODE),
                )
                .values(closed_at=now)
            )

    async def all(self, scope: Scope) -> tuple[SourceState, ...]:
        """Every source that was ever looked at or wished for, by name."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(STATES)
                .where(STATES.c.tenant_id == scope.tenant)
                .order_by(STATES.c.source)
            )
            return tuple(
                SourceState(
                    source=SourceId(row.source),
                    wanted_at=row.wanted_at,
                    polled_at=row.polled_at,
                    code=row.code,
                    pending=row.pending,
                    oldest=row.oldest,
                )
                for row in rows
            )


def subject_of(source: SourceId) -> str:
    """Where a source's disturbances are told; replies have a place of their own."""
    return source if source.startswith(PLACE) else f"source:{source}"


def _is(tenant: TenantId, source: str) -> tuple[Any, ...]:
    return (STATES.c.tenant_id == tenant, STATES.c.source == source)


async def _put(
    connection: AsyncConnection, place: tuple[TenantId, str], values: dict[str, Any]
) -> None:
    tenant, source = place
    fresh = {
        "tenant_id": tenant,
        "office_id": _EVERY_OFFICE,
        "source": source,
        "code": "",
        "pending": 0,
    }
    await connection.execute(
        insert_or(connection, STATES)
        .values(fresh | values)
        .on_conflict_do_update(index_elements=["tenant_id", "source"], set_=values)
    )
