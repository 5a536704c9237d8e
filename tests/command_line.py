"""The command line in this process, on an installation of the test's own."""

import asyncio
import contextlib
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.base import Outbox
from adapters.memory import Fail, MemoryOutbox
from api.cli import main
from flows.ports import Checker, nothing_happens
from schemas.clock import SystemClock
from schemas.errors import FailureKind
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault
from tests.house import FACHVERFAHREN, House, destination

SERVING: Final = {("serve",), ("work",), ("up",)}
INSTALLATION: Final = """
tenant = "standard"
name = "Kreis Prüfstein"
mode = "trial"

[offices.wohngeld]
name = "Wohngeldbehörde"
"""
SERVICE: Final = """
leika = "99107023017000"
name = "Wohngeld beantragen"
office = "wohngeld"
process = "standard"
destinations = ["fachverfahren"]
deadline = "30d"
retention_class = "10-jahre"

[check]
unknown = "accept"
"""
DESTINATION: Final = """
id = "fachverfahren"
name = "Fachverfahren"
adapter = "memory"
"""
REFUSES: Final = "E-MEMORY-REFUSES"
"""The code of dead letters made here."""
_TICK_SECONDS: Final = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - tests know what they asked for
        """Stdout, which must be JSON and nothing else."""
        return json.loads(self.out)


class CommandLine:
    """Runs commands on one installation."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    async def __call__(self, *arguments: str) -> Answer:
        """One command, in a thread of its own: it has its own event loop."""
        return await asyncio.to_thread(run, *arguments)

    async def process(self, *arguments: str) -> Answer:
        """The same as a process, for what sets up the logs of the process it is in."""
        command = (sys.executable, "-m", "api.cli", *arguments)
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, check=False
        )
        return Answer(code=done.returncode, out=done.stdout, err=done.stderr)

    def keys(self) -> KeyRing:
        """The installation's keys; the first makes itself."""
        return KeyRing(self.home / "keys", may_create=True, clock=SystemClock())

    @asynccontextmanager
    async def house(
        self,
        outbox: Outbox | None = None,
        *,
        at: Callable[[str], None] = nothing_happens,
        checker: Checker | None = None,
    ) -> AsyncIterator[House]:
        """The engine on the same database, keys and vault."""
        house = House(
            self.url,
            clock=SystemClock(),
            outboxes={FACHVERFAHREN: outbox or MemoryOutbox()},
            vault=LocalVault(self.home / "vault", self.keys()),
            at=at,
            checker=checker,
        )
        try:
            await house.destinations.sync([destination()])
            yield house
        finally:
            await house.close()


def run(*arguments: str) -> Answer:
    """One command, as `main` would end it."""
    assert arguments[:1] not in SERVING, "it would change the logs of later tests"
    out, err, code = io.StringIO(), io.StringIO(), 0
    before, sys.argv = sys.argv, ["amtsweg", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.argv = before
    return Answer(code=code, out=out.getvalue(), err=err.getvalue())


def install(home: Path, url: str, setenv: Callable[[str, str], None]) -> CommandLine:
    """Write a small configuration and let the environment name it."""
    home.mkdir(mode=0o700)
    for name, text in (
        ("installation.toml", INSTALLATION),
        ("services/wohngeld.toml", SERVICE),
        ("destinations/fachverfahren.toml", DESTINATION),
    ):
        path = home / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    setenv("AMTSWEG_HOME", str(home))
    setenv("AMTSWEG_DATABASE_URL", url)
    return CommandLine(home, url)


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """A worker at work, with the duty that brings jobs on."""
    stop = asyncio.Event()

    async def bring_jobs_on() -> None:
        while not stop.is_set():
            if await house.jobs.advance():
                house.wake()
            await asyncio.sleep(_TICK_SECONDS)

    async with house.worker() as worker, asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        group.create_task(bring_jobs_on())
        try:
            yield
        finally:
            stop.set()
            house.wake()


def refusals(count: int) -> list[Fail]:
    """Acts of a destination that will not have so many cases."""
    return [Fail(kind=FailureKind.SENDER, code=REFUSES)] * count


async def make_dead(house: House, outbox: MemoryOutbox, count: int) -> list[str]:
    """Dead letters; their numbers."""
    outbox.then(*refusals(count))
    cases = [await house.receive() for _ in range(count)]
    # Idle is what a worker may also be while its destination is full.
    while outbox.attempts < count:
        await house.work()
    return [case.number for case in cases]
