"""Child processes: each in a group of its own, started again when it dies."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_GOOD_SECONDS: Final = 60.0
"""A child that lived so long starts anew at once."""
_MOST_LOG_BYTES: Final = 10 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What to start, and where its words go."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path
    lines: Callable[[str], None] | None = None
    """Gets each line of its output; else that goes into the log as well."""


@dataclass(kw_only=True)
class Child:
    """One program that is kept running.

    Its standard input is a pipe that we hold: when we are gone, however that
    happened, the child reads its end and stops.
    """

    program: Program
    say: Callable[[str], None]
    process: asyncio.subprocess.Process | None = None
    _stopping: bool = False

    async def keep(self) -> None:
        """Run it until ``stop``; started again after a pause that grows."""
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while not self._stopping:
            began = loop.time()
            code = await self._run()
            if self._stopping:
                return
            if loop.time() - began > _GOOD_SECONDS:
                pause = _FIRST_PAUSE
            self.say(
                f"{self.program.name} has ended ({_how(code)}); starting it again "
                f"in {pause:.0f} s. See {self.program.log}"
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def run_once(self) -> int:
        """Run it to its end."""
        return await self._run()

    async def stop(self, grace: float) -> None:
        """Ask its group to end; after the grace, end it."""
        self._stopping = True
        process = self.process
        if process is None or process.returncode is not None:
            return
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await process.wait()
                return
        _signal(process, signal.SIGKILL)
        await process.wait()

    async def _run(self) -> int:
        with open_log(self.program.log) as log:
            read = self.program.lines
            self.process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE if read else log,
                stderr=log,
                env=dict(self.program.environ),
                start_new_session=True,
            )
        process = self.process
        if self._stopping:  # asked while it was being started
            _signal(process, signal.SIGTERM)
        if process.stdout is not None and read is not None:
            async for line in process.stdout:
                read(line.decode(errors="replace").rstrip())
        code = await process.wait()
        # What it has left behind in its group would hold its port.
        _signal(process, signal.SIGKILL)
        return code


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def open_log(path: Path) -> IO[bytes]:
    """To append; one that has grown large becomes the old one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _MOST_LOG_BYTES:
        path.replace(path.with_suffix(".log.old"))
    return path.open("ab")


def _how(code: int) -> str:
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
