"""The sandbox as a process: its one line, its folder, death and restart, its memory."""

import asyncio
import contextlib
import hashlib
import json
import os
import stat
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from adapters.fitconnect.jose.keys import read_private
from tests.counterparts.fitconnect import FitConnectProcess
from tests.counterparts.fitconnect_party import JOSE, Party, Sent

MB = 1_000_000
LARGE = 60 * MB
CHUNK = 1024 * 1024


@pytest.fixture
def process(tmp_path: Path) -> Iterator[FitConnectProcess]:
    with FitConnectProcess(tmp_path / "Ablage für FIT-Connect") as made:
        yield made


def test_its_line_is_all_that_a_client_needs(process: FitConnectProcess) -> None:
    pointed = process.start("--destinations", "3")
    code = process.stop()
    whole = json.loads((process.folder / "sandbox.json").read_text(encoding="utf-8"))
    mode = stat.S_IMODE((process.folder / "sandbox.json").stat().st_mode)

    assert set(pointed.line) == {
        "base_url",
        "token_url",
        "sender",
        "subscriber",
        "destination_id",
        "private_keys",
        "callback",
    }
    assert code == 0
    assert read_private(pointed.decryption_key.read_text()).algorithm == "RSA-OAEP-256"
    assert read_private(pointed.signing_key.read_text()).algorithm == "PS512"
    assert whole.items() >= pointed.line.items()
    assert len({one["destination_id"] for one in whole["destinations"]}) == 3
    assert mode == 0o600


async def test_after_a_restart_it_goes_on_where_it_was(
    process: FitConnectProcess,
) -> None:
    before = process.start()
    async with Party(before, before.sender) as sender:
        sent = await sender.send(attachments=[b"one"])
        await before.tell(advance=3600.0)
    process.stop()
    after = process.start("--destinations", "2")
    async with Party(after, after.subscriber) as subscriber:
        accepted = await subscriber.accept(sent)
        log = await subscriber.log(sent)

    assert after.line == before.line
    assert (await after.state())["clock_ahead"] == 3600.0
    assert (accepted.status_code, len(log)) == (204, 3)


async def test_what_it_confirmed_outlives_kill_9_in_the_middle_of_work(
    process: FitConnectProcess,
) -> None:
    pointed = process.start()
    confirmed: list[Sent] = []

    async def go_on_sending(sender: Party) -> None:
        with contextlib.suppress(httpx.HTTPError):
            while True:
                confirmed.append(await sender.send(attachments=[b"one"]))
                if len(confirmed) == 6:
                    process.kill()

    async with Party(pointed, pointed.sender) as sender:
        await asyncio.gather(*(go_on_sending(sender) for _ in range(4)))
    again = process.start()
    async with Party(again, again.subscriber) as subscriber:
        listed = (await subscriber.http.get("/submissions")).json()["submissions"]
        ids = {one["submissionId"] for one in listed}
        read = [await subscriber.http.get(f"/submissions/{one}") for one in ids]
        logs = [await subscriber.log(sent) for sent in confirmed]
        accepted = [await subscriber.accept(sent) for sent in confirmed]

    assert ids >= {sent.submission for sent in confirmed}
    assert {one.status_code for one in read} == {200}
    assert [len(log) for log in logs] == [2] * len(confirmed)
    assert {one.status_code for one in accepted} == {204}


async def test_an_upload_that_was_cut_short_leaves_nothing(
    process: FitConnectProcess,
) -> None:
    pointed = process.start()
    one = str(uuid.uuid4())

    async def half() -> AsyncIterator[bytes]:
        yield b"e30."
        process.kill()
        yield b"A" * 1000

    async with Party(pointed, pointed.sender) as sender:
        sent = await sender.announced([one])
        path = f"/submissions/{sent.submission}/attachments/{one}"
        with pytest.raises(httpx.HTTPError):
            await sender.http.put(path, content=half(), headers=JOSE)
        again = process.start()
        left = [path for path in (again.folder / "jwes").rglob("*") if path.is_file()]
        whole = await sender.attach(sent, one, await sender.seal(b"one"))

    assert left == []
    assert whole.status_code == 204


async def test_large_attachments_pass_without_filling_its_memory(
    process: FitConnectProcess,
) -> None:
    pointed = process.start()
    one = str(uuid.uuid4())
    digest = hashlib.sha256()
    async with (
        Party(pointed, pointed.sender) as sender,
        Party(pointed, pointed.subscriber) as subscriber,
    ):
        sent = await sender.announced([one])
        small = await sender.seal(b"{}")
        idle = _peak(process.pid)
        path = f"/submissions/{sent.submission}/attachments/{one}"
        head, _, tag = small.rpartition(".")
        taken = await sender.http.put(path, content=_large(head, tag), headers=JOSE)
        await sender.submit(sent, small, small)
        size = 0
        async with subscriber.http.stream("GET", path) as answer:
            async for chunk in answer.aiter_raw():
                digest.update(chunk)
                size += len(chunk)
        grown = _peak(process.pid) - idle

    assert taken.status_code == 204
    assert size > LARGE
    assert (
        digest.hexdigest()
        == hashlib.sha256(
            b"".join([part async for part in _large(head, tag)])
        ).hexdigest()
    )
    assert grown < 15 * MB


async def _large(head: str, tag: str) -> AsyncIterator[bytes]:
    """Looks like a JWE of this size."""
    yield head.encode()
    for _ in range(LARGE // CHUNK + 1):
        yield b"A" * CHUNK
    yield f".{tag}".encode()


def _peak(pid: int) -> int:
    """Most memory that the process ever had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(os.uname())


async def test_a_port_or_folder_in_use_is_said_in_one_sentence(
    process: FitConnectProcess,
) -> None:
    pointed = process.start()
    port, other = pointed.base_url.rpartition(":")[2], process.folder.parent / "other"

    folder = await _ask("--port", "0", "--dir", str(process.folder))
    taken = await _ask("--port", port, "--dir", str(other))

    assert folder.returncode == taken.returncode == 1
    assert "E-FIT-SANDBOX-FOLDER" in folder.stderr
    assert "E-PORT-TAKEN" in taken.stderr
    assert await pointed.state()


async def test_the_command_explains_itself() -> None:
    said = await _ask("--help")

    assert said.returncode == 0
    assert "Example" in said.stdout
    assert "--own-keys" in said.stdout


async def _ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        (sys.executable, "-m", "api.cli", "sandbox", "fitconnect", *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
