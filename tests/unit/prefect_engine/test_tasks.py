"""A step is done once, whether or not the engine shows it as a task in time."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from flows.prefect_engine.tasks import PrefectTasks
from flows.prefect_engine.thread import EngineThread


class Loop:
    """Another thread's loop that can be blocked and closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def bridge(self) -> PrefectTasks:
        worker = asyncio.get_running_loop()

        async def make() -> PrefectTasks:
            return PrefectTasks(worker)

        return asyncio.run_coroutine_threadsafe(make(), self.loop).result(5)

    def close(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(5)
            self.loop.close()


@pytest.fixture
def engine() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


class Work:
    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> str:
        self.done += 1
        return "result"


async def test_an_engine_that_is_gone_does_not_keep_a_step_waiting(
    engine: Loop,
) -> None:
    bridge, work = engine.bridge(), Work()
    engine.close()

    started = time.monotonic()

    assert await bridge.run("deliver", work) == "result"
    assert time.monotonic() - started < 1
    assert work.done == 1


async def test_an_engine_that_is_blocked_keeps_no_step_waiting(
    engine: Loop,
) -> None:
    bridge, work = engine.bridge(), Work()
    free = threading.Event()
    engine.loop.call_soon_threadsafe(free.wait, 5)

    started = time.monotonic()

    assert await bridge.run("deliver", work) == "result"
    assert time.monotonic() - started < 1
    free.set()
    await asyncio.sleep(0.1)
    assert work.done == 1


async def test_a_step_that_is_cancelled_is_broken_off_and_not_begun_again(
    engine: Loop,
) -> None:
    bridge, begun, broken_off = engine.bridge(), [], []

    async def work() -> None:
        begun.append("once")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            broken_off.append("once")
            raise

    free = threading.Event()
    engine.loop.call_soon_threadsafe(free.wait, 5)
    running = asyncio.create_task(bridge.run("deliver", work))
    await asyncio.sleep(0.05)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    free.set()
    await asyncio.sleep(0.1)

    assert (begun, broken_off) == (["once"], ["once"])


def _wait_for(event: threading.Event) -> None:
    event.wait(5)


async def _until_asked(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_a_thread_that_is_blocked_is_given_up_in_time() -> None:
    thread = EngineThread(_until_asked)
    free = threading.Event()
    thread.start()
    assert thread.post(lambda: _wait_for(free))

    started = time.monotonic()

    assert not await thread.stop(0.2)
    assert time.monotonic() - started < 1
    free.set()
    assert await thread.stop(5)


async def test_nothing_is_posted_where_nobody_lives() -> None:
    thread = EngineThread(_until_asked)
    assert not thread.post(lambda: None)

    thread.start()
    thread.start()
    assert thread.post(lambda: None)
    assert await thread.stop(5)

    assert not thread.post(lambda: None)
    with pytest.raises(TimeoutError):
        await thread.call(asyncio.sleep(0), 1)


async def test_a_thread_whose_life_fails_ends_quietly() -> None:
    async def fail(stop: asyncio.Event) -> None:
        raise ValueError

    thread = EngineThread(fail)
    thread.start()

    assert await thread.stop(5)
