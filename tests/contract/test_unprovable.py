"""What no log can prove any more: a person says whether it arrived, and that counts."""

from datetime import timedelta

import pytest

from schemas.cases import Case
from schemas.deliveries import Parcel
from schemas.errors import CaseMoved
from schemas.ids import delivery_id
from schemas.limits import LONGEST_CALL
from schemas.outcomes import AttemptOutcome, Certainty, OutcomeUnknown
from schemas.rules.settlement import NOT_ARRIVED, UNKNOWN
from schemas.states import Closed, Delivering, InReview, Undeliverable
from storage.decisions import Decision
from storage.transmissions import TransmissionStore
from tests.clocks import TestClock
from tests.contract.following import replay
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import assert_chains_hold, change, rows

GONE = "E-FIT-LOG-GONE"
BY_ERIKA = Decision(actor="erika", reason="beim Empfänger nachgefragt")


@pytest.fixture
def counterpart() -> Counterpart:
    """It keeps one copy of an id, and has lost the log of each case's first one."""
    made = Counterpart(Certainty.IDEMPOTENT)
    lost: dict[str, str] = {}

    def forget(parcel: Parcel) -> AttemptOutcome | None:
        first = lost.setdefault(parcel.case_number, parcel.delivery)
        return OutcomeUnknown(code=GONE) if parcel.delivery == first else None

    made.behave = forget
    return made


async def in_review(home: House, clock: TestClock) -> Case:
    case = await home.receive()
    await home.work()
    clock.advance(LONGEST_CALL)
    await home.work()
    return await now_of(home, case)


async def now_of(home: House, case: Case) -> Case:
    return await home.cases.by_number(SCOPE, case.number)


async def settle(home: House, case: Case, *, arrived: bool) -> None:
    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=arrived)
    await home.work()


async def states(home: House) -> dict[int, tuple[str, str]]:
    found = await rows(home, "deliveries")
    return {row["generation"]: (row["state"], row["code"]) for row in found}


async def test_while_it_may_be_on_its_way_nobody_can_say_how_it_is(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    case = await home.receive()
    await home.work()
    clock.advance(LONGEST_CALL - timedelta(seconds=1))
    await home.work()

    assert isinstance((await now_of(home, case)).state, Delivering)
    assert len(counterpart.calls) == 1
    for arrived in (True, False):
        with pytest.raises(CaseMoved):
            await settle(home, case, arrived=arrived)


async def test_after_another_look_a_person_is_asked(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    case = await in_review(home, clock)

    assert isinstance(case.state, InReview)
    assert case.state.question == UNKNOWN
    assert len(counterpart.calls) == 2
    assert await states(home) == {1: ("unknown", GONE)}
    clock.advance(timedelta(days=30))
    await home.work()
    assert len(counterpart.calls) == 2


async def test_the_destination_is_not_paused_for_it(
    home: House, clock: TestClock
) -> None:
    for _ in range(5):
        await home.receive()
    await home.work()
    clock.advance(LONGEST_CALL)
    await home.work()

    found = await home.cases.list(SCOPE)
    assert all(isinstance(case.state, InReview) for case in found)
    assert await rows(home, "disturbances") == []


async def test_what_has_arrived_is_delivered_because_a_person_says_so(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    case = await in_review(home, clock)

    await settle(home, case, arrived=True)

    case = await now_of(home, case)
    assert isinstance(case.state, Closed)
    assert len(counterpart.calls) == 2
    assert await states(home) == {1: ("delivered", "")}
    attempts = await rows(home, "attempts")
    assert [row["outcome"] for row in attempts] == ["unknown", "delivered"]
    kinds = [event.kind for event in await home.cases.events(case)]
    assert kinds.index("DecisionTaken") < kinds.index("CaseDelivered")
    await assert_chains_hold(home, case)


async def test_what_cannot_be_proved_is_followed_no_more(
    home: House, clock: TestClock
) -> None:
    case = await in_review(home, clock)
    await settle(home, case, arrived=True)
    clock.advance(timedelta(days=1))
    store = TransmissionStore(home.database)
    await store.look_now(SCOPE.tenant, FACHVERFAHREN)

    assert await store.due(SCOPE.tenant, [FACHVERFAHREN], 10) == ()
    [row] = await rows(home, "transmissions")
    assert (row["stage"], row["code"], row["next_look_at"]) == ("", GONE, None)


async def test_what_has_not_arrived_goes_out_under_another_id(
    home: House, counterpart: Counterpart, clock: TestClock
) -> None:
    case = await in_review(home, clock)

    await settle(home, case, arrived=False)

    case = await now_of(home, case)
    assert isinstance(case.state, Closed)
    second = delivery_id(case.id, FACHVERFAHREN, 2)
    assert counterpart.copies == {second: 1}
    assert await states(home) == {1: ("failed", NOT_ARRIVED), 2: ("delivered", "")}
    await assert_chains_hold(home, case)


async def test_it_is_said_once(home: House, clock: TestClock) -> None:
    case = await in_review(home, clock)
    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=False)

    with pytest.raises(CaseMoved):
        await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)


async def test_the_new_delivery_has_all_its_tries(
    home: House, clock: TestClock
) -> None:
    case = await in_review(home, clock)
    await change(home, "cases", {"own_failures": 4, "warned": 1})

    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=False)

    [row] = await rows(home, "cases")
    assert (row["own_failures"], row["warned"]) == (0, 0)


async def test_what_is_given_up_later_is_the_new_delivery_alone(
    home: House, clock: TestClock
) -> None:
    case = await in_review(home, clock)
    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=False)
    await change(home, "cases", {"trying_since": clock.now()})
    clock.advance(timedelta(days=11))

    await home.duties().give_up()

    assert isinstance((await now_of(home, case)).state, Undeliverable)
    assert await states(home) == {
        1: ("failed", NOT_ARRIVED),
        2: ("dead", "E-GIVEN-UP"),
    }


async def replayed(home: House, clock: TestClock) -> tuple[Case, str]:
    """A dead letter whose log is gone, replayed; with the job."""
    case = await in_review(home, clock)
    since = "2026-03-02T09:00:00Z"
    dead = f'{{"destination":"{FACHVERFAHREN}","code":"{GONE}","since":"{since}"}}'
    await change(home, "cases", {"state": "Undeliverable", "state_body": dead})
    await change(home, "deliveries", {"state": "dead"})
    return case, await replay(home)


async def test_a_dead_letter_of_before_is_asked_about_when_it_is_replayed(
    home: House, clock: TestClock
) -> None:
    case, job = await replayed(home, clock)

    assert isinstance((await now_of(home, case)).state, InReview)
    await settle(home, case, arrived=False)
    assert isinstance((await now_of(home, case)).state, Closed)
    clock.advance(timedelta(minutes=1))
    await home.jobs.advance()
    assert (await home.jobs.status(job)).done == 1


async def test_a_job_does_not_wait_for_what_goes_out_under_another_id(
    home: House, clock: TestClock
) -> None:
    case, job = await replayed(home, clock)
    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=False)
    await change(home, "cases", {"trying_since": clock.now()})
    clock.advance(timedelta(days=11))

    await home.duties().give_up()
    await home.jobs.advance()

    status = await home.jobs.status(job)
    assert (status.failed, status.waiting) == (1, 0)
