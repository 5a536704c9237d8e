"""The pool of check processes: started when needed, lent to one check at a time.

Whatever goes wrong with a process concerns the check it was lent to and no other: it
is ended, and the next check gets a new one. So it is with a check that is given up.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from flows.checking.frames import frame, receive_frame, send_pieces
from flows.checking.orders import READY, Order, to_json
from flows.checking.replies import NotAReply, T, reply_from_json
from schemas.limits import MIB

MEMORY: Final = 2048 * MIB
"""Of one process: a tree takes six times its document."""
IDLE_SECONDS: Final = 300.0
_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 2.0
_MODULE: Final = "flows.checking.process"
_log = structlog.get_logger(__name__)


class ProcessLost(Exception):
    """The process ended, or said what it should not; ``how`` is about the process."""

    def __init__(self, how: str) -> None:
        self.how = how
        super().__init__(how)


class CheckProcess:
    """One of them, while it is lent."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin  # noqa: S101 - they are pipes, see _start
        assert process.stdout  # noqa: S101
        self._process = process
        self._orders, self._replies = process.stdin, process.stdout
        self.is_leaving = False
        self.idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """As far as we have noticed."""
        return self._process.returncode is None and not self._replies.at_eof()

    async def until_ready(self) -> None:
        """Raises ProcessLost, TimeoutError."""
        async with asyncio.timeout(_START_SECONDS):
            if await self._receive() != READY:
                raise ProcessLost("not ready")

    async def ask(self, order: Order, chunks: AsyncIterator[bytes]) -> None:
        """Send over an order and its document. Raises ProcessLost."""
        try:
            self._orders.write(frame(to_json(order)))
            await send_pieces(self._orders, chunks)
        except ConnectionError:
            raise ProcessLost(await self._how()) from None

    async def answer(self, kind: type[T], seconds: float) -> T:
        """The next reply. Raises ProcessLost, TimeoutError."""
        async with asyncio.timeout(seconds):
            body = await self._receive()
        try:
            reply = reply_from_json(body, kind)
        except NotAReply as error:
            raise ProcessLost("no reply") from error
        self.is_leaving = reply.leaving
        return reply

    async def _receive(self) -> bytes:
        try:
            return await receive_frame(self._replies)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ProcessLost(await self._how()) from None

    async def _how(self) -> str:
        """What became of it; a process whose pipe is closed is about to end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                code = await self._process.wait()
                return signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return "closed pipe"

    def kill(self) -> None:
        """At once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """It ends by itself when nobody can ask it any more; else it is ended."""
        if self.idle:
            self.idle.cancel()
        self._orders.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


class CheckPool:
    """As many processes as there may be; whoever waits longest is next."""

    def __init__(
        self,
        places: Sequence[Path],
        *,
        processes: int,
        memory: int = MEMORY,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Nothing is started yet."""
        self._arguments = (str(memory), *map(str, places))
        self._idle_seconds = idle_seconds
        self._seats = asyncio.Semaphore(processes)
        self._free: list[CheckProcess] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[CheckProcess]:
        """A process for one check. Raises ProcessLost, TimeoutError, OSError.

        Left by any exception, cancellation too, the process is ended.
        """
        async with self._seats:
            process = self._take() or await self._start()
            try:
                yield process
            except BaseException:
                self._let_go(process, kill=True)
                raise
            if self._closed or process.is_leaving or not process.is_alive:
                self._let_go(process, kill=False)
            else:
                self._put_back(process)

    async def aclose(self) -> None:
        """End those that nobody uses, and wait for all that are ending.

        Those that are lent end when they are given back.
        """
        self._closed = True
        for process in self._free:
            self._let_go(process, kill=False)
        self._free.clear()
        while self._ending:
            await asyncio.wait(self._ending)

    def _take(self) -> CheckProcess | None:
        """The one used last, so that the others may fall idle."""
        while self._free:
            process = self._free.pop()
            if process.idle:
                process.idle.cancel()
            if process.is_alive:
                return process
            _log.warning("check_process_gone", pid=process.pid)
            self._let_go(process, kill=True)
        return None

    def _put_back(self, process: CheckProcess) -> None:
        loop = asyncio.get_running_loop()
        process.idle = loop.call_later(self._idle_seconds, self._retire, process)
        self._free.append(process)

    def _retire(self, process: CheckProcess) -> None:
        if process in self._free:
            self._free.remove(process)
            self._let_go(process, kill=False)

    def _let_go(self, process: CheckProcess, *, kill: bool) -> None:
        if kill:
            process.kill()
        task = asyncio.create_task(process.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _start(self) -> CheckProcess:
        process = CheckProcess(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-B",  # it may write nothing, not even what Python compiles
                "-P",
                "-m",
                _MODULE,
                *self._arguments,
                # Our secrets are none of its business; where modules are, is.
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # Ctrl-C is for whoever started it; it ends when its pipe is closed.
                start_new_session=True,
            )
        )
        try:
            await process.until_ready()
        except BaseException:
            self._let_go(process, kill=True)
            raise
        return process
