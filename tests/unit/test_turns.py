"""Turns: in order, bounded, and never for a destination that stands still."""

import asyncio

import pytest

from flows.turns import Turns

QUEUE = "d:standard/fachverfahren"


async def test_no_more_than_the_limit_go_at_once() -> None:
    turns = Turns(lambda _: 2)
    assert await turns.take(QUEUE)
    assert await turns.take(QUEUE)
    third = asyncio.create_task(turns.take(QUEUE))
    await asyncio.sleep(0.01)

    assert not third.done()
    turns.give_back(QUEUE)
    assert await third


async def test_turns_come_in_order() -> None:
    turns = Turns(lambda _: 1)
    await turns.take(QUEUE)
    came: list[int] = []

    async def go(number: int) -> None:
        assert await turns.take(QUEUE)
        came.append(number)
        turns.give_back(QUEUE)

    waiting = [asyncio.create_task(go(number)) for number in range(5)]
    await asyncio.sleep(0.01)
    turns.give_back(QUEUE)
    await asyncio.gather(*waiting)

    assert came == [0, 1, 2, 3, 4]


async def test_nobody_waits_for_a_destination_that_stands_still() -> None:
    turns = Turns(lambda _: 1)
    await turns.take(QUEUE)
    waiting = [asyncio.create_task(turns.take(QUEUE)) for _ in range(40)]

    async with asyncio.timeout(10):
        assert await asyncio.gather(*waiting) == [False] * 40


async def test_another_destination_is_not_waited_for() -> None:
    turns = Turns(lambda _: 1)
    await turns.take(QUEUE)

    assert await turns.take("d:standard/ablage")


async def test_a_cancelled_turn_goes_to_the_next() -> None:
    turns = Turns(lambda _: 1)
    await turns.take(QUEUE)
    first = asyncio.create_task(turns.take(QUEUE))
    second = asyncio.create_task(turns.take(QUEUE))
    await asyncio.sleep(0.01)
    turns.give_back(QUEUE)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    assert await second


async def test_a_turn_given_back_can_be_taken_again() -> None:
    turns = Turns(lambda _: 1)
    for _ in range(3):
        assert await turns.take(QUEUE)
        turns.give_back(QUEUE)


async def test_nobody_begins_to_wait_in_a_slow_line() -> None:
    turns = Turns(lambda _: 1)
    for _ in range(12):
        await turns.take(QUEUE)
        await asyncio.sleep(0.1)
        turns.give_back(QUEUE)
    await turns.take(QUEUE)
    asked = [asyncio.create_task(turns.take(QUEUE)) for _ in range(30)]
    await asyncio.sleep(0.01)

    at_once = [task for task in asked if task.done()]
    assert len(at_once) > 10
    assert not any(task.result() for task in at_once)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def test_what_the_database_refused_is_not_tried_for_a_moment() -> None:
    turns = Turns(lambda _: 1)
    turns.refused(QUEUE)

    assert not await turns.take(QUEUE)
    await asyncio.sleep(0.3)
    assert await turns.take(QUEUE)
