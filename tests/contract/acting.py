"""What a worker commits, by hand."""

from schemas.errors import FailureKind
from schemas.events import CaseAssigned, CaseChecked, CaseDelivered
from schemas.ids import DestinationId, StepName, delivery_id
from schemas.outcomes import (
    AttemptOutcome,
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
)
from schemas.states import Assigned, Checked, Delivered
from schemas.work import (
    AttemptEnd,
    AttemptOpening,
    Keep,
    LeasedCase,
    Progress,
    StepDone,
    Then,
)
from tests.fakes.counterpart import RECEIPT
from tests.house import FACHVERFAHREN, House

CONFIRMED = DeliveryConfirmed(receipt=RECEIPT)
AWAY = DeliveryFailed(kind=FailureKind.AWAY, code="E-503")


def checked(then: Then | None = None) -> Progress:
    return Progress(
        state=Checked(),
        events=(CaseChecked(pack="well-formed"),),
        steps=(StepDone(step=StepName("check")),),
        then=then or Keep(),
    )


def assigned() -> Progress:
    where = (FACHVERFAHREN,)
    return Progress(
        state=Assigned(destinations=where),
        events=(CaseAssigned(destinations=where),),
        steps=(StepDone(step=StepName("assign")),),
    )


def opening(
    leased: LeasedCase, number: int = 1, *, to: DestinationId = FACHVERFAHREN
) -> AttemptOpening:
    return AttemptOpening(
        delivery=delivery_id(leased.case.id, to, 1),
        destination=to,
        generation=1,
        payload="payload",
        number=number,
    )


async def begin(
    house: House,
    leased: LeasedCase,
    *,
    to: DestinationId = FACHVERFAHREN,
    number: int = 1,
) -> LeasedCase | None:
    """Open an attempt; None where it has to wait."""
    return await house.ports.ledger.open_attempt(
        leased,
        assigned() if number == 1 else _nothing(leased),
        opening(leased, number, to=to),
    )


async def end(
    house: House,
    leased: LeasedCase,
    outcome: AttemptOutcome,
    *,
    certainty: Certainty = Certainty.IDEMPOTENT,
    to: DestinationId = FACHVERFAHREN,
    number: int = 1,
) -> LeasedCase | None:
    """End it; None where the case is not the worker's any more."""
    delivery = delivery_id(leased.case.id, to, 1)
    ended = AttemptEnd(
        delivery=delivery,
        destination=to,
        number=number,
        started_at=house.clock.now(),
        outcome=outcome,
        certainty=certainty,
        sealed_receipt=b"sealed",
    )
    delivered = Progress(
        state=Delivered(),
        events=(CaseDelivered(delivery=delivery, destination=to, receipt="hash"),),
        steps=(StepDone(step=StepName(f"deliver:{to}")),),
    )
    return await house.ports.ledger.end_attempt(leased, ended, delivered)


def _nothing(leased: LeasedCase) -> Progress:
    return Progress(state=leased.case.state, events=())
