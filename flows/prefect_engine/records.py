"""Runs that are recorded after the fact: one request each, exactly once."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from flows.batch import Batch, CaseOutcome
from flows.prefect_engine.gate import Gate, Monotonic
from flows.prefect_engine.names import (
    UNRECORDED,
    Ending,
    ending_of,
    ending_of_own,
    left_otherwise,
    run_name,
    run_tags,
)
from flows.prefect_engine.rest import NewRun, PrefectApi
from schemas.errors import PrefectAway, PrefectRefused

_log = structlog.get_logger(__name__)
REMEMBERED: Final = 1_000
_OWN_RUN_EVERY: Final = 1.0
_SETTLE_LOOK_SECONDS: Final = 0.02

Recorded = Callable[[str, str], None]
"""Told, on the engine's thread, which batch became which run of Prefect's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FinishedRun:
    """A run that has ended, waiting to be known to Prefect."""

    run: NewRun
    ending: Ending
    stands_for_batch: bool


def new_run(batch: Batch) -> NewRun:
    """The run of a batch; asking for it twice gives the same one."""
    numbers = [one.case.number for one in batch.cases]
    return NewRun(
        key=batch.id,
        name=run_name(numbers),
        tags=run_tags(numbers),
        batch=batch.id,
        worker=batch.cases[0].worker,
    )


def finished(batch: Batch) -> FinishedRun:
    """A batch that no run has carried."""
    return FinishedRun(
        run=new_run(batch),
        ending=ending_of(batch.outcomes, len(batch.cases)),
        stands_for_batch=True,
    )


def finished_alone(batch: Batch, outcome: CaseOutcome) -> FinishedRun:
    """A case's way out of a bigger run."""
    return FinishedRun(
        run=NewRun(
            key=f"{batch.id}:{outcome.number}",
            name=run_name([outcome.number]),
            tags=run_tags([outcome.number]),
            batch=batch.id,
            worker=batch.cases[0].worker,
        ),
        ending=ending_of_own(outcome),
        stands_for_batch=False,
    )


class OwnRuns:
    """Which cases get a run of their own: one per second and destination."""

    def __init__(self, now: Monotonic) -> None:
        self._now = now
        self._last: dict[str, float] = {}

    def choose(self, outcomes: Sequence[CaseOutcome]) -> tuple[CaseOutcome, ...]:
        """Those of a bigger run whose way out is shown by itself."""
        if len(outcomes) == 1:
            return ()
        now = self._now()
        self._last = {
            place: at for place, at in self._last.items() if now - at < _OWN_RUN_EVERY
        }
        chosen = []
        for one in outcomes:
            if left_otherwise(one) and one.destination not in self._last:
                self._last[one.destination] = now
                chosen.append(one)
        return tuple(chosen)


class Recorder:
    """Tells Prefect, one by one, what happened while it was not told."""

    def __init__(self, api: PrefectApi, gate: Gate, recorded: Recorded) -> None:
        self._api, self._gate, self._recorded = api, gate, recorded
        self._waiting: deque[FinishedRun] = deque()
        self._uncounted = 0
        self._news = asyncio.Event()

    def add(self, run: FinishedRun) -> None:
        """Remember it, or count it when too many are remembered."""
        if len(self._waiting) >= REMEMBERED:
            self._uncounted += 1
            return
        self._waiting.append(run)
        self._news.set()

    def remember(self, batch: Batch, own_runs: OwnRuns) -> None:
        """A batch that no run has carried to its end."""
        for outcome in own_runs.choose(batch.outcomes):
            self.add(finished_alone(batch, outcome))
        self.add(finished(batch))

    async def settle(self, seconds: float) -> None:
        """Give what is remembered a moment to be recorded."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._waiting and self._gate.is_closed:
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_SETTLE_LOOK_SECONDS)
        if self._waiting:
            _log.warning("runs_not_recorded", count=len(self._waiting))

    async def keep_recording(self) -> None:
        """For ever: the oldest first, whenever Prefect answers."""
        while True:
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
            else:
                await self._gate.until_closed()
                await self._record(self._waiting[0])

    async def _record(self, run: FinishedRun) -> None:
        try:
            known = await self._api.record(self._gate.deployment, run.run, run.ending)
        except PrefectAway as error:
            self._gate.failed(error.code, error.detail)
            return
        except PrefectRefused as error:
            _log.warning("run_refused", run=run.run.key, code=error.code)
        else:
            if run.stands_for_batch:
                self._recorded(run.run.batch, known)
        self._waiting.popleft()
        if self._uncounted and not self._waiting:
            self.add(self._summary())

    def _summary(self) -> FinishedRun:
        count, self._uncounted = self._uncounted, 0
        _log.warning("runs_not_recorded", count=count)
        run = NewRun(
            key=uuid.uuid4().hex,
            name=f"{count} Läufe nicht aufgezeichnet",
            tags=(),
            batch="",
            worker="",
        )
        return FinishedRun(run=run, ending=UNRECORDED, stands_for_batch=False)
