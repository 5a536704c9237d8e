"""Workers of a test: leasing by hand, and working concurrently."""

import asyncio
from contextlib import AsyncExitStack

from schemas.ids import WorkerId
from schemas.work import LeasedCase
from storage.turns import Room
from storage.worklist import Worklist
from tests.house import House


async def hired(house: House, name: str = "w") -> Worklist:
    """A registered worker."""
    worklist = Worklist(house.database, WorkerId(name))
    await worklist.register()
    return worklist


def room(free: int = 64, *, slots: int = 64, suspects: int = 1, **held: int) -> Room:
    return Room(slots=slots, free=free, suspects=suspects, held=held)


async def lease(worklist: Worklist, free: int = 64) -> list[str]:
    """The numbers of the cases it gets, without the year."""
    return [short(one) for one in await worklist.lease(room(free))]


def short(leased: LeasedCase) -> str:
    return leased.case.number.removeprefix("2026-00000").removeprefix("2026-0000")


async def work_together(house: House, workers: int = 2, *, slots: int = 64) -> None:
    """Several workers at the same time, until nothing is due."""
    async with AsyncExitStack() as all_of_them:
        hired = [
            await all_of_them.enter_async_context(house.worker(slots=slots))
            for _ in range(workers)
        ]
        await asyncio.gather(*(worker.run_until_idle() for worker in hired))
