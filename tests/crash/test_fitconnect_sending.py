"""kill -9 while a case goes out over FIT-Connect: one submission, whenever it hits."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.fakes.fitconnect_sender import BEGUN, deliver

# The sandbox takes its time, so that a delivery lasts a third of a second.
LATENCY = 0.03
MOMENTS = (0.02, 0.07, 0.12, 0.17, 0.22, 0.27, 0.33)


async def killed_after(seconds: float, sandbox: Pointed, notes: Path) -> None:
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.fitconnect_sender"),
        *(json.dumps(sandbox.line), str(notes)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert sender.stdout is not None
    assert (await sender.stdout.readline()).decode().strip() == BEGUN
    await asyncio.sleep(seconds)
    if sender.returncode is None:
        sender.kill()
    await sender.wait()


async def test_killed_again_and_again_it_is_submitted_once(tmp_path: Path) -> None:
    notes = tmp_path / "notes.json"
    async with fitconnect_here(tmp_path / "sandbox") as sandbox:
        await sandbox.tell(switches={"latency": LATENCY})
        for seconds in MOMENTS:
            await killed_after(seconds, sandbox, notes)
            counted = (await sandbox.state())["submissions"]
            assert counted.get("submitted", 0) <= 1

        assert await deliver(sandbox, notes)
        assert (await sandbox.state())["submissions"]["submitted"] == 1


@pytest.mark.parametrize("seconds", MOMENTS[1::2])
async def test_killed_at_any_moment_it_is_submitted_once(
    tmp_path: Path, seconds: float
) -> None:
    notes = tmp_path / "notes.json"
    async with fitconnect_here(tmp_path / "sandbox") as sandbox:
        await sandbox.tell(switches={"latency": LATENCY})
        await killed_after(seconds, sandbox, notes)

        assert await deliver(sandbox, notes)
        assert (await sandbox.state())["submissions"]["submitted"] == 1
