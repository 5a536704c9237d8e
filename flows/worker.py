"""A worker: slots, leasing into them, and carrying what was leased."""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from flows.batch import Batch, CaseOutcome, TaskBridge, WorkCase
from flows.engine import Engine
from schemas.clock import Clock
from schemas.errors import DatabaseAway, LeaseLost
from schemas.limits import SLOTS
from schemas.work import LeasedCase
from storage.turns import Room
from storage.wake import POLL_SECONDS, Wake
from storage.worklist import Worklist

_log = structlog.get_logger(__name__)
_BEGIN_SECONDS: Final = 3.0
"""If the engine has not begun by then, the worker does the steps itself."""
_GRACE_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How leasing follows the load: the group commit of runs.

    A lease that comes soon after another waits for company: ``gather`` seconds
    since the last one, then until half the slots are free, at most ``patience``;
    ``crowded`` times as long after a lease that filled every slot. When it is quiet
    a case is leased at once.
    """

    gather: float = 0.1
    patience: float = 0.5
    crowded: float = 2.0


class Worker:
    """Leases due cases into free slots and works on them concurrently."""

    def __init__(  # noqa: PLR0913 - its whole surroundings, by name
        self,
        *,
        worklist: Worklist,
        work_case: WorkCase,
        engine: Engine,
        record: Callable[[Batch], Awaitable[None]],
        wake: Wake,
        clock: Clock,
        slots: int = SLOTS,
        pace: Pace | None = None,
        shows_tasks: bool = True,
    ) -> None:
        self._worklist, self._work_case, self._engine = worklist, work_case, engine
        self._record, self._wake, self._clock = record, wake, clock
        self._slots, self._pace = slots, pace or Pace()
        self._shows_tasks = shows_tasks
        self._running: dict[str, LeasedCase] = {}
        self._batches: dict[asyncio.Task[None], Batch] = {}
        self._last_lease = 0.0
        self._is_crowded = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then let what runs come to an end."""
        try:
            while not stop.is_set():
                if not await self._lease_into_free_slots():
                    await self._wake.wait(POLL_SECONDS)
        except LeaseLost:
            # Taken over: this life is over, and whoever started it begins anew.
            _log.warning("taken_over_by_others")
        finally:
            await self._drain()

    async def run_until_idle(self) -> int:
        """Work until nothing is due; how many cases were worked on."""
        done = 0
        while True:
            # A case that ends while we look may have stood in the others' way.
            was_idle = not self._running
            leased = await self._lease_into_free_slots()
            done += leased or 0
            if was_idle and leased == 0:
                return done
            if not leased:
                await self._wake.wait(POLL_SECONDS)

    async def _lease_into_free_slots(self) -> int | None:
        """How many cases; None while the database is away."""
        await self._gather()
        try:
            if not await self._worklist.anything_due():
                return 0
            room = self._room()
            cases = await self._worklist.lease(room)
        except DatabaseAway:
            _log.warning("database_away")
            await asyncio.sleep(_RETRY_SECONDS)
            return None
        if cases:
            self._last_lease = asyncio.get_running_loop().time()
            self._is_crowded = len(cases) == room.free
            suspects = [case for case in cases if case.takeovers]
            # A case whose worker died runs alone: it may have been the reason.
            for group in ([one] for one in suspects):
                self._carry(tuple(group))
            if fresh := tuple(case for case in cases if not case.takeovers):
                self._carry(fresh)
        return len(cases)

    async def _gather(self) -> None:
        now = asyncio.get_running_loop().time
        pace = self._pace
        patience = pace.patience * (pace.crowded if self._is_crowded else 1)
        while (since := now() - self._last_lease) < patience:
            if since < pace.gather:
                await asyncio.sleep(pace.gather - since)
            elif 2 * len(self._running) > self._slots:
                await self._wake.wait(patience - since)
            else:
                return

    def _room(self) -> Room:
        running = self._running.values()
        return Room(
            slots=self._slots,
            free=self._slots - len(self._running),
            suspects=0 if any(case.takeovers for case in running) else 1,
            held=dict(Counter(case.permit for case in running if case.permit)),
        )

    def _carry(self, cases: tuple[LeasedCase, ...]) -> None:
        for case in cases:
            self._running[case.case.id] = case
        batch = Batch(
            id=uuid.uuid4().hex,
            leased_at=self._clock.now(),
            cases=cases,
            work_case=self._in_slot,
            loop=asyncio.get_running_loop(),
            shows_tasks=self._shows_tasks,
        )
        task = asyncio.create_task(self._run_batch(batch))
        self._batches[task] = batch
        task.add_done_callback(lambda task: self._batches.pop(task, None))

    async def _run_batch(self, batch: Batch) -> None:
        if self._engine.offer(batch):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BEGIN_SECONDS):
                    await batch.begun.wait()
        if not await batch.begin_from_worker():
            await batch.ended.wait()
        try:
            await self._record(batch)
        except DatabaseAway:
            _log.warning("run_not_recorded", run=batch.id)
        self._engine.ended(batch)

    async def _in_slot(
        self, leased: LeasedCase, bridge: TaskBridge | None
    ) -> CaseOutcome:
        try:
            return await self._work_case(leased, bridge)
        finally:
            del self._running[leased.case.id]
            self._wake()

    async def _drain(self) -> None:
        if self._batches:
            await asyncio.wait(self._batches, timeout=_GRACE_SECONDS)
        left = dict(self._batches)
        for task, batch in left.items():
            task.cancel()
            if batch.task is not None:
                batch.task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        with contextlib.suppress(DatabaseAway):
            await self._worklist.retire()
