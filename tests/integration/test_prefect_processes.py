"""Prefect's processes start, say why they did not, and always end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.prefect_server import Child, PrefectSite, start_server
from schemas.errors import PrefectNotStarted
from tests.counterparts.prefect import ROOT

SLEEP = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
PARENT = """
import os, subprocess, sys, time
module = [sys.executable, "-m", "flows.prefect_child", str(os.getpid())]
command = [*module, "server", "start"]
print(subprocess.Popen(command, stdout=subprocess.DEVNULL).pid, flush=True)
time.sleep(600)
"""


async def child(code: str, tmp_path: Path) -> Child:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, start_new_session=True
    )
    await asyncio.sleep(0.3)
    return Child(process, tmp_path / "log")


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("code", [SLEEP, STUBBORN], ids=["willing", "stubborn"])
async def test_a_process_ends_when_it_is_stopped(code: str, tmp_path: Path) -> None:
    started = await child(code, tmp_path)

    await started.stop(0.5)

    assert started.has_ended
    assert not is_there(started.pid)


async def test_a_process_that_is_held_ends_as_well(tmp_path: Path) -> None:
    started = await child(SLEEP, tmp_path)
    os.kill(started.pid, signal.SIGSTOP)

    await started.stop(0.2)

    assert started.has_ended


async def test_stopping_takes_children_of_the_process_along(tmp_path: Path) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{SLEEP}'])"
    started = await child(code, tmp_path)
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text()

    await started.stop(1)

    assert children
    await asyncio.sleep(0.1)
    assert not any(is_there(int(pid)) for pid in children.split())


async def test_a_server_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        site = PrefectSite(
            home=tmp_path,
            logs=tmp_path / "log",
            root=ROOT,
            port=taken.getsockname()[1],
            environment=os.environ,
        )
        with pytest.raises(PrefectNotStarted, match=r"prefect-server\.log"):
            await start_server(site)

    assert (tmp_path / "log" / "prefect-server.log").read_text()


def test_a_parent_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PREFECT_HOME": str(tmp_path)},
    )
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    time.sleep(0.5)
    assert is_there(server)

    parent.kill()
    parent.communicate()

    deadline = time.monotonic() + 10
    while is_there(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_there(server)


def test_a_child_whose_parent_has_gone_meanwhile_does_not_begin() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.prefect_child", "1", "version"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )

    assert done.stdout == b""
