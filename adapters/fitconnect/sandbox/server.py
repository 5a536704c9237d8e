"""The sandbox on a port of this machine."""

import asyncio
import fcntl
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

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
from adapters.fitconnect.sandbox.listening import Listener
from adapters.fitconnect.sandbox.shelf import Shelf
from adapters.fitconnect.sandbox.switches import Switches
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 512


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
        with ExitStack() as opened:
            listening = await self._open(opened)
            self._opened = opened.pop_all()
        await self._listener.start(listening)
        self._tasks = [
            asyncio.create_task(carry_callbacks(self.dienst)),
            asyncio.create_task(keep_deadlines(self.dienst)),
        ]

    async def until_broken(self) -> None:
        """Returns when something ended that should go on; raises what ended it."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Answer what is under way, then go."""
        self.application.end()
        await self._listener.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._opened.close()

    async def _open(self, opened: ExitStack) -> socket.socket:
        """Everything that has to be closed again; the socket, which listens."""
        options = self._options
        folder = options.folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        opened.enter_context(_hold(folder))
        listening = opened.enter_context(_listen(options.port))
        base_url = f"http://{HOST}:{listening.getsockname()[1]}"
        database = open_database(folder / "books.sqlite3")
        opened.callback(database.close)
        foundation = await asyncio.to_thread(found, database, folder, options.wishes)
        self.line = write_description(foundation, folder, base_url)
        self.dienst = Zustelldienst(
            base_url=base_url,
            database=database,
            shelf=Shelf(folder / "jwes"),
            clock=SandboxClock(ahead=float(str(read_fact(database, CLOCK) or 0))),
            key=read_key(key_path(folder, "service")),
            portal_key=read_key(key_path(folder, "portal")),
            callback_secret=foundation.callback_secret,
            switches=options.switches.model_copy(),
        )
        for destination, _ in foundation.destinations if options.callback_url else ():
            wanted = Callback(url=options.callback_url, destination_id=destination)
            call_back(self.dienst, wanted)
        self.application = Application(self.dienst, abort=self._abort)
        self._listener = Listener(self.application)
        return listening

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
        self._listener.abort(scope)


async def serve(options: SandboxOptions, announce: Callable[[str], None]) -> None:
    """Run a sandbox until cancelled; ``announce`` gets its one line of JSON."""
    async with FitConnectSandbox(options) as sandbox:
        announce(json.dumps(sandbox.line, ensure_ascii=False))
        await sandbox.until_broken()


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
