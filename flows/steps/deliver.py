"""deliver: an attempt is committed before its first byte leaves."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from adapters.base import Outbox, Patient
from flows.case_work import CaseWork
from schemas.deliveries import Parcel, ParcelDocument
from schemas.errors import FailureKind
from schemas.events import CaseDelivered
from schemas.ids import DestinationId, StepName, delivery_id
from schemas.limits import CALL_DEADLINE, LONGEST_CALL
from schemas.outcomes import (
    Answer,
    Arrived,
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
    Receipt,
)
from schemas.rules.attempts import (
    AskCounterpart,
    CallUnknown,
    LeaveToPerson,
    Move,
    Try,
    next_move,
)
from schemas.rules.queues import destination_queue
from schemas.rules.settlement import NOT_ARRIVED, UNKNOWN
from schemas.rules.waits import SETTLE, wait_after
from schemas.states import Assigned, CaseState, Delivered
from schemas.steps import AskPerson, Away, Committed, Isolate, Released, StepResult
from schemas.work import Attempt, AttemptEnd, AttemptOpening, DueIn, Progress, StepDone

_FIRST: Final = 1
_NOT_THERE: Final = "E-DESTINATION-UNKNOWN"
_LOST: Final = "E-WORKER-LOST"
_OVERDUE: Final = "E-CALL-DEADLINE"
_OVERSLEPT: Final = "E-OVERSLEPT"
_OVERSLEPT_SECONDS: Final = 10
"""Within so long of the attempt's commit its first byte leaves, or it never does."""
_SLACK_SECONDS: Final = 5
_CALL_SECONDS: Final = CALL_DEADLINE.total_seconds() + _SLACK_SECONDS
"""An adapter ends by itself within its deadline; this catches one that does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """One delivery of a case, ready to go."""

    work: CaseWork
    step: StepName
    outbox: Outbox
    opening: AttemptOpening
    """``number`` is that of the attempt in question."""
    documents: tuple[ParcelDocument, ...]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Attempts so far."""
        for delivery in self.work.leased.deliveries:
            if delivery.id == self.opening.delivery:
                return delivery.attempts
        return ()


async def deliver(work: CaseWork, step: StepName) -> StepResult:
    """Send to the destination named by the step, unless that may have happened."""
    destination = DestinationId(step.partition(":")[2])
    try:
        outbox = work.ports.outboxes[destination]
    except KeyError:
        return Isolate(code=_NOT_THERE)
    tenant = work.leased.case.tenant
    if work.ports.owners.get(destination, tenant) != tenant:
        # Of the same name, and another's: nothing of this tenant's goes there.
        return Isolate(code=_NOT_THERE)
    sending = await _prepare(work, step, destination, outbox)
    if any(
        known.id == sending.opening.delivery
        and known.payload not in {"", sending.opening.payload}
        for known in work.leased.deliveries
    ):
        return Isolate(code="E-PAYLOAD-CHANGED")
    return await _advance(sending)


async def _advance(sending: Sending) -> StepResult:
    while True:
        certainty = sending.outbox.certainty
        move: Move = next_move(sending.attempts, certainty, settle=SETTLE)
        sending = replace(sending, opening=replace(sending.opening, number=move.number))
        match move:
            case Try():
                result = await _try(sending)
                if result is not None:
                    return result
            case CallUnknown():
                await sending.work.resolve_attempt(
                    sending.opening, outcome="unknown", code=_LOST
                )
            case AskCounterpart(not_before=not_before):
                result = await _ask(sending, not_before)
                if result is not None:
                    return result
            case LeaveToPerson():
                return AskPerson(question=UNKNOWN)
            case _:
                assert_never(move)


async def _try(sending: Sending) -> StepResult | None:
    work, destination = sending.work, sending.opening.destination
    queue = destination_queue(work.leased.case.tenant, destination)
    if work.leased.permit == queue or work.leased.ordering_key:
        # It has been leased for this, or only leasing knows its place in line.
        return await _attempt(sending)
    if not await work.ports.turns.take(queue):
        await work.wait_for(destination)
        return Released()
    try:
        return await _attempt(sending)
    finally:
        work.ports.turns.give_back(queue)


async def _attempt(sending: Sending) -> StepResult | None:
    work, opening = sending.work, sending.opening
    begun = asyncio.get_running_loop().time()
    if not await work.open_attempt(opening):
        queue = destination_queue(work.leased.case.tenant, opening.destination)
        work.ports.turns.refused(queue)
        return Released()
    started = work.ports.clock.now()
    work.ports.at("before deliver")
    if asyncio.get_running_loop().time() > begun + _OVERSLEPT_SECONDS:
        # This process stood still; others may have taken over and asked already.
        # Nothing has left yet, and the next attempt begins with a look at the epoch.
        await work.resolve_attempt(opening, outcome="failed", code=_OVERSLEPT)
        return None
    outcome = await _call(sending, begun)
    work.ports.at("after deliver")
    return await _end(sending, outcome, started)


