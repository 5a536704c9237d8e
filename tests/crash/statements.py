"""Killed between any two statements: nothing is written, or everything."""

import asyncio
import itertools
import os
import signal
from collections.abc import Awaitable, Callable

from sqlalchemy import event

from tests.crash.killing import Moment, Work, survives
from tests.crash.scene import Scene
from tests.house import House
from tests.looking import rows, sizes

Act = Callable[[House], Awaitable[object]]
WRITTEN = ("cases", "channel_submissions", "deliveries", "steps", "transmissions")


def dying(scene: Scene, act: Act, number: int) -> Work:
    """Do it, and die before the statement or commit of this number."""
    passed = itertools.count(1)

    def step() -> None:
        if next(passed) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def boundary(name: str) -> None:
        if name.startswith("before"):
            step()

    async def work(_: Moment) -> None:
        async with scene.house(at=boundary) as house:
            engine = house.database.engine.sync_engine
            event.listen(engine, "before_cursor_execute", lambda *_: step())
            await act(house)

    return work


async def contents(scene: Scene) -> object:
    async with scene.house() as house:
        written = [[dict(row) for row in await rows(house, name)] for name in WRITTEN]
        return await sizes(house), written


def die_everywhere(scene: Scene, act: Act) -> int:
    """Die before one after the other, until it is through; at how many."""
    before = asyncio.run(contents(scene))
    for number in itertools.count(1):
        if survives(dying(scene, act, number)):
            break
        assert asyncio.run(contents(scene)) == before, number
    assert asyncio.run(contents(scene)) != before
    return number - 1
