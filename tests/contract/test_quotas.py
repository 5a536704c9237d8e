"""Leasing at a destination: its quota, its pauses, and its strict lines."""

import asyncio

from schemas.rules.queues import destination_queue
from schemas.scope import DEFAULT_TENANT
from tests.contract.leasing import hired, lease, room
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import change, change_case

QUEUE = destination_queue(DEFAULT_TENANT, FACHVERFAHREN)


async def waiting(home: House, count: int) -> None:
    """Cases in the destination's queue."""
    for _ in range(count):
        await home.receive()
    await change(home, "cases", {"queue": QUEUE})


async def test_a_destination_gets_no_more_than_it_may_have_of_all_workers(
    home: House,
) -> None:
    await waiting(home, 40)
    workers = [await hired(home, f"w{n}") for n in range(3)]

    leased = await asyncio.gather(*(lease(worker) for worker in workers))

    # The destination takes 16 at once, a worker of 64 slots gives it 16.
    assert sum(map(len, leased)) == 16


async def test_a_destination_gets_a_quarter_of_a_workers_slots(home: House) -> None:
    await waiting(home, 40)
    worker = await hired(home)

    leased = await worker.lease(room(8, slots=8))
    more = await worker.lease(room(6, slots=8, **{QUEUE: 2}))

    assert [len(leased), len(more)] == [2, 0]
    assert {one.permit for one in leased} == {QUEUE}
    assert {one.share for one in leased} == {2}


async def test_a_held_destination_gets_nothing(home: House) -> None:
    await waiting(home, 3)
    await home.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    worker = await hired(home)

    assert await lease(worker) == []
    await home.destinations.resume(SCOPE, FACHVERFAHREN)
    assert await lease(worker) == ["1"]


async def test_one_queue_that_may_not_be_served_keeps_no_other_waiting(
    home: House,
) -> None:
    await waiting(home, 3)
    await home.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    await home.receive()

    assert await lease(await hired(home)) == ["4"]


async def test_of_a_strict_line_only_the_first_is_leased(home: House) -> None:
    for key in ("a", "a", "", "b", "b"):
        await home.receive(ordering_key=key)
    await change(home, "cases", {"queue": QUEUE})
    worker = await hired(home)

    leased = await worker.lease(room())

    assert [one.case.number[-1] for one in leased] == ["1", "3", "4"]
    assert await lease(worker) == []
    await change_case(home, leased[0].case, {"line": ""})
    assert await lease(worker) == ["2"]


async def test_a_suspect_waits_its_turn_in_a_strict_line(home: House) -> None:
    first, second = [await home.receive(ordering_key="a") for _ in range(2)]
    await change(home, "cases", {"queue": QUEUE})
    await change_case(home, second, {"takeovers": 1})
    await change_case(home, first, {"owner": "somebody"})

    assert await lease(await hired(home)) == []
