"""Everything a run needs around it: a database of its own, processes, a folder."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

from bench.measure import cpu_seconds
from storage.migrate import upgrade
from tests.counterparts.postgres import PrivatePostgres

TOKEN: Final = "amtsweg_" + 32 * "b"
"""Of a database that lives a minute."""
_START_SECONDS: Final = 60.0


class Stage:
    """Starts processes by name and adds up what each has used."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="amtsweg-bench-"))
        self.postgres = PrivatePostgres()
        self.shared: Mapping[str, str] = {}
        """Environment that all processes of a contestant share."""
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.postgres.__enter__()
        upgrade(self.postgres.url)
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)
        self.postgres.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(
        self,
        name: str,
        arguments: list[str],
        *,
        ready: Callable[[], bool] = lambda: True,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Run Python with these arguments until ``stop``; returns when it is ready."""
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
            start_new_session=True,
        )
        self._running[name] = process
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                said = (self.folder / f"{name}.log").read_text()[-2000:]
                message = f"{name} did not start: {said}"
                raise RuntimeError(message)
            time.sleep(0.05)
        return process.pid

    def stop(self, name: str) -> None:
        """End one process in order, then without asking."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far of each process with its children."""
        used = {name: cpu_seconds([one.pid]) for name, one in self._running.items()}
        return used | {"postgresql": cpu_seconds([self.postgres.pid])}

    def pid(self, name: str) -> int:
        """Of a running process."""
        return self._running[name].pid


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> Callable[[], bool]:
    """Whether somebody accepts connections there."""

    def accepts() -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return accepts
