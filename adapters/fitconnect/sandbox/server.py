"""The sandbox on a port of this machine."""

import asyncio
import contextlib
import fcntl
import json
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import uvicorn
from starlette.types import Scope

from adapters.fitconnect.sandbox.application import Application
from adapters.fitconnect.sandbox.clock import SandboxClock
from adapters.fitconnect.sandbox.control import CLOCK, Callback, call_back
from adapters.fitconnect.sandbox.courier import carry_callbacks
from adapters.fitconnect.sandbox.database import open_database, read_fact
from adapters.fitconnect.sandbox.deadlines import keep_deadlines
from adapters.fitconnect.sandbox.errors import (
    SandboxFolderTaken,
    SandboxPortTaken,
)
from adapters.fitconnect.sandbox.founding import (
    Wishes,
    found,
    key_path,
    write_description,
)
from adapters.fitconnect.sandbox.keys import read_key
from adapters.fitconnect.sandbox.shelf import Shelf
from adapters.fitconnect.sandbox.switches import Switches
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 512
_GOODBYE_SECONDS: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxOptions:
    """How a sandbox begins."""

    folder: Path
    port: int = 0
    """0 = any free one."""
    wishes: Wishes = field(default_factory=Wishes)
    switches: Switches = field(default_factory=Switches)
    callback_url: str = ""
    """Where every destination's callbacks go; "" = as it was."""


class FitConnectSandbox:
    """A FIT-Connect of one's own; what it was told and given survives in its folder."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._tasks: list[asyncio.Task[None]] = []
        self.line: dict[str, object] = {}
        """What a start prints."""

    async def start(self) -> None:
        """Listen; the first time this makes keys, which takes some seconds."""
        options = self._options
        folder = options.folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        self._held = _hold(folder)
        self._socket = _listen(options.port)
        base_url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        self._database = open_database(folder / "books.sqlite3")
        foundation = await asyncio.to_thread(
            found, self._database, folder, options.wishes
        )
        self.line = write_description(foundation, folder, base_url)
        ahead = read_fact(self._database, CLOCK)
        self.dienst = Zustelldienst(
            base_url=base_url,
            database=self._database,
            shelf=Shelf(folder / "jwes"),
            clock=SandboxClock(ahead=float(str(ahead or 0))),
            key=read_key(key_path(folder, "service")),
            portal_key=read_key(key_path(folder, "portal")),
            callback_secret=foundation.callback_secret,
            switches=options.switches.model_copy(),
        )
        for destination, _ in foundation.destinations if options.callback_url else ():
            wanted = Callback(url=options.callback_url, destination_id=destination)
            call_back(self.dienst, wanted)
        self.application = Application(self.dienst, abort=self._abort)
        self._server = _Server(_config(self.application))
        self._tasks = [
            asyncio.create_task(self._server.serve(sockets=[self._socket])),
            asyncio.create_task(carry_callbacks(self.dienst)),
            asyncio.create_task(keep_deadlines(self.dienst)),
        ]
        while not self._server.started and not self._tasks[0].done():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Answer what is under way, then go."""
        self.application.end()
        self._server.should_exit = True
        serving, *others = self._tasks
        await serving
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._socket.close()
        self._database.close()
        self._held.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _abort(self, scope: Scope) -> None:
        for connection in list(self._server.server_state.connections):
            client = getattr(connection, "client", None)
            transport = getattr(connection, "transport", None)
            if client == scope["client"] and transport is not None:
                transport.abort()


async def serve(options: SandboxOptions, announce: Callable[[str], None]) -> None:
    """Run a sandbox until cancelled; ``announce`` gets its one line of JSON."""
    async with FitConnectSandbox(options) as sandbox:
        announce(json.dumps(sandbox.line, ensure_ascii=False))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


def _hold(folder: Path) -> BinaryIO:
    """Two in one folder would tidy up each other's work; a killed one holds nothing."""
    file = (folder / "held").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SandboxFolderTaken from error
    return file


def _listen(port: int) -> socket.socket:
    # Named TCP: else asyncio leaves Nagle's algorithm on for what it accepts.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise SandboxPortTaken(str(port)) from error
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    return listening


def _config(application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
        timeout_keep_alive=30,
    )


class _Server(uvicorn.Server):
    """Signals belong to whoever started it."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave them alone."""
        yield
