"""Steps of a case alone in its run, shown as Prefect's tasks."""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from functools import cache
from typing import Any, Final, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.task_engine import run_task_async

from flows.prefect_engine.crossing import Once, finished

T = TypeVar("T")
_SETTLE_SECONDS: Final = 2.0
_step: ContextVar[tuple[Once[Any], asyncio.AbstractEventLoop]] = ContextVar("step")


async def _follow() -> State[None]:
    once, loop = _step.get()
    future = asyncio.run_coroutine_threadsafe(once.code(), loop)
    await finished(future)
    code = future.result()
    return Failed(message=code) if code else Completed()


@cache
def _task_named(name: str) -> Task[[], Coroutine[Any, Any, State[None]]]:
    return Task(
        _follow,
        name=name,
        task_run_name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=0,
    )


class PrefectTasks:
    """Fills TaskBridge: made by a flow's body, used on the worker's loop."""

    def __init__(self, worker: asyncio.AbstractEventLoop) -> None:
        self._worker = worker
        self._engine = asyncio.get_running_loop()
        # Prefect knows by its context which run a task belongs to.
        self._context = contextvars.copy_context()
        self._shown: set[asyncio.Task[None]] = set()

    async def run(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """See the port. The work waits for nobody: Prefect watches it when it can."""
        once = Once(work)
        once.begin()
        with contextlib.suppress(RuntimeError):  # the engine has been given up
            self._engine.call_soon_threadsafe(self._show, name, once)
        return await once.result()

    async def settled(self) -> None:
        """The tasks have reported; on the engine's loop."""
        if self._shown:
            await asyncio.wait(self._shown, timeout=_SETTLE_SECONDS)

    def _show(self, name: str, once: Once[Any]) -> None:
        context = self._context.copy()
        context.run(_step.set, (once, self._worker))
        shown = self._engine.create_task(self._as_task(name), context=context)
        self._shown.add(shown)

    async def _as_task(self, name: str) -> None:
        # Whatever Prefect makes of it, the work is not Prefect's.
        with contextlib.suppress(Exception):
            await run_task_async(_task_named(name), parameters={}, return_type="state")
