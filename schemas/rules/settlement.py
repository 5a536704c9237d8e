"""What the end of an attempt means for the delivery, the case and the destination."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from schemas.errors import FailureKind
from schemas.events import (
    AttemptFailed,
    AttemptLeftUnknown,
    CaseQuarantined,
    DecisionAsked,
    DeliveryGivenUp,
    Event,
)
from schemas.ids import CaseId, DeliveryId, DestinationId, StepName
from schemas.limits import LONGEST_CALL
from schemas.outcomes import (
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
    OutcomeUnknown,
)
from schemas.rules.destinations import (
    DestinationState,
    Open,
    after_failure,
    after_success,
)
from schemas.rules.waits import SETTLE, wait_after
from schemas.states import (
    CaseState,
    Delivering,
    InReview,
    Quarantined,
    Undeliverable,
)
from schemas.work import AttemptEnd, DueIn, Keep, LeasedCase, Rest, Then

UNKNOWN = "E-DELIVERY-UNKNOWN"
NOT_ARRIVED = "E-NOT-ARRIVED"
"""The counterpart, or a person who looked there, says so."""
UNPROVABLE = frozenset({"E-FIT-LOG-GONE"})
"""Nobody but a person can tell, whatever the counterpart else can: what would have
proved it is lost there, and the same id would meet the same again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """Everything one transaction has to write after an attempt."""

    attempt: str
    """The attempt's outcome: delivered, failed or unknown."""
    delivery: str
    """The delivery's state: delivered, waiting, failed, unknown or dead."""
    code: str
    destination: DestinationState
    state: CaseState
    then: Then
    own_failures: int
    excused: tuple[CaseId, ...] = ()
    aside: tuple[Event, ...] = ()
    """What happened beyond the attempt: given up, isolated, or a person is asked."""
    troubles: tuple[tuple[str, str], ...] = ()
    """Places and codes of what is our own fault, for the alarm."""


def told(
    delivery: DeliveryId, destination: DestinationId, attempt: str, code: str
) -> Event:
    """The event for an attempt that was not confirmed."""
    kind = AttemptLeftUnknown if attempt == "unknown" else AttemptFailed
    return kind(delivery=delivery, destination=destination, code=code)


def settle(
    leased: LeasedCase,
    end: AttemptEnd,
    *,
    destination: DestinationState,
    limit: int,
    now: datetime,
) -> Settlement:
    """Decide. A confirmed delivery keeps the case with its worker."""
    match end.outcome:
        case DeliveryConfirmed():
            return Settlement(
                attempt="delivered",
                delivery="delivered",
                code="",
                destination=after_success(destination, limit=limit),
                state=leased.case.state,
                then=Keep(),
                own_failures=0,
            )
        case DeliveryFailed(kind=FailureKind.AWAY, code=code, whole_destination=whole):
            return _away(leased, end, destination, (code, whole, now))
        case DeliveryFailed(kind=FailureKind.OURS, code=code):
            return _ours(leased, end, destination, (code, now))
        case DeliveryFailed(code=code):
            return _refused(leased, end, destination, (code, now))
        case OutcomeUnknown(code=code) if code in UNPROVABLE:
            return _unprovable(leased, end, destination, (code, now))
        case OutcomeUnknown(code=code):
            return _away(leased, end, destination, (code, False, now))
    assert_never(end.outcome)


def _refused(
    leased: LeasedCase,
    end: AttemptEnd,
    destination: DestinationState,
    what: tuple[str, datetime],
) -> Settlement:
    """The counterpart looked at it and will not have it: repeating is noise."""
    code, now = what
    return Settlement(
        attempt="failed",
        delivery="dead",
        code=code,
        destination=destination,
        state=_dead(end.destination, code, now),
        then=Rest(),
        own_failures=leased.own_failures + 1,
        aside=(DeliveryGivenUp(destination=end.destination, code=code),),
    )


