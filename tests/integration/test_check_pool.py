"""Check processes: what goes wrong in one concerns one check, and ends in time."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.checking.orders import RulesCheck, RulesChecked
from flows.checking.pool import CheckPool, CheckProcess, ProcessLost
from schemas.findings import PackRef, Passage
from schemas.limits import MIB
from tests.integration.heavy_rules import (
    ENDLESS,
    antrag,
    heavy_pack,
    is_there,
    order,
    pieces,
    until,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    heavy_pack(tmp_path)
    return tmp_path


@pytest.fixture
async def pool(place: Path) -> AsyncIterator[CheckPool]:
    opened = CheckPool([place], processes=1)
    yield opened
    await opened.aclose()


async def test_a_process_that_is_killed_takes_one_check_with_it(
    pool: CheckPool, place: Path
) -> None:
    async def ask() -> None:
        async with pool.lent() as process:
            await process.ask(order(place), pieces(antrag(ENDLESS)))
            await asyncio.sleep(0.2)
            os.kill(process.pid, signal.SIGKILL)
            await process.answer(RulesChecked, 10.0)

    with pytest.raises(ProcessLost) as caught:
        await ask()

    assert caught.value.how == "SIGKILL"
    async with pool.lent() as process:
        await process.ask(order(place), pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)
    assert reply.run.findings == ()


async def test_a_check_that_is_given_up_ends_its_process(
    pool: CheckPool, place: Path
) -> None:
    asked: list[CheckProcess] = []

    async def ask() -> None:
        async with pool.lent() as process:
            asked.append(process)
            await process.ask(order(place), pieces(antrag(ENDLESS)))
            await process.answer(RulesChecked, 60.0)

    task = asyncio.create_task(ask())
    await until(lambda: bool(asked))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await until(lambda: not is_there(asked[0].pid))
    async with pool.lent() as process:
        assert process.pid != asked[0].pid


async def test_an_idle_process_is_let_go(place: Path) -> None:
    pool = CheckPool([place], processes=1, idle_seconds=0.1)
    async with pool.lent() as process:
        pid = process.pid

    await until(lambda: not is_there(pid))
    assert not pool._free
    await pool.aclose()


async def test_a_process_that_is_lent_when_the_pool_closes_ends_afterwards(
    pool: CheckPool, place: Path
) -> None:
    async with pool.lent() as process:
        await pool.aclose()
        await process.ask(order(place), pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)

    assert reply.run.stage.passage is Passage.DONE
    await until(lambda: not is_there(process.pid))


async def test_a_process_cannot_be_made_to_write_or_to_dump(
    pool: CheckPool,
) -> None:
    async with pool.lent() as process:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        environment = Path(f"/proc/{process.pid}/environ").read_text()
        command = Path(f"/proc/{process.pid}/cmdline").read_text()

    said = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert said["Max file size"] == "0"
    assert said["Max core file size"] == "0"
    assert said["Max data size"] == str(2048 * MIB)
    assert environment.startswith("PYTHONPATH=")
    assert environment.count("\0") == 1
    assert "flows.checking.process" in command


async def test_rules_of_another_pack_than_the_one_named_do_not_run(
    pool: CheckPool,
) -> None:
    other = RulesCheck(pack=PackRef(id="tiny", version="1", sha256="0"), limit=10.0)
    async with pool.lent() as process:
        await process.ask(other, pieces(antrag()))
        reply = await process.answer(RulesChecked, 30.0)

    assert [one.rule for one in reply.run.findings] == ["pack-broken"]


PARENT = """
import asyncio, sys, time
from pathlib import Path
from flows.checking.orders import RulesChecked
from flows.checking.pool import CheckPool
from tests.integration.heavy_rules import ENDLESS, antrag, order, pieces


async def main(place, busy):
    pool = CheckPool([place], processes=1)
    async with pool.lent() as process:
        if busy:
            await process.ask(order(place, limit=1.0), pieces(antrag(ENDLESS)))
        print(process.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2] == "busy"))
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
async def test_processes_do_not_outlive_who_has_started_them(
    place: Path, state: str
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(place), state],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_there(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    await until(lambda: not is_there(child))
