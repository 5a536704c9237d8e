"""From the engine's loop to the worker's and back: no cancellation crosses."""

import asyncio
import concurrent.futures
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from schemas.errors import EngineError

T = TypeVar("T")
CANCELLED: Final = "E-CANCELLED"
BUG: Final = "E-BUG"


class Once(Generic[T]):
    """Work that is begun once, by whoever comes first; lives on the worker's loop."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None

    async def result(self) -> T:
        """Begin it if nobody has, and wait; cancelling this cancels the work."""
        return await self.begin()

    async def code(self) -> str:
        """Begin it if nobody has, and wait; comes back with a code, never raises.

        Cancelling this leaves the work alone.
        """
        task = self.begin()
        await asyncio.wait({task})
        if task.cancelled():
            return CANCELLED
        if (error := task.exception()) is not None:
            return code_of(error)
        return str(getattr(task.result(), "code", ""))

    def begin(self) -> asyncio.Task[T]:
        """Begin it if nobody has."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())
        return self._task

    async def _run(self) -> T:
        return await self._work()


async def finished(future: "concurrent.futures.Future[T]") -> None:
    """Wait on this loop for what happens on another; cancelling leaves it alone."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def tell(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # that loop has been given up
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(tell)
    await done.wait()


def code_of(error: BaseException) -> str:
    """All that may be told of an error: a code of ours."""
    return error.code if isinstance(error, EngineError) else BUG
