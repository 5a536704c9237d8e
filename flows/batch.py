"""The cases leased at one moment, and who may begin to work on them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from schemas.ids import CaseId, CaseNumber
from schemas.work import LeasedCase

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseOutcome:
    """What a run did for one case: codes and step names only."""

    case: CaseId
    number: CaseNumber
    steps: tuple[str, ...]
    state: str
    code: str
    """Why it left other than by success; "" = it went well."""
    destination: str


class TaskBridge(Protocol):
    """Lets a step appear as a task of the engine's run."""

    async def run(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work exactly once, at once; the engine may show it as a task.

        Called, and ``work`` awaited, on the worker's event loop.
        """
        ...


WorkCase = Callable[[LeasedCase, TaskBridge | None], Awaitable[CaseOutcome]]


@dataclass(kw_only=True)
class Batch:
    """One run's worth of cases with its started-once latch.

    The engine lives on a thread of its own; ``begin_from_engine`` is the only
    method it calls. All work happens on the worker's loop, so nothing that
    befalls the engine's run (cancel, crash, a hung server) touches a step.
    """

    id: str
    leased_at: datetime
    cases: tuple[LeasedCase, ...]
    work_case: WorkCase
    loop: asyncio.AbstractEventLoop
    shows_tasks: bool = True
    outcomes: list[CaseOutcome] = field(default_factory=list)
    run_id: str = ""
    """The engine's run, once it has one."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[object] | None = None
    """What works on the cases, whoever began it."""
    _latch: threading.Lock = field(default_factory=threading.Lock)
    _bridge: TaskBridge | None = None

    @property
    def is_alone(self) -> bool:
        """One case by itself shows its effects as tasks."""
        return self.shows_tasks and len(self.cases) == 1

    def begin_from_engine(
        self, bridge: TaskBridge | None
    ) -> "Future[tuple[CaseOutcome, ...]] | None":
        """Start the work; None when the worker has started it itself."""
        if not self._latch.acquire(blocking=False):
            return None
        self._bridge = bridge
        return asyncio.run_coroutine_threadsafe(self._work(), self.loop)

    async def begin_from_worker(self) -> bool:
        """Do the work here unless the engine has begun it; True if we did."""
        if not self._latch.acquire(blocking=False):
            return False
        await self._work()
        return True

    async def _work(self) -> tuple[CaseOutcome, ...]:
        self.task = asyncio.current_task()
        self.begun.set()
        try:
            await asyncio.gather(*(self._one(case) for case in self.cases))
        finally:
            self.ended.set()
        return tuple(self.outcomes)

    async def _one(self, leased: LeasedCase) -> None:
        bridge = self._bridge if self.is_alone else None
        self.outcomes.append(await self.work_case(leased, bridge))
