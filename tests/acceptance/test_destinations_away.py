"""The specialist system is away for a weekend, and back on Monday."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.ids import CaseNumber
from schemas.limits import SLOTS
from schemas.outcomes import AttemptOutcome, DeliveryFailed
from schemas.rules.waits import LAST_PROBE
from schemas.services import Order
from schemas.states import Closed
from tests.acceptance.simulated import Simulation, simulation
from tests.fakes.counterpart import Counterpart
from tests.house import service
from tests.looking import rows

FRIDAY = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 7, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
AWAY = DeliveryFailed(kind=FailureKind.AWAY, code="E-503")


def away(_: Parcel) -> AttemptOutcome:
    return AWAY


async def weekend(
    world: Simulation, counterpart: Counterpart, cases: int, monday: datetime
) -> None:
    """Half of the cases wait from Friday on, the others come later."""
    world.clock.advance(FRIDAY - world.clock.now())
    counterpart.behave = away
    await world.receive(cases // 2)
    await world.for_(timedelta(hours=5))
    await world.receive(cases - cases // 2)
    await world.until(monday)


@pytest.mark.timeout(300)
async def test_a_weekend_costs_one_disturbance_and_nobodys_attempts(
    sqlite_url: str,
) -> None:
    await assert_it_costs_nothing(sqlite_url, cases=2_000, monday=MONDAY)


async def test_so_does_a_night_with_many_machines_database(postgres_url: str) -> None:
    await assert_it_costs_nothing(postgres_url, cases=150, monday=SATURDAY)


async def assert_it_costs_nothing(url: str, *, cases: int, monday: datetime) -> None:
    counterpart = Counterpart()
    async with simulation(url, counterpart, max_parallel=16) as world:
        await weekend(world, counterpart, cases, monday)
        calls, transactions = len(counterpart.calls), Counter(world.transactions)
        charged = {row["own_failures"] for row in await rows(world.house, "cases")}
        counterpart.behave = lambda _: None
        await world.for_(timedelta(hours=1))

        assert set(map(type, (await world.states()).values())) == {Closed}
        [disturbance] = await rows(world.house, "disturbances")

    assert charged == {0}
    assert disturbance["reason"] == "E-503"
    # It is over with the first probe after the system is back.
    assert timedelta(0) <= disturbance["closed_at"] - monday <= 2 * LAST_PROBE
    assert_nothing_spins(calls, (monday - FRIDAY) / LAST_PROBE, transactions, cases)
    assert Counter(counterpart.taken) == Counter(set(counterpart.taken))
    assert lateness(counterpart.taken) <= SLOTS


def assert_nothing_spins(
    calls: int, probes: float, transactions: Counter[str], cases: int
) -> None:
    # The probes of the first ten minutes come quicker, and some had left already.
    assert calls <= probes + 20
    # Each case is leased once and put into the queue once; each probe is leased,
    # begun and ended. Looking in vain costs a transaction, too: two for each probe.
    assert transactions["before outcome"] == calls
    assert transactions["before attempt"] <= calls + cases
    assert transactions["before lease"] <= 3 * calls + cases / 8 + 200


def lateness(taken: list[CaseNumber]) -> int:
    """By how many places somebody came later than in order of receipt."""
    right = {number: place for place, number in enumerate(sorted(taken))}
    return max(place - right[number] for place, number in enumerate(taken))


async def test_a_strict_line_is_delivered_in_exact_order(database_url: str) -> None:
    strict = service(order=Order.STRICT)
    counterpart = Counterpart(behave=away)
    async with simulation(database_url, counterpart) as world:
        cases = [await world.house.receive(strict) for _ in range(100)]
        await world.for_(timedelta(hours=10))
        called = set(counterpart.calls)
        [disturbance] = await rows(world.house, "disturbances")
        counterpart.behave = lambda _: None
        await world.for_(timedelta(minutes=20))

    assert disturbance["reason"] == "E-503"
    assert called == {cases[0].number}
    assert counterpart.taken == [case.number for case in cases]
    assert counterpart.most_at_once == 1


async def test_probes_go_with_different_cases(database_url: str) -> None:
    counterpart = Counterpart(behave=away)
    async with simulation(database_url, counterpart) as world:
        await world.receive(20)
        await world.for_(timedelta(hours=3))

    times = Counter(counterpart.calls)
    assert len(times) == 20
    assert max(times.values()) <= 3


async def test_a_refused_connection_pauses_with_the_first_call(
    database_url: str,
) -> None:
    refused = DeliveryFailed(
        kind=FailureKind.AWAY, code="E-REFUSED", whole_destination=True
    )
    counterpart = Counterpart(behave=lambda _: refused)
    async with simulation(database_url, counterpart, max_parallel=1) as world:
        await world.receive(10)
        await world.work()

        assert len(counterpart.calls) == 1


async def test_it_comes_back_with_1_2_4_deliveries_at_once(database_url: str) -> None:
    counterpart = Counterpart(behave=away)
    async with simulation(database_url, counterpart, max_parallel=8) as world:
        await world.receive(60)
        await world.for_(timedelta(minutes=5))
        counterpart.behave = lambda _: None
        counterpart.seconds, counterpart.most_at_once = 0.2, 0
        first: list[int] = []
        counterpart.behave = lambda _: first.append(counterpart.flying)
        await world.for_(timedelta(minutes=20))

    assert first[:2] == [1, 1]
    assert all(flying <= 2 ** (place + 1) for place, flying in enumerate(first))
    assert counterpart.most_at_once == 8


@pytest.mark.parametrize(
    ("hours", "state", "reasons"),
    [
        (11, "Delivering", {"E-503"}),
        (13, "Delivering", {"E-503", "E-WAITS-LONG"}),
        (25, "Undeliverable", {"E-503", "E-WAITS-LONG", "E-GIVEN-UP"}),
    ],
)
async def test_what_waits_too_long_is_warned_of_and_given_up_at_last(
    sqlite_url: str, hours: int, state: str, reasons: set[str]
) -> None:
    counterpart = Counterpart(behave=away)
    a_day = timedelta(days=1)
    async with simulation(sqlite_url, counterpart, give_up_after=a_day) as world:
        await world.receive(6)
        await world.for_(timedelta(hours=hours))

        kinds = {type(state).__name__ for state in (await world.states()).values()}
        found = [row["reason"] for row in await rows(world.house, "disturbances")]

    assert kinds == {state}
    assert sorted(found) == sorted(reasons)


async def test_a_single_case_over_a_weekend_is_no_dead_letter(sqlite_url: str) -> None:
    counterpart = Counterpart(behave=away)
    async with simulation(sqlite_url, counterpart) as world:
        [case] = await world.receive(1)
        await world.for_(timedelta(hours=40))
        [disturbance] = await rows(world.house, "disturbances")
        counterpart.behave = lambda _: None
        await world.for_(timedelta(minutes=11))

        assert isinstance((await world.states())[case.number], Closed)
        [closed] = await rows(world.house, "disturbances")
    assert disturbance["closed_at"] is None
    assert closed["closed_at"] is not None
