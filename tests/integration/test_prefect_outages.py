"""Work goes on when Prefect's server is held, killed or gone, and is told later."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from flows.prefect_engine.engine import PrefectEngine
from flows.prefect_engine.rest import Address
from tests.counterparts.prefect import (
    ROOT,
    PrefectCounterpart,
    is_ready,
    running_engine,
)
from tests.fakes.runs import BEGIN_SECONDS, CountingWork, carry, make_batch

_AT_ONCE = 0.2


def _wait_for(event: threading.Event) -> None:
    event.wait(10)


class Told:
    def __init__(self) -> None:
        self.runs: dict[str, str] = {}

    async def __call__(self, batch: str, run: str) -> bool:
        self.runs[batch] = run
        return True


async def test_a_server_that_is_held_keeps_the_work_waiting_once_and_briefly(
    prefect_server: PrefectCounterpart,
) -> None:
    told, work = Told(), CountingWork()
    engine = PrefectEngine(prefect_server.address, recorded=told, skip_seconds=1.0)
    await engine.start()
    await is_ready(engine)
    during = make_batch(work_case=CountingWork(lambda: asyncio.sleep(2.5)))
    being_carried = asyncio.create_task(carry(engine, during))
    await during.begun.wait()

    prefect_server.hold()
    try:
        first, *others = batches = [make_batch(2, work) for _ in range(5)]
        waited_first = await carry(engine, first)
        waited = [await carry(engine, batch) for batch in others]
        await being_carried
    finally:
        prefect_server.let_go()

    assert waited_first < BEGIN_SECONDS
    assert max(waited) < _AT_ONCE
    assert len(work.done) == 10
    for batch in [during, *batches]:
        tag = f"case:{batch.cases[0].case.number}"
        run = await prefect_server.run_tagged(tag, states={"COMPLETED"})
        assert (batch.run_id or told.runs[batch.id]) == run["id"]
    await engine.stop()


async def test_a_server_that_is_killed_is_told_after_its_return(
    prefect_server: PrefectCounterpart,
) -> None:
    work = CountingWork()
    async with running_engine(prefect_server, skip_seconds=0.5) as engine:
        during = make_batch(work_case=CountingWork(lambda: asyncio.sleep(0.5)))
        being_carried = asyncio.create_task(carry(engine, during))
        await during.begun.wait()
        prefect_server.kill()
        batches = [make_batch(3, work) for _ in range(4)]
        waited = [await carry(engine, batch) for batch in batches]
        await being_carried
        await asyncio.to_thread(prefect_server.start)

        for batch in [during, *batches]:
            tag = f"case:{batch.cases[0].case.number}"
            assert await prefect_server.run_tagged(tag, states={"COMPLETED"})
    # Refused connections are noticed at once.
    assert max(waited) < 1
    assert len(work.done) == 12


async def test_a_process_ends_although_the_server_is_held(
    prefect_server: PrefectCounterpart, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.prefect_worker",
        prefect_server.site.url,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PREFECT_HOME": str(tmp_path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"worked\n"
        prefect_server.hold()
        started = time.monotonic()
        process.stdin.write(b"go on\n")
        async with asyncio.timeout(30):
            said = await process.stdout.read()
            code = await process.wait()
        took = time.monotonic() - started
    finally:
        prefect_server.let_go()
        if process.returncode is None:
            process.kill()
            await process.communicate()

    assert (said, code) == (b"stopped in time\n", 0)
    assert took < 10


async def test_an_engine_without_a_server_is_no_hindrance() -> None:
    engine = PrefectEngine(Address(url="http://127.0.0.1:9/api"))
    await engine.start()
    work = CountingWork()
    waited = [await carry(engine, make_batch(2, work)) for _ in range(3)]
    started = time.monotonic()
    await engine.stop()

    assert max(waited) < _AT_ONCE
    assert len(work.done) == 6
    assert time.monotonic() - started < 5


async def test_a_blocked_engine_keeps_the_work_waiting_once(
    prefect_server: PrefectCounterpart,
) -> None:
    work, free = CountingWork(), threading.Event()
    async with running_engine(prefect_server, skip_seconds=0.5) as engine:
        engine._thread.post(lambda: _wait_for(free))
        batches = [make_batch(2, work) for _ in range(3)]
        waited = [await carry(engine, batch) for batch in batches]
        free.set()
        for batch in batches:
            tag = f"case:{batch.cases[0].case.number}"
            assert await prefect_server.run_tagged(tag, states={"COMPLETED"})

    assert waited[0] < BEGIN_SECONDS + 0.5
    assert max(waited[1:]) < _AT_ONCE
    assert len(work.done) == 6
