"""Leasing: due cases to living workers, fairly, in order, and each to one only."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from schemas.cases import Lane
from schemas.errors import LeaseLost
from schemas.ids import CaseId, SenderId, WorkerId
from schemas.limits import CALL_DEADLINE, LEASE
from schemas.rules.queues import Candidate, source_queue
from schemas.scope import DEFAULT_TENANT
from storage.worklist import Worklist
from tests.clocks import TestClock
from tests.contract.leasing import hired, lease, room
from tests.house import FORMSERVER, House
from tests.looking import change_case, row_of, rows

SECOND = timedelta(seconds=1)
OVER = LEASE + CALL_DEADLINE + SECOND


async def test_cases_are_leased_in_order_of_receipt(home: House) -> None:
    for _ in range(5):
        await home.receive()
    worker = await hired(home)

    assert await lease(worker, 2) == ["1", "2"]
    assert await lease(worker, 9) == ["3", "4", "5"]
    assert await lease(worker, 9) == []


async def test_no_case_has_two_workers(home: House) -> None:
    for _ in range(60):
        await home.receive()
    workers = [await hired(home, f"w{n}") for n in range(6)]

    leased = await asyncio.gather(
        *(lease(worker, 5) for worker in workers for _ in range(3))
    )

    numbers = Counter(number for some in leased for number in some)
    assert set(numbers.values()) == {1}
    # On PostgreSQL a lease passes over what another is just taking.
    rest = await lease(await hired(home, "last"))
    assert len(numbers) + len(rest) == 60


async def test_each_lease_is_a_new_epoch(home: House) -> None:
    await home.receive()
    worker = await hired(home)
    [first] = await worker.lease(room())
    await worker.forfeit(first)

    [second] = await worker.lease(room())

    assert (first.epoch, second.epoch) == (1, 2)


async def test_sources_take_turns_however_many_slots_are_free(home: House) -> None:
    for number in range(12):
        await home.receive(sender=SenderId("b" if number == 11 else "a"))
    worker = await hired(home)

    assert await lease(worker, 1) == ["1"]
    assert await lease(worker, 1) == ["12"]
    assert await lease(worker, 1) == ["2"]


async def test_fresh_cases_go_before_bulk(home: House) -> None:
    cases = [await home.receive() for _ in range(3)]
    await change_case(home, cases[0], {"lane": int(Lane.BULK)})
    worker = await hired(home)

    assert await lease(worker, 2) == ["2", "3"]
    assert await lease(worker, 2) == ["1"]


async def test_what_is_due_later_is_leased_later(home: House, clock: TestClock) -> None:
    case = await home.receive()
    await change_case(home, case, {"due_at": clock.now() + timedelta(hours=4)})
    worker = await hired(home)

    assert not await worker.anything_due()
    assert await lease(worker) == []
    clock.advance(timedelta(hours=4))
    assert await worker.anything_due()
    assert await lease(worker) == ["1"]


async def test_a_clock_that_was_wrong_does_not_put_cases_off_for_years(
    home: House, clock: TestClock
) -> None:
    clock.advance(timedelta(days=4000))
    await home.receive()
    clock.advance(timedelta(days=-4000))
    worker = await hired(home)

    assert await worker.anything_due()
    [leased] = await worker.lease(room())
    assert leased.case.number == "2037-000001"


async def test_who_is_not_registered_leases_nothing(home: House) -> None:
    await home.receive()

    with pytest.raises(LeaseLost):
        await Worklist(home.database, WorkerId("stranger")).lease(room())

    assert (await rows(home, "cases"))[0]["owner"] is None


async def test_a_dead_worker_is_waited_for_until_its_last_call_has_ended(
    home: House, clock: TestClock
) -> None:
    case = await home.receive()
    worker = await hired(home)
    await worker.lease(room())
    clock.advance(LEASE + CALL_DEADLINE)
    too_early = await home.take_over()
    clock.advance(SECOND)

    assert too_early == 0
    assert await home.take_over() == 1
    row = await row_of(home, case)
    assert (row["owner"], row["epoch"], row["takeovers"]) == (None, 2, 1)


async def test_a_worker_that_renews_is_not_taken_over(
    home: House, clock: TestClock
) -> None:
    await home.receive()
    worker = await hired(home)
    await worker.lease(room())
    for _ in range(12):
        clock.advance(timedelta(seconds=10))
        await worker.renew()

    assert await home.take_over() == 0


async def test_who_was_taken_over_neither_renews_nor_leases(
    home: House, clock: TestClock
) -> None:
    await home.receive()
    sleeper = await hired(home, "sleeper")
    await sleeper.lease(room())
    clock.advance(OVER)
    await home.take_over()

    with pytest.raises(LeaseLost):
        await sleeper.renew()
    with pytest.raises(LeaseLost):
        await sleeper.lease(room())
    assert await lease(await hired(home, "other")) == ["1"]


async def test_nothing_leased_while_being_taken_over_is_lost(
    home: House, clock: TestClock
) -> None:
    for _ in range(40):
        await home.receive()
    sleeper = await hired(home, "sleeper")
    await sleeper.lease(room(4))
    clock.advance(OVER)

    await asyncio.gather(
        *(sleeper.lease(room(2)) for _ in range(12)),
        home.take_over(),
        return_exceptions=True,
    )

    await home.take_over()
    assert {row["owner"] for row in await rows(home, "cases")} == {None}


async def test_a_lease_that_a_wrong_clock_made_endless_ends(
    home: House, clock: TestClock
) -> None:
    clock.advance(timedelta(days=4000))
    await home.receive()
    await (await hired(home)).lease(room())
    clock.advance(timedelta(days=-4000))

    taken = [await home.take_over()]
    clock.advance(OVER)
    taken.append(await home.take_over())

    assert taken == [0, 1]


async def test_several_who_take_over_at_once_count_each_case_once(
    home: House, clock: TestClock
) -> None:
    for _ in range(10):
        await home.receive()
    await (await hired(home)).lease(room())
    clock.advance(OVER)

    freed = await asyncio.gather(*(home.take_over() for _ in range(5)))

    assert sum(freed) == 10
    assert {row["takeovers"] for row in await rows(home, "cases")} == {1}


async def test_what_was_taken_over_runs_one_at_a_time(
    home: House, clock: TestClock
) -> None:
    for _ in range(3):
        await home.receive()
    await (await hired(home)).lease(room())
    clock.advance(OVER)
    await home.take_over()
    await home.receive()
    worker = await hired(home, "other")

    assert await lease(worker) == ["1", "4"]
    assert [one.case.number for one in await worker.lease(room(suspects=0))] == []
    assert await lease(worker) == ["2"]


async def test_who_retires_leaves_everything_due_and_nothing_suspect(
    home: House, clock: TestClock
) -> None:
    await home.receive()
    worker = await hired(home)
    await worker.lease(room())

    await worker.retire()

    assert await rows(home, "leases") == []
    [leased] = await (await hired(home, "other")).lease(room())
    assert leased.takeovers == 0


async def test_a_case_that_could_not_even_be_isolated_comes_back_as_a_suspect(
    home: House, clock: TestClock
) -> None:
    case = await home.receive()
    worker = await hired(home)
    [leased] = await worker.lease(room())

    await worker.forfeit(leased, after=timedelta(minutes=1))

    assert await lease(worker) == []
    assert (await row_of(home, case))["takeovers"] == 1
    clock.advance(timedelta(minutes=1))
    assert await lease(worker) == ["1"]


async def test_a_forfeit_of_long_ago_takes_nothing_from_the_new_owner(
    home: House, clock: TestClock
) -> None:
    case = await home.receive()
    sleeper = await hired(home, "sleeper")
    [old] = await sleeper.lease(room())
    clock.advance(OVER)
    await home.take_over()
    await (await hired(home, "other")).lease(room())

    await sleeper.forfeit(old)

    assert (await row_of(home, case))["owner"] == "other"


async def test_what_has_gone_elsewhere_since_it_was_chosen_is_not_taken(
    home: House, clock: TestClock
) -> None:
    """A choice is looked at again when it is taken; here it is out of date."""
    case = await home.receive()
    worker = await hired(home)
    await change_case(home, case, {"state": "Closed", "due_at": None})
    async with home.database.write("test") as connection:
        chosen = [_candidate(case.id)]
        taken = await worker._take(connection, chosen, clock.now())

    assert list(taken) == []


def _candidate(case: CaseId) -> Candidate:
    return Candidate(
        case=case,
        queue=source_queue(DEFAULT_TENANT, FORMSERVER),
        lane=Lane.FRESH,
        receipt=1,
        takeovers=0,
    )
