"""A recipient rejects what it had taken: the case becomes a dead letter again.

What is delivered next is another delivery: under the old id the counterpart would
show its rejection once more. Steps that came after lose their results, so that a
replay goes all the way to a further archive package and to the end.
"""

import re
from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Case
from schemas.channels import Stage
from schemas.errors import CaseMoved
from schemas.events import DeliveryRejected
from schemas.ids import CaseNumber, DeliveryId, DestinationId, TenantId
from schemas.rules.transitions import may_reopen
from schemas.scope import Scope
from schemas.states import Problem, Undeliverable
from storage.codec import dump_problems
from storage.columns import Found
from storage.decisions import HeldCase, hold, put
from storage.delivery_notes import UnknownDelivery, delivery_row
from storage.destinations import open_disturbance
from storage.generations import next_generation
from storage.tables import (
    CaseRow,
    DeliveryRow,
    DisturbanceRow,
    StepRow,
    TransmissionRow,
)
from storage.tables.base import table

CASES, STEPS = table(CaseRow), table(StepRow)
DISTURBANCES = table(DisturbanceRow)
DELIVERIES, TRANSMISSIONS = table(DeliveryRow), table(TransmissionRow)
REJECTED: Final = "rejected"
"""State of a delivery that was confirmed first: it cannot be replayed itself."""
_ACTOR: Final = "channel"
_SUBJECT: Final = "rejected:"
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,79}", re.ASCII)


async def reopen(
    connection: AsyncConnection,
    delivery: DeliveryId,
    why: tuple[str, tuple[Problem, ...]],
    now: datetime,
) -> Case | None:
    """See TransmissionStore. Raises CaseMoved, UnknownDelivery."""
    code, problems = why
    # The case first, as every worker does: else each could wait for the other.
    held = await _hold(connection, delivery)
    row = await delivery_row(connection, delivery)
    if row.state == REJECTED:
        return None
    if row.state != "delivered" or not may_reopen(held.case.state):
        raise CaseMoved
    destination = DestinationId(row.destination)
    await _take_back(connection, row, code, now)
    await _forget_results(connection, held, destination)
    await _settle(connection, delivery, problems, now)
    place = (held.case.tenant, subject_of(destination))
    await open_disturbance(connection, place, code, now=now)
    rejected = DeliveryRejected(
        delivery=delivery, destination=destination, codes=_codes(code, problems)
    )
    return await put(
        connection,
        held,
        (
            Undeliverable(destination=destination, code=code, since=now),
            (rejected,),
            _ACTOR,
        ),
        now,
        due_at=None,
        own_failures=0,
        trying_since=None,
        warned=0,
    )


async def _hold(connection: AsyncConnection, delivery: DeliveryId) -> HeldCase:
    found = await connection.execute(
        select(CASES.c.tenant_id, CASES.c.number)
        .join_from(CASES, DELIVERIES, DELIVERIES.c.case_id == CASES.c.id)
        .where(DELIVERIES.c.id == delivery)
    )
    row = found.first()
    if row is None:
        raise UnknownDelivery
    scope = Scope(tenant=TenantId(row.tenant_id))
    return await hold(connection, scope, CaseNumber(row.number))


async def close_late_rejections(connection: AsyncConnection, now: datetime) -> None:
    """A late rejection is over when no case lies dead for it any more."""
    dead = exists(
        select(1).where(
            CASES.c.tenant_id == DISTURBANCES.c.tenant_id,
            CASES.c.state == Undeliverable.__name__,
            CASES.c.state_body.contains(DISTURBANCES.c.reason),
        )
    )
    await connection.execute(
        update(DISTURBANCES)
        .where(
            DISTURBANCES.c.closed_at.is_(None),
            DISTURBANCES.c.subject.startswith(_SUBJECT),
            ~dead,
        )
        .values(closed_at=now)
    )


def subject_of(destination: DestinationId) -> str:
    """Where late rejections are told."""
    return f"{_SUBJECT}{destination}"


async def _take_back(
    connection: AsyncConnection, row: Found, code: str, now: datetime
) -> None:
    await connection.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == row.id)
        .values(state=REJECTED, code=code, since=now)
    )
    await next_generation(connection, row, state="dead", code=code, now=now)


async def _forget_results(
    connection: AsyncConnection, held: HeldCase, destination: DestinationId
) -> None:
    again = (f"deliver:{destination}", "archive", "close")
    await connection.execute(
        delete(STEPS).where(STEPS.c.case_id == held.case.id, STEPS.c.step.in_(again))
    )


async def _settle(
    connection: AsyncConnection,
    delivery: DeliveryId,
    problems: tuple[Problem, ...],
    now: datetime,
) -> None:
    await connection.execute(
        update(TRANSMISSIONS)
        .where(TRANSMISSIONS.c.delivery_id == delivery)
        .values(
            stage=Stage.REJECTED.value,
            next_look_at=None,
            problems=dump_problems(problems),
            changed_at=now,
        )
    )


def _codes(code: str, problems: tuple[Problem, ...]) -> tuple[str, ...]:
    """For ever in the chain, so nothing that a counterpart could write texts into."""
    told = (one.code for one in problems)
    return tuple(dict.fromkeys((code, *filter(_CODE.fullmatch, told))))
