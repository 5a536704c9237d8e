"""Work is begun once, and no cancellation crosses from the engine to it."""

import asyncio
import concurrent.futures
import contextlib

import pytest

from flows.prefect_engine.crossing import BUG, CANCELLED, Once, finished
from schemas.errors import StorageFull
from schemas.steps import Away

SECRET = "Erika Mustermann"


class Work:
    def __init__(self, result: object = None) -> None:
        self.begun = 0
        self._result = result
        self.go_on = asyncio.Event()

    async def __call__(self) -> object:
        self.begun += 1
        await self.go_on.wait()
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result


async def test_whoever_comes_second_shares_the_result() -> None:
    work = Work(Away(counterpart="d:x", code="E-AWAY"))
    once = Once(work)
    engine, worker = (
        asyncio.create_task(once.code()),
        asyncio.create_task(once.result()),
    )
    work.go_on.set()

    assert await engine == "E-AWAY"
    assert await worker == Away(counterpart="d:x", code="E-AWAY")
    assert work.begun == 1


async def test_the_engine_hears_of_an_error_no_more_than_a_code() -> None:
    for error, code in ((ValueError(SECRET), BUG), (StorageFull(), "E-STORAGE-FULL")):
        work = Work(error)
        work.go_on.set()
        once = Once(work)

        assert await once.code() == code
        with pytest.raises(type(error)):
            await once.result()


async def test_cancelling_the_engines_side_leaves_the_work_alone() -> None:
    work = Work()
    once = Once(work)
    engine = asyncio.create_task(once.code())
    worker = asyncio.create_task(once.result())
    await asyncio.sleep(0)

    engine.cancel()
    await asyncio.sleep(0)
    work.go_on.set()

    assert await worker is None


async def test_cancelling_the_workers_side_cancels_the_work() -> None:
    work = Work()
    once = Once(work)
    engine = asyncio.create_task(once.code())
    worker = asyncio.create_task(once.result())
    await asyncio.sleep(0)

    worker.cancel()

    assert await engine == CANCELLED


async def test_waiting_for_another_loop_can_be_cancelled() -> None:
    future: concurrent.futures.Future[None] = concurrent.futures.Future()
    waiting = asyncio.create_task(finished(future))
    await asyncio.sleep(0)

    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    future.set_result(None)

    assert not future.cancelled()
