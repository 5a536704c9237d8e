"""Deliveries whose counterpart decides later: followed until it has decided."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Case
from schemas.channels import Stage, Transmission
from schemas.ids import CaseId, CaseNumber, DeliveryId, DestinationId, TenantId
from schemas.rules.waits import wait_before_look
from schemas.states import Problem
from storage.channel_rows import keep_events
from storage.codec import dump_problems
from storage.columns import Found
from storage.database import Database, insert_or
from storage.delivery_notes import delivery_row
from storage.late_rejections import reopen
from storage.tables import CaseRow, DeliveryRow, TransmissionRow
from storage.tables.base import table

CASES, DELIVERIES = table(CaseRow), table(DeliveryRow)
TRANSMISSIONS = table(TransmissionRow)
_DELIVERED: Final = "delivered"
_COMMITS_LATE: Final = timedelta(hours=1)
"""How much later than its time a delivery may become visible, at the very most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DueTransmission:
    """A delivery to be looked at now."""

    delivery: DeliveryId
    case: CaseId
    number: CaseNumber
    tenant: TenantId
    destination: DestinationId
    delivered_at: datetime
    stage: Stage | None
    """What the last look has shown; None: none has."""
    looks: int
    """How often it was looked at; ``wait_before_look`` says when again."""


class TransmissionStore:
    """What the duty of following needs. Raises DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[tuple[TenantId, frozenset[DestinationId]], datetime] = {}
        """Up to when every delivery has a row, so that old ones are not looked
        through once a second; in a fresh process all are, once."""

    async def due(
        self, tenant: TenantId, destinations: Collection[DestinationId], limit: int
    ) -> tuple[DueTransmission, ...]:
        """Delivered there and not decided about, those looked at before first."""
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            looked_at = await connection.execute(
                _deliveries()
                .join(TRANSMISSIONS, TRANSMISSIONS.c.delivery_id == DELIVERIES.c.id)
                .add_columns(TRANSMISSIONS.c.stage, TRANSMISSIONS.c.looks)
                .where(
                    TRANSMISSIONS.c.tenant_id == tenant,
                    TRANSMISSIONS.c.destination.in_(destinations),
                    TRANSMISSIONS.c.next_look_at <= now,
                    DELIVERIES.c.state == _DELIVERED,
                )
                .order_by(TRANSMISSIONS.c.next_look_at)
                .limit(limit)
            )
            found = [_due(row) for row in looked_at]
            if len(found) < limit:
                where = (tenant, frozenset(destinations))
                found += await self._fresh(connection, where, limit - len(found), now)
            return tuple(found)

    async def keep(
        self,
        delivery: DeliveryId,
        transmission: Transmission,
        next_look_at: datetime | None,
    ) -> None:
        """What a look has shown, with its events.

        Give a rejected one a next look: only ``reopen`` ends it, and that may have
        to be tried again. Whatever else is final is not looked at any more.
        """
        stage = transmission.stage
        if stage.is_final and stage is not Stage.REJECTED:
            next_look_at = None
        async with self._database.write("transmission") as connection:
            row = await delivery_row(connection, delivery)
            values = {
                "stage": stage.value,
                "submission": transmission.submission,
                "channel_case": transmission.case,
                "code": "",
                "problems": dump_problems(transmission.problems),
                "next_look_at": next_look_at,
            }
            await self._put(connection, row, values)
            ours = {"case_id": row.case_id, "submission": transmission.submission}
            await keep_events(connection, _owner(row) | ours, transmission.events)

    async def put_off(
        self, delivery: DeliveryId, code: str, at: datetime | None
    ) -> None:
        """It could not be looked at now; without a moment it never is again."""
        async with self._database.write("transmission later") as connection:
            row = await delivery_row(connection, delivery)
            await self._put(connection, row, {"code": code, "next_look_at": at})

    async def reopen(
        self, delivery: DeliveryId, code: str, problems: tuple[Problem, ...]
    ) -> Case | None:
        """A late rejection makes a dead letter; None where it has done so before.

        Raises CaseMoved where that has to be tried again later: while a worker has
        the case, or it stands aside.
        """
        async with self._database.write("late rejection") as connection:
            now = await self._database.now(connection)
            return await reopen(connection, delivery, (code, problems), now)

    async def look_now(self, tenant: TenantId, destination: DestinationId) -> None:
        """Its counterpart says that there is news: all undecided ones are due."""
        async with self._database.write("look now") as connection:
            now = await self._database.now(connection)
            await connection.execute(
                update(TRANSMISSIONS)
                .where(
                    TRANSMISSIONS.c.tenant_id == tenant,
                    TRANSMISSIONS.c.destination == destination,
                    TRANSMISSIONS.c.next_look_at > now,
                )
                .values(next_look_at=now)
            )

    async def _fresh(
        self,
        connection: AsyncConnection,
        where: tuple[TenantId, frozenset[DestinationId]],
        limit: int,
        now: datetime,
    ) -> list[DueTransmission]:
        tenant, destinations = where
        statement = (
            _deliveries()
            .join(
                TRANSMISSIONS,
                TRANSMISSIONS.c.delivery_id == DELIVERIES.c.id,
                isouter=True,
            )
            .add_columns(TRANSMISSIONS.c.stage, TRANSMISSIONS.c.looks)
            .where(
                DELIVERIES.c.tenant_id == tenant,
                DELIVERIES.c.state == _DELIVERED,
                DELIVERIES.c.destination.in_(destinations),
                DELIVERIES.c.since <= now - wait_before_look(0),
                TRANSMISSIONS.c.delivery_id.is_(None),
            )
            .order_by(DELIVERIES.c.since)
            .limit(limit)
        )
        if where in self._seen:
            statement = statement.where(DELIVERIES.c.since >= self._seen[where])
        found = [_due(row) for row in await connection.execute(statement)]
        # Those found have no row before they have been looked at.
        reached = found[0].delivered_at if found else now
        self._seen[where] = min(reached, now) - _COMMITS_LATE
        return found

    async def _put(
        self, connection: AsyncConnection, row: Found, values: dict[str, Any]
    ) -> None:
        now = await self._database.now(connection)
        fresh = {
            **_owner(row),
            "delivery_id": row.id,
            "case_id": row.case_id,
            "destination": row.destination,
            "stage": "",
            "submission": "",
            "channel_case": "",
            "code": "",
            "problems": "[]",
            "looks": 1,
        }
        looked = {"looks": TRANSMISSIONS.c.looks + 1, "changed_at": now}
        await connection.execute(
            insert_or(connection, TRANSMISSIONS)
            .values(fresh | values | {"changed_at": now})
            .on_conflict_do_update(index_elements=["delivery_id"], set_=values | looked)
        )


def _owner(row: Found) -> dict[str, Any]:
    return {"tenant_id": row.tenant_id, "office_id": row.office_id}


def _deliveries() -> Any:  # noqa: ANN401 - a Select of what is added later
    return select(
        DELIVERIES.c.id,
        DELIVERIES.c.case_id,
        DELIVERIES.c.tenant_id,
        DELIVERIES.c.destination,
        DELIVERIES.c.since,
        CASES.c.number,
    ).join_from(DELIVERIES, CASES, CASES.c.id == DELIVERIES.c.case_id)


def _due(row: Found) -> DueTransmission:
    return DueTransmission(
        delivery=DeliveryId(row.id),
        case=CaseId(row.case_id),
        number=CaseNumber(row.number),
        tenant=TenantId(row.tenant_id),
        destination=DestinationId(row.destination),
        delivered_at=row.since,
        stage=Stage(row.stage) if row.stage else None,
        looks=row.looks or 0,
    )
