"""The door as its own process: how much memory it takes, and how it dies."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.checkout import ROOT
from tests.fakes.doorstep import (
    XML,
    attachment,
    form_headers,
    headers,
    main_part,
    multipart,
)
from tests.fakes.served import Caller, calling

MEBIBYTE = 1 << 20
BLOCK = os.urandom(MEBIBYTE)
SIZE = 500
ALLOWED_KIB = 100 * 1024
MARKER = b"Erika Mustermann"


@dataclass
class DoorProcess:
    port: int
    pid: int

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def memory(self, name: str) -> int:
        """VmRSS or VmHWM, in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        [line] = [line for line in status.splitlines() if line.startswith(name)]
        return int(line.split()[1])

    def forget_peak(self) -> None:
        """Let VmHWM count from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")


@asynccontextmanager
async def door_process(home: Path) -> AsyncIterator[DoorProcess]:
    url = f"sqlite+aiosqlite:///{home / 'amtsweg.sqlite3'}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.counterparts.real_door",
        url,
        str(home),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield DoorProcess(port=port, pid=process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def submit(caller: Caller, body: bytes, given: dict[str, str]) -> int:
    caller.begin(given | {"content-length": str(len(body))})
    await caller.send(body)
    return (await caller.answer())[0]


def around(main: bytes) -> tuple[bytes, bytes]:
    """What stands before and after the content of a form's last attachment."""
    before, _, after = multipart(main, attachment(content=b"@@")).partition(b"@@")
    return before, after


async def test_500_megabytes_cost_less_than_100(tmp_path: Path) -> None:
    before, after = around(main_part())
    length = len(before) + SIZE * MEBIBYTE + len(after)
    async with door_process(tmp_path) as door, calling(door.port) as caller:
        assert await submit(caller, XML, headers(idempotency_key="warm")) == 202
        idle = door.memory("VmRSS")
        door.forget_peak()

        caller.begin(form_headers(content_length=str(length)))
        await caller.send(before)
        for _ in range(SIZE):
            await caller.send(BLOCK)
        await caller.send(after)
        status, _, _ = await caller.answer()

        assert status == 202
        assert door.memory("VmHWM") - idle < ALLOWED_KIB


def plain_files(home: Path) -> list[Path]:
    return [
        path
        for path in home.rglob("*")
        if path.is_file() and MARKER in path.read_bytes()
    ]


async def test_a_door_killed_during_an_upload_took_nothing(tmp_path: Path) -> None:
    """And leaves nothing that can be read; repeating it makes the first case."""
    before, after = around(main_part())
    content = MARKER * 200_000
    form = before + content + after
    async with door_process(tmp_path) as door, calling(door.port) as caller:
        caller.begin(form_headers(content_length=str(len(form))))
        await caller.send(form[: len(form) - len(after)])
        while not list((tmp_path / "vault").rglob("*")):  # noqa: ASYNC110 - a disk
            await asyncio.sleep(0.01)
        door.kill()
        assert await caller.is_closed()
    assert plain_files(tmp_path) == []

    async with door_process(tmp_path) as door, calling(door.port) as caller:
        caller.begin(form_headers(content_length=str(len(form))))
        await caller.send(form)
        status, answered, body = await caller.answer()

    assert status == 202
    assert "idempotency-replayed" not in answered
    assert b"-000001" in body
    assert plain_files(tmp_path) == []


async def test_a_door_killed_after_the_commit_has_taken_it(tmp_path: Path) -> None:
    async with door_process(tmp_path) as door, calling(door.port) as caller:
        assert await submit(caller, XML, headers()) == 202
        door.kill()

    async with door_process(tmp_path) as door, calling(door.port) as caller:
        caller.begin(headers(content_length=str(len(XML))))
        await caller.send(XML)
        status, answered, body = await caller.answer()

    assert (status, answered["idempotency-replayed"]) == (202, "true")
    assert b"-000001" in body
