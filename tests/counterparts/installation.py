"""An installation in a folder of its own, run as real processes on free ports."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.counterparts.fitconnect import furnish
from tests.counterparts.kreis import EXAMPLE, taking_anything
from tests.counterparts.ports import free_ports

PATIENCE: Final = 30.0


@dataclass(kw_only=True)
class Started:
    """A command that runs; what it says is read from its file."""

    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        """Everything so far."""
        return self.output.read_text(encoding="utf-8")

    def until_said(self, words: str, seconds: float = PATIENCE) -> str:
        """Wait for these words."""
        until(lambda: words in self.said() or not self.is_alive(), seconds)
        assert words in self.said(), self.said()
        return self.said()

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def interrupt(self) -> int:
        """What Ctrl-C does to the leader; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@dataclass(kw_only=True)
class Installation:
    """Home, ports and environment of one installation."""

    folder: Path
    port: int = 0
    specialist_port: int = 0
    prefect_port: int = 0
    fitconnect_port: int = 0
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port, self.specialist_port, self.prefect_port, self.fitconnect_port = (
            free_ports(4)
        )

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def environ(self) -> dict[str, str]:
        """What its processes see."""
        return os.environ | {
            "AMTSWEG_HOME": str(self.home),
            "AMTSWEG_PORT": str(self.port),
            "AMTSWEG_SPECIALIST_PORT": str(self.specialist_port),
            "AMTSWEG_PREFECT_PORT": str(self.prefect_port),
            "AMTSWEG_FITCONNECT_PORT": str(self.fitconnect_port),
            "PYTHONWARNINGS": "default",
            **self.extra,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            (sys.executable, "-m", "api.cli", *arguments),
            env=self.environ(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[Started]:
        """Run one command in the background; it is killed at the end."""
        command = (sys.executable, "-m", "api.cli", *arguments)
        with self.running(*command, folder=self.folder) as started:
            yield started

    @contextmanager
    def running(self, *command: str, folder: Path) -> Iterator[Started]:
        """The same for any program."""
        output = self.folder / f"{time.monotonic_ns()}.out"
        with output.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=self.environ(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Started(process=process, output=output)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def spare_keys(self) -> None:
        """The demonstration's FIT-Connect has its keys, which take seconds to make."""
        self.home.mkdir(mode=0o700)
        furnish(self.home / "demo" / "fitconnect")

    def use_example(self) -> None:
        """The example as its configuration."""
        self.extra["AMTSWEG_CONFIG"] = str(EXAMPLE)

    def take_anything(self) -> None:
        """The example, for any well-formed document."""
        anything = taking_anything(self.folder / "anything")
        self.extra["AMTSWEG_CONFIG"] = str(anything)


def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it, for a while."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)


def children_of(pid: int) -> tuple[int, ...]:
    """Processes whose parent this is."""
    return tuple(
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if _parent(stat) == pid
    )


def descendants_of(pid: int) -> tuple[int, ...]:
    """Children, and theirs."""
    children = children_of(pid)
    return children + tuple(
        grandchild for child in children for grandchild in descendants_of(child)
    )


def runs(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def command_of(pid: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0
