"""What the end of an attempt means for the delivery, the case and the destination."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import FailureKind
from schemas.events import (
    AttemptFailed,
    AttemptLeftUnknown,
    CaseQuarantined,
    DecisionAsked,
    DeliveryGivenUp,
)
from schemas.ids import CaseId, StepName, delivery_id
from schemas.limits import LONGEST_CALL
from schemas.outcomes import (
    AttemptOutcome,
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
    OutcomeUnknown,
    Receipt,
)
from schemas.rules.destinations import STEADY, DestinationState, Held, Open, Paused
from schemas.rules.settlement import UNKNOWN, Settlement, settle, told
from schemas.rules.transitions import may_follow
from schemas.rules.waits import SETTLE
from schemas.states import Delivering, InReview, Quarantined, Undeliverable
from schemas.work import Attempt, Delivery, DueIn, Keep, Rest
from tests.cases import NOW, QUEUE, THERE, make_end, make_leased

CONFIRMED = DeliveryConfirmed(receipt=Receipt(media_type="text/plain", body=b"ok"))
AWAY = DeliveryFailed(kind=FailureKind.AWAY, code="E-503")
REFUSED = DeliveryFailed(
    kind=FailureKind.AWAY, code="E-REFUSED", whole_destination=True
)
REJECTED = DeliveryFailed(kind=FailureKind.SENDER, code="E-422")
OURS = DeliveryFailed(kind=FailureKind.OURS, code="E-TEMPLATE")
LOST = OutcomeUnknown(code="E-LOST")
GONE = OutcomeUnknown(code="E-FIT-LOG-GONE")
STEP = StepName(f"deliver:{THERE}")
PAUSED = Paused(
    reason="E-503",
    since=NOW,
    wait=timedelta(seconds=10),
    next_probe_at=NOW,
)
TWO_FAILED = Open(failing=(CaseId("x"), CaseId("y")))

outcomes = st.sampled_from([CONFIRMED, AWAY, REFUSED, REJECTED, OURS, LOST, GONE])
states = st.sampled_from(
    [STEADY, TWO_FAILED, Open(parallel=2), PAUSED, Held(reason="", since=NOW)]
)


def settled(
    outcome: AttemptOutcome,
    *,
    certainty: Certainty = Certainty.IDEMPOTENT,
    own_failures: int = 0,
    destination: DestinationState = STEADY,
) -> Settlement:
    return settle(
        make_leased(own_failures=own_failures),
        make_end(outcome, certainty=certainty, ago=timedelta(seconds=5)),
        destination=destination,
        limit=4,
        now=NOW,
    )


def test_a_confirmed_delivery_stays_with_its_worker_and_is_forgiven() -> None:
    result = settled(CONFIRMED, own_failures=4)

    assert (result.attempt, result.delivery) == ("delivered", "delivered")
    assert result.then == Keep()
    assert result.own_failures == 0


@pytest.mark.parametrize(
    ("own_failures", "wait"),
    [
        (0, timedelta(minutes=10)),
        (1, timedelta(hours=1)),
        (2, timedelta(hours=4)),
        (3, timedelta(hours=12)),
    ],
)
def test_a_failure_of_its_own_waits(own_failures: int, wait: timedelta) -> None:
    result = settled(AWAY, own_failures=own_failures)

    assert result.own_failures == own_failures + 1
    assert result.then == DueIn(queue=QUEUE, at=NOW + wait)
    assert result.delivery == "waiting"


def test_the_fifth_failure_of_its_own_is_a_dead_letter() -> None:
    result = settled(AWAY, own_failures=4)

    assert result.state == Undeliverable(destination=THERE, code="E-503", since=NOW)
    assert result.then == Rest()
    assert result.aside == (DeliveryGivenUp(destination=THERE, code="E-503"),)


@pytest.mark.parametrize("own_failures", [0, 4])
def test_in_a_pause_it_waits_in_the_queue_and_nothing_is_counted(
    own_failures: int,
) -> None:
    result = settled(AWAY, own_failures=own_failures, destination=PAUSED)

    assert result.own_failures == own_failures
    assert result.then == DueIn(queue=QUEUE, at=NOW)


def test_the_failure_that_pauses_the_destination_is_nobodys() -> None:
    result = settled(AWAY, own_failures=4, destination=TWO_FAILED)

    assert isinstance(result.destination, Paused)
    assert result.own_failures == 4
    assert result.excused == TWO_FAILED.failing
    assert result.then == DueIn(queue=QUEUE, at=NOW)


def test_what_the_counterpart_rejects_is_a_dead_letter_at_once() -> None:
    result = settled(REJECTED)

    assert result.state == Undeliverable(destination=THERE, code="E-422", since=NOW)
    assert result.delivery == "dead"
    assert result.destination == STEADY


def test_what_is_ours_is_quarantined_with_an_alarm() -> None:
    result = settled(OURS)

    assert result.state == Quarantined(
        code="E-TEMPLATE", step=STEP, since=NOW, acknowledged=True
    )
    assert result.troubles == ((f"step:{STEP}", "E-TEMPLATE"),)
    assert result.aside == (CaseQuarantined(step=STEP, code="E-TEMPLATE"),)
    assert (result.then, result.own_failures) == (Rest(), 0)
    assert result.destination == STEADY


@pytest.mark.parametrize("own_failures", [0, 4, 9])
def test_an_unknown_outcome_is_asked_about_before_it_can_be_a_dead_letter(
    own_failures: int,
) -> None:
    result = settled(LOST, certainty=Certainty.CAN_BE_ASKED, own_failures=own_failures)

    assert (result.attempt, result.delivery) == ("unknown", "unknown")
    at = NOW - timedelta(seconds=5) + SETTLE
    assert result.then == DueIn(queue=QUEUE, at=at)


@pytest.mark.parametrize("own_failures", [0, 4, 9])
def test_where_nobody_can_know_a_person_is_asked_however_often_it_failed(
    own_failures: int,
) -> None:
    result = settled(LOST, certainty=Certainty.NEITHER, own_failures=own_failures)

    assert result.state == InReview(question=UNKNOWN, step=STEP, since=NOW)
    assert (result.delivery, result.then) == ("unknown", Rest())
    assert result.aside == (DecisionAsked(step=STEP, question=UNKNOWN),)


def test_an_idempotent_counterpart_gets_an_unknown_one_again_after_the_wait() -> None:
    result = settled(LOST)

    assert result.delivery == "unknown"
    assert result.then == DueIn(queue=QUEUE, at=NOW + timedelta(minutes=10))


@given(
    outcomes,
    st.sampled_from(Certainty),
    st.integers(min_value=0, max_value=8),
    states,
)
def test_every_settlement_is_a_step_in_the_life_of_a_case(
    outcome: AttemptOutcome,
    certainty: Certainty,
    own_failures: int,
    destination: DestinationState,
) -> None:
    result = settled(
        outcome,
        certainty=certainty,
        own_failures=own_failures,
        destination=destination,
    )

    assert may_follow(Delivering(destination=THERE, since=NOW), result.state)
    # Whoever waits is still on the way; whoever has left does not become due.
    waits = isinstance(result.then, DueIn)
    assert waits is (
        isinstance(result.state, Delivering) and not isinstance(result.then, Keep)
    )
    assert (result.delivery == "dead") is isinstance(result.state, Undeliverable)
    if not isinstance(destination, Open) and outcome in {AWAY, REFUSED, LOST}:
        assert result.own_failures == own_failures


def test_an_event_tells_unknown_from_failed() -> None:
    delivery = delivery_id(CaseId("a"), THERE, 1)

    assert told(delivery, THERE, "failed", "E-1") == AttemptFailed(
        delivery=delivery, destination=THERE, code="E-1"
    )
    assert told(delivery, THERE, "unknown", "E-1") == AttemptLeftUnknown(
        delivery=delivery, destination=THERE, code="E-1"
    )


def gone(ago: timedelta | None, *, destination: DestinationState) -> Settlement:
    """The counterpart has lost the proof; so it had ``ago`` before this attempt."""
    end = make_end(GONE, ago=timedelta(seconds=5))
    earlier = Attempt(
        number=1,
        epoch=1,
        started_at=NOW - (ago or timedelta(0)),
        outcome="unknown",
        code=GONE.code,
    )
    delivery = Delivery(
        id=end.delivery,
        destination=THERE,
        generation=1,
        payload="p",
        state="open",
        attempts=(earlier,) if ago is not None else (),
    )
    leased = replace(make_leased(own_failures=4), deliveries=(delivery,))
    return settle(leased, end, destination=destination, limit=4, now=NOW)


@given(states)
def test_what_cannot_be_proved_any_more_is_looked_at_once_more(
    destination: DestinationState,
) -> None:
    result = gone(None, destination=destination)

    at = NOW - timedelta(seconds=5) + LONGEST_CALL
    assert (result.attempt, result.delivery) == ("unknown", "unknown")
    assert result.state == Delivering(destination=THERE, since=NOW)
    assert (result.then, result.aside) == (DueIn(queue=QUEUE, at=at), ())
    assert (result.destination, result.own_failures) == (destination, 4)


@given(states)
def test_when_no_call_can_be_under_way_a_person_is_asked(
    destination: DestinationState,
) -> None:
    early = gone(LONGEST_CALL - timedelta(seconds=1), destination=destination)
    result = gone(LONGEST_CALL, destination=destination)

    assert isinstance(early.state, Delivering)
    assert result.state == InReview(question=UNKNOWN, step=STEP, since=NOW)
    assert result.then == Rest()
    assert result.aside == (DecisionAsked(step=STEP, question=UNKNOWN),)
    assert result.destination == destination, "it has answered: it is not away"


def test_a_clock_that_was_set_back_makes_nobody_wait_longer() -> None:
    result = gone(-timedelta(days=30), destination=STEADY)

    assert result.then == DueIn(queue=QUEUE, at=NOW + LONGEST_CALL)