async def _call(sending: Sending, begun: float) -> AttemptOutcome:
    case = sending.work.leased.case
    parcel = Parcel(
        delivery=sending.opening.delivery,
        case_number=case.number,
        tracking_id=case.tracking_id,
        service=case.service,
        received_at=case.received_at,
        payload=sending.opening.payload,
        mapping=sending.work.plan.mappings[sending.opening.destination],
        documents=sending.documents,
        is_first=sending.opening.number == _FIRST,
    )
    try:
        async with asyncio.timeout_at(begun + _seconds(sending.outbox, parcel)):
            return await sending.outbox.deliver(parcel)
    except TimeoutError:
        return OutcomeUnknown(code=_OVERDUE)


def _seconds(outbox: Outbox, parcel: Parcel) -> float:
    if not isinstance(outbox, Patient):
        return _CALL_SECONDS
    longest = min(outbox.patience(parcel), LONGEST_CALL)
    return longest.total_seconds() + _SLACK_SECONDS


async def _ask(sending: Sending, not_before: datetime) -> StepResult | None:
    work, opening = sending.work, sending.opening
    now = work.ports.clock.now()
    # Further off than it can be: the clock was set back since.
    if now < not_before <= now + SETTLE:
        await _wait(work, opening.destination, not_before)
        return Released()
    match await _answer(sending):
        case Arrived(receipt=receipt):
            return await _end(
                sending, DeliveryConfirmed(receipt=receipt), work.ports.clock.now()
            )
        case NotArrived():
            return await _not_arrived(sending)
        case NoAnswer(code=code):
            return Away(counterpart=opening.destination, code=code)
        case unknown:
            assert_never(unknown)


async def _answer(sending: Sending) -> Answer:
    try:
        async with asyncio.timeout(_CALL_SECONDS):
            return await sending.outbox.ask(sending.opening.delivery)
    except TimeoutError:
        return NoAnswer(code=_OVERDUE)


async def _not_arrived(sending: Sending) -> StepResult | None:
    """The next try waits as after any failure that counted as the case's own."""
    work, opening = sending.work, sending.opening
    failures, started = work.leased.own_failures, sending.attempts[-1].started_at
    wait = wait_after(failures) if failures else timedelta(0)
    if wait is None:
        # It has had its tries, so this certainty makes it a dead letter.
        given_up = DeliveryFailed(kind=FailureKind.SENDER, code=NOT_ARRIVED)
        return await _end(sending, given_up, started)
    await work.resolve_attempt(opening, outcome="failed", code=NOT_ARRIVED)
    now = work.ports.clock.now()
    again = min(started, now) + wait
    if again <= now:
        return None
    await _wait(work, opening.destination, again)
    return Released()


async def _wait(work: CaseWork, destination: DestinationId, until: datetime) -> None:
    queue = destination_queue(work.leased.case.tenant, destination)
    work.waits_for = destination
    await work.flush(DueIn(queue=queue, at=until))


async def _end(
    sending: Sending, outcome: AttemptOutcome, started: datetime
) -> StepResult:
    work, opening = sending.work, sending.opening
    sealed, receipt_hash = b"", ""
    if isinstance(outcome, DeliveryConfirmed):
        sealed = await _seal(work, opening, outcome.receipt)
        receipt_hash = hashlib.sha256(outcome.receipt.body).hexdigest()
    end = AttemptEnd(
        delivery=opening.delivery,
        destination=opening.destination,
        number=opening.number,
        started_at=started,
        outcome=outcome,
        certainty=sending.outbox.certainty,
        sealed_receipt=sealed,
    )
    confirmed = CaseDelivered(
        delivery=opening.delivery,
        destination=opening.destination,
        receipt=receipt_hash,
    )
    delivered = Progress(
        state=_state_after(sending),
        events=(confirmed,),
        steps=(StepDone(step=sending.step),),
    )
    return Committed() if await work.end_attempt(end, delivered) else Released()


def _state_after(sending: Sending) -> CaseState:
    plan = sending.work.plan
    if plan.is_last_delivery(sending.opening.destination):
        return Delivered()
    return Assigned(destinations=plan.destinations)


async def _prepare(
    work: CaseWork, step: StepName, destination: DestinationId, outbox: Outbox
) -> Sending:
    documents = await work.parcel_documents()
    generation = max(
        (d.generation for d in work.leased.deliveries if d.destination == destination),
        default=_FIRST,
    )
    opening = AttemptOpening(
        delivery=delivery_id(work.leased.case.id, destination, generation),
        destination=destination,
        generation=generation,
        payload=payload_hash(work, destination, documents),
        number=_FIRST,
    )
    return Sending(
        work=work, step=step, outbox=outbox, opening=opening, documents=documents
    )


def payload_hash(
    work: CaseWork, destination: DestinationId, documents: tuple[ParcelDocument, ...]
) -> str:
    """What is frozen with the first attempt: the mapping and every document."""
    frozen = {
        "mapping": work.plan.mappings[destination],
        "documents": [
            (one.name, one.role.value, one.media_type, one.filename, one.sha256)
            for one in documents
        ],
    }
    text = json.dumps(frozen, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


async def _seal(work: CaseWork, opening: AttemptOpening, receipt: Receipt) -> bytes:
    text = receipt.body.decode("latin-1")
    label = f"receipt:{opening.delivery}"
    return work.ports.vault.seal(await work.key(), text, label=label)
