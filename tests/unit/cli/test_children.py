"""Children: kept running, ended with their group, never outliving us unnoticed."""

import asyncio
import os
import sys
from pathlib import Path

from api.cli.children import Child, Program, open_log
from tests.counterparts.installation import runs

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def program(tmp_path: Path, code: str, said: list[str]) -> Program:
    return Program(
        name="example",
        command=(sys.executable, "-c", code),
        environ=os.environ,
        log=tmp_path / "log" / "example.log",
        lines=said.append,
    )


async def until_said(said: list[str], count: int) -> None:
    async with asyncio.timeout(20):
        while len(said) < count:  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0.01)


async def test_a_child_that_dies_is_started_again_and_it_is_said(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    told: list[str] = []
    child = Child(
        program=program(
            tmp_path, "print('here', flush=True); raise SystemExit(7)", said
        ),
        say=told.append,
    )
    keeping = asyncio.create_task(child.keep())

    await until_said(said, 2)

    assert told[0].startswith(
        "example has ended (exit code 7); starting it again in 1 s"
    )
    await child.stop(5)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_one_that_will_not_end_is_killed_with_its_group(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child(program=program(tmp_path, STUBBORN, said), say=said.append)
    keeping = asyncio.create_task(child.keep())
    await until_said(said, 1)

    await child.stop(0.2)
    await keeping

    grandchild = int(said[0])
    async with asyncio.timeout(10):
        while runs(grandchild):  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0.01)
    assert len(said) == 1


async def test_one_that_runs_once_gives_its_exit_code(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child(
        program=program(tmp_path, "print('ä'); raise SystemExit(3)", said),
        say=said.append,
    )

    assert await child.run_once() == 3
    assert said == ["ä"]


async def test_it_reads_an_end_when_we_are_gone(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import sys; sys.stdin.read(); print('end', flush=True)"
    child = Child(program=program(tmp_path, code, said), say=said.append)
    running = asyncio.create_task(child.run_once())
    async with asyncio.timeout(10):
        while child.process is None:  # noqa: ASYNC110 - it is being started
            await asyncio.sleep(0.01)

    assert child.process.stdin is not None
    child.process.stdin.close()

    assert await running == 0
    assert said == ["end"]


def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("wb") as file:
        file.truncate(11 * 1024 * 1024)

    with open_log(log) as opened:
        opened.write(b"new")

    assert log.read_bytes() == b"new"
    assert (tmp_path / "x.log.old").stat().st_size == 11 * 1024 * 1024
