"""A thread with an event loop of its own that may be given up at any time."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, TypeVar

import structlog

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_NAME: Final = "amtsweg-prefect"

Life = Callable[[asyncio.Event], Awaitable[None]]
"""What the thread does until the event asks it to end."""


class EngineThread:
    """Daemon: a process never waits for it at its end."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)

    def start(self) -> None:
        """Once; again is harmless."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread.start()

    async def stop(self, seconds: float) -> bool:
        """Have it end by itself; False when it did not in time and is given up."""
        if not self.post(self._stop.set):
            return True
        await asyncio.to_thread(self._thread.join, seconds)
        return not self._thread.is_alive()

    def post(self, callback: Callable[[], None]) -> bool:
        """Have it called over there; False when nobody lives there (any more)."""
        if self._loop is None or not self._thread.is_alive():
            return False
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)
            return True
        return False

    async def call(self, work: Coroutine[object, object, T], seconds: float) -> T:
        """Have it awaited over there. Raises TimeoutError, also without a thread."""
        if self._loop is None or not self._thread.is_alive():
            work.close()
            raise TimeoutError
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(future)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._own_loop) as runner:
                runner.run(self._live())
        except Exception as error:  # noqa: BLE001 - Prefect must not end the worker
            _log.error("prefect_thread_died", error=type(error).__name__)

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop or asyncio.new_event_loop()

    async def _live(self) -> None:
        await self._life(self._stop)
