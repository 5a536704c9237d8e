"""Rows of deliveries and their attempts."""

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.outcomes import DeliveryConfirmed
from schemas.rules.settlement import Settlement
from schemas.work import Attempt, AttemptEnd, AttemptOpening, Delivery, LeasedCase
from storage.tables import AttemptRow, DeliveryRow, JobItemRow
from storage.tables.base import table

DELIVERIES, ATTEMPTS = table(DeliveryRow), table(AttemptRow)
JOB_ITEMS = table(JobItemRow)
# Built once: making a statement costs more than sending it.
_NEW_DELIVERY, _NEW_ATTEMPT = insert(DELIVERIES), insert(ATTEMPTS)
_CHANGE_DELIVERY = update(DELIVERIES).where(DELIVERIES.c.id == bindparam("which"))
_END_ATTEMPT = update(ATTEMPTS).where(
    ATTEMPTS.c.delivery_id == bindparam("which"),
    ATTEMPTS.c.number == bindparam("which_number"),
)


async def open_attempt(
    connection: AsyncConnection,
    leased: LeasedCase,
    opening: AttemptOpening,
    now: datetime,
) -> None:
    """Remember that it may leave now; the first one freezes the payload."""
    owner = {"tenant_id": leased.case.tenant, "office_id": leased.case.office}
    if any(delivery.id == opening.delivery for delivery in leased.deliveries):
        await _set_delivery(
            connection,
            opening.delivery,
            state="open",
            payload=opening.payload,
            since=now,
        )
    else:
        fresh = {
            "id": opening.delivery,
            "case_id": leased.case.id,
            "destination": opening.destination,
            "generation": opening.generation,
            "payload": opening.payload,
            "state": "open",
            "since": now,
        }
        await connection.execute(_NEW_DELIVERY, owner | fresh)
    attempt = {
        "delivery_id": opening.delivery,
        "number": opening.number,
        "epoch": leased.epoch,
        "outcome": "open",
        "started_at": now,
    }
    await connection.execute(_NEW_ATTEMPT, owner | attempt)


async def resolve_attempt(
    connection: AsyncConnection,
    opening: AttemptOpening,
    what: tuple[str, str],
    now: datetime,
) -> None:
    """What is known now of an attempt whose worker is gone."""
    outcome, code = what
    await _set_attempt(connection, (opening.delivery, opening.number), what, now)
    state = "unknown" if outcome == "unknown" else "waiting"
    await _set_delivery(connection, opening.delivery, state=state, code=code, since=now)


async def close_attempt(
    connection: AsyncConnection,
    end: AttemptEnd,
    settled: Settlement,
    now: datetime,
) -> None:
    """The attempt has ended, and the delivery stands where that leaves it."""
    what = (settled.attempt, settled.code)
    await _set_attempt(connection, (end.delivery, end.number), what, now)
    values: dict[str, object] = {}
    match end.outcome:
        case DeliveryConfirmed(receipt=receipt):
            values = {
                "receipt_type": receipt.media_type,
                "receipt_sealed": end.sealed_receipt,
                "receipt_sha256": hashlib.sha256(receipt.body).hexdigest(),
            }
        case _:
            pass
    await _set_delivery(
        connection,
        end.delivery,
        state=settled.delivery,
        code=settled.code,
        since=now,
        **values,
    )


async def note_job_item(
    connection: AsyncConnection, case: str, settled: Settlement, now: datetime
) -> None:
    """A replayed item is done when its delivery is confirmed, not when touched."""
    if settled.delivery not in {"delivered", "dead"}:
        return
    state = "done" if settled.delivery == "delivered" else "failed"
    await connection.execute(
        update(JOB_ITEMS)
        .where(JOB_ITEMS.c.case_id == case, JOB_ITEMS.c.state == "released")
        .values(state=state, code=settled.code, at=now)
    )


def with_attempt(
    leased: LeasedCase, opening: AttemptOpening, outcome: str, *, started_at: datetime
) -> LeasedCase:
    """The leased case with this attempt as it stands now."""
    attempt = Attempt(
        number=opening.number,
        epoch=leased.epoch,
        started_at=started_at,
        outcome=outcome,
        code="",
    )
    known = next((d for d in leased.deliveries if d.id == opening.delivery), None)
    if known is None:
        fresh = Delivery(
            id=opening.delivery,
            destination=opening.destination,
            generation=opening.generation,
            payload=opening.payload,
            state="open",
            attempts=(attempt,),
        )
        return replace(leased, deliveries=(*leased.deliveries, fresh))
    earlier = tuple(a for a in known.attempts if a.number != opening.number)
    same = next((a for a in known.attempts if a.number == opening.number), attempt)
    changed = replace(known, attempts=(*earlier, replace(same, outcome=outcome)))
    return replace(
        leased,
        deliveries=tuple(changed if d is known else d for d in leased.deliveries),
    )


async def _set_delivery(
    connection: AsyncConnection, delivery: str, **values: object
) -> None:
    await connection.execute(_CHANGE_DELIVERY, {"which": delivery, **values})


async def _set_attempt(
    connection: AsyncConnection,
    which: tuple[str, int],
    what: tuple[str, str],
    now: datetime,
) -> None:
    (delivery, number), (outcome, code) = which, what
    ended = {"outcome": outcome, "code": code, "finished_at": now}
    await connection.execute(
        _END_ATTEMPT, {"which": delivery, "which_number": number, **ended}
    )
