"""What a worker needs to know of the cases it has just leased."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Lane
from schemas.ids import DeliveryId, DestinationId, StepName, WorkerId
from schemas.work import Attempt, Delivery, LeasedCase
from storage.rows import case_of
from storage.tables import AttemptRow, DeliveryRow, StepRow
from storage.tables.base import table

STEPS, DELIVERIES, ATTEMPTS = table(StepRow), table(DeliveryRow), table(AttemptRow)


async def leased_cases(
    connection: AsyncConnection, rows: Sequence[Any], worker: WorkerId, *, share: int
) -> list[LeasedCase]:
    """Cases with the steps they have results for and the attempts they have had."""
    # A case that no worker has had yet has neither.
    known = [row.id for row in rows if row.version > 0]
    done = await _done_steps(connection, known) if known else {}
    deliveries = await _deliveries(connection, known) if known else {}
    return [
        LeasedCase(
            case=case_of(row),
            worker=worker,
            epoch=row.epoch,
            version=row.version,
            seq=row.seq,
            head=row.head,
            queue=row.queue,
            lane=Lane(row.lane),
            takeovers=row.takeovers,
            permit=row.permit,
            share=share,
            ordering_key=row.ordering_key,
            own_failures=row.own_failures,
            trying_since=row.trying_since,
            done=done.get(row.id, ()),
            deliveries=deliveries.get(row.id, ()),
        )
        for row in rows
    ]


async def _done_steps(
    connection: AsyncConnection, cases: list[str]
) -> dict[str, tuple[StepName, ...]]:
    rows = await connection.execute(
        select(STEPS.c.case_id, STEPS.c.step).where(STEPS.c.case_id.in_(cases))
    )
    steps: dict[str, tuple[StepName, ...]] = defaultdict(tuple)
    for row in rows:
        steps[row.case_id] += (StepName(row.step),)
    return steps


async def _deliveries(
    connection: AsyncConnection, cases: list[str]
) -> dict[str, tuple[Delivery, ...]]:
    rows = await connection.execute(
        select(DELIVERIES, ATTEMPTS)
        .join_from(
            DELIVERIES,
            ATTEMPTS,
            ATTEMPTS.c.delivery_id == DELIVERIES.c.id,
            isouter=True,
        )
        .where(DELIVERIES.c.case_id.in_(cases))
        .order_by(DELIVERIES.c.case_id, DELIVERIES.c.id, ATTEMPTS.c.number)
    )
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    heads: dict[str, Any] = {}
    for row in rows.mappings():
        heads.setdefault(row[DELIVERIES.c.id], row)
        if row[ATTEMPTS.c.number] is not None:
            attempts[row[DELIVERIES.c.id]].append(_attempt(row))
    found: dict[str, tuple[Delivery, ...]] = defaultdict(tuple)
    for identity, row in heads.items():
        found[row[DELIVERIES.c.case_id]] += (
            Delivery(
                id=DeliveryId(identity),
                destination=DestinationId(row[DELIVERIES.c.destination]),
                generation=row[DELIVERIES.c.generation],
                payload=row[DELIVERIES.c.payload],
                state=row[DELIVERIES.c.state],
                attempts=tuple(attempts[identity]),
            ),
        )
    return found


def _attempt(row: Any) -> Attempt:  # noqa: ANN401 - a mapping by columns
    return Attempt(
        number=row[ATTEMPTS.c.number],
        epoch=row[ATTEMPTS.c.epoch],
        started_at=row[ATTEMPTS.c.started_at],
        outcome=row[ATTEMPTS.c.outcome],
        code=row[ATTEMPTS.c.code],
    )
