"""Bad cases among good ones end as dead letters, and nobody waits for them."""

from datetime import timedelta

import pytest

from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.ids import CaseNumber
from schemas.outcomes import (
    AttemptOutcome,
    Certainty,
    DeliveryFailed,
    OutcomeUnknown,
)
from schemas.states import Closed, Quarantined, Undeliverable
from tests.acceptance.simulated import Simulation, simulation
from tests.fakes.counterpart import Counterpart
from tests.looking import rows

REJECTED = DeliveryFailed(kind=FailureKind.SENDER, code="E-422")
BROKEN = DeliveryFailed(kind=FailureKind.AWAY, code="E-500")
OURS = DeliveryFailed(kind=FailureKind.OURS, code="E-TEMPLATE")
LOST = OutcomeUnknown(code="E-LOST")


class Bad:
    """Answers otherwise for certain cases."""

    def __init__(self, answer: AttemptOutcome) -> None:
        self.numbers: set[CaseNumber] = set()
        self._answer = answer

    def __call__(self, parcel: Parcel) -> AttemptOutcome | None:
        return self._answer if parcel.case_number in self.numbers else None


async def receive_with_bad(
    world: Simulation, bad: Bad, *, good: int, places: tuple[int, ...]
) -> list[CaseNumber]:
    """Good cases with bad ones at these places; the numbers of the bad ones."""
    cases = await world.receive(good + len(places))
    bad.numbers = {cases[place].number for place in places}
    return sorted(bad.numbers)


async def kinds(world: Simulation, numbers: list[CaseNumber]) -> set[type]:
    states = await world.states()
    return {type(states[number]) for number in numbers}


async def test_what_is_rejected_is_a_dead_letter_at_once(database_url: str) -> None:
    bad = Bad(REJECTED)
    counterpart = Counterpart(behave=bad)
    async with simulation(database_url, counterpart) as world:
        [number] = await receive_with_bad(world, bad, good=20, places=(7,))
        await world.work()

        assert await kinds(world, [number]) == {Undeliverable}
        assert len(counterpart.taken) == 20
        assert counterpart.calls.count(number) == 1
        assert await rows(world.house, "disturbances") == []


async def test_what_is_our_own_fault_is_put_aside_with_an_alarm(
    database_url: str,
) -> None:
    bad = Bad(OURS)
    counterpart = Counterpart(behave=bad)
    async with simulation(database_url, counterpart) as world:
        [number] = await receive_with_bad(world, bad, good=10, places=(3,))
        await world.work()

        assert await kinds(world, [number]) == {Quarantined}
        assert len(counterpart.taken) == 10
        [disturbance] = await rows(world.house, "disturbances")
        assert disturbance["reason"] == "E-TEMPLATE"


@pytest.mark.parametrize(
    ("answer", "certainty"),
    [
        (BROKEN, Certainty.IDEMPOTENT),
        (LOST, Certainty.IDEMPOTENT),
        (LOST, Certainty.CAN_BE_ASKED),
    ],
)
async def test_one_that_always_fails_is_a_dead_letter_after_five_of_its_own(
    database_url: str, answer: AttemptOutcome, certainty: Certainty
) -> None:
    bad = Bad(answer)
    counterpart = Counterpart(certainty, behave=bad)
    async with simulation(database_url, counterpart) as world:
        [number] = await receive_with_bad(world, bad, good=5, places=(2,))
        # Others pass all the while, so that it is the case and not the system.
        for minutes in (*[9] * 3, *[45] * 24):
            await world.for_(timedelta(minutes=minutes))
            await world.receive(1)
        await world.work()

        assert await kinds(world, [number]) == {Undeliverable}
        assert counterpart.calls.count(number) == 5
        assert len(counterpart.taken) == 5 + 27
        assert await rows(world.house, "disturbances") == []


async def test_several_at_the_head_of_the_queue_keep_nobody_waiting(
    database_url: str,
) -> None:
    bad = Bad(BROKEN)
    counterpart = Counterpart(behave=bad)
    async with simulation(database_url, counterpart) as world:
        numbers = await receive_with_bad(world, bad, good=40, places=tuple(range(7)))
        # Each of them may be a probe first, after 10, 20, 40 seconds and so on.
        await world.for_(timedelta(minutes=40))
        taken = len(counterpart.taken)
        for _ in range(60):
            await world.for_(timedelta(minutes=30))
            await world.receive(1)
        await world.for_(timedelta(minutes=30))

        assert taken == 40
        assert await kinds(world, numbers) == {Undeliverable}
        others = sorted(set(await world.states()) - set(numbers))
        assert await kinds(world, [CaseNumber(one) for one in others]) == {Closed}