def _ours(
    leased: LeasedCase,
    end: AttemptEnd,
    destination: DestinationState,
    what: tuple[str, datetime],
) -> Settlement:
    code, now = what
    step = StepName(f"deliver:{end.destination}")
    # Nothing is delivered before the sender has our receipt.
    state = Quarantined(code=code, step=step, since=now, acknowledged=True)
    return Settlement(
        attempt="failed",
        delivery="failed",
        code=code,
        destination=destination,
        state=state,
        then=Rest(),
        own_failures=leased.own_failures,
        aside=(CaseQuarantined(step=step, code=code),),
        troubles=((f"step:{step}", code),),
    )


def _unprovable(
    leased: LeasedCase,
    end: AttemptEnd,
    destination: DestinationState,
    what: tuple[str, datetime],
) -> Settlement:
    """Looked at once more when no call can be under way; then a person is asked.

    The destination is well: it has answered.
    """
    code, now = what
    first = _first_seen(leased, end, code)
    certain = min(first, now) + LONGEST_CALL
    state, then, aside = _ask(end, now)
    if now < certain:
        state = Delivering(destination=end.destination, since=now)
        then, aside = DueIn(queue=leased.permit, at=certain), ()
    return Settlement(
        attempt="unknown",
        delivery="unknown",
        code=code,
        destination=destination,
        state=state,
        then=then,
        own_failures=leased.own_failures,
        aside=aside,
    )


def _first_seen(leased: LeasedCase, end: AttemptEnd, code: str) -> datetime:
    attempts = [
        attempt
        for delivery in leased.deliveries
        if delivery.id == end.delivery
        for attempt in delivery.attempts
        if attempt.code == code
    ]
    return min((one.started_at for one in attempts), default=end.started_at)


def _away(
    leased: LeasedCase,
    end: AttemptEnd,
    destination: DestinationState,
    what: tuple[str, bool, datetime],
) -> Settlement:
    code, whole, now = what
    fate = after_failure(
        destination, case=leased.case.id, code=code, whole=whole, now=now
    )
    unknown = isinstance(end.outcome, OutcomeUnknown)
    failures = max(0, leased.own_failures + fate.charge)
    # What may have arrived is no dead letter before that is known.
    patient = unknown and end.certainty is not Certainty.IDEMPOTENT
    alone = isinstance(fate.state, Open) and not patient
    wait = wait_after(max(1, failures)) if alone else timedelta(0)
    state, then, aside = _whither(leased, end, wait, now)
    return Settlement(
        attempt="unknown" if unknown else "failed",
        delivery="dead" if wait is None else "unknown" if unknown else "waiting",
        code=code,
        destination=fate.state,
        state=state,
        then=then,
        own_failures=failures,
        excused=fate.excused,
        aside=aside,
    )


def _whither(
    leased: LeasedCase, end: AttemptEnd, wait: timedelta | None, now: datetime
) -> tuple[CaseState, Then, tuple[Event, ...]]:
    """Where the case goes; ``wait`` None: it has had its tries."""
    unknown = isinstance(end.outcome, OutcomeUnknown)
    code = getattr(end.outcome, "code", "")
    if unknown and end.certainty is Certainty.NEITHER:
        return _ask(end, now)
    waiting = Delivering(destination=end.destination, since=now)
    if unknown and end.certainty is Certainty.CAN_BE_ASKED:
        settled = max(now, end.started_at + SETTLE)
        return waiting, DueIn(queue=leased.permit, at=settled), ()
    if wait is None:
        given_up = DeliveryGivenUp(destination=end.destination, code=code)
        return _dead(end.destination, code, now), Rest(), (given_up,)
    return waiting, DueIn(queue=leased.permit, at=now + wait), ()


def _ask(end: AttemptEnd, now: datetime) -> tuple[CaseState, Then, tuple[Event, ...]]:
    step = StepName(f"deliver:{end.destination}")
    asked = InReview(question=UNKNOWN, step=step, since=now)
    return asked, Rest(), (DecisionAsked(step=step, question=UNKNOWN),)


def _dead(destination: DestinationId, code: str, now: datetime) -> Undeliverable:
    return Undeliverable(destination=destination, code=code, since=now)
