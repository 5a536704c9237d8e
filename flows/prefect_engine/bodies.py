"""What the body of a flow run does: have the work begun, and say how it ended."""

import contextlib
from typing import Any

import structlog
from prefect.client.schemas.objects import State, StateType

from flows.batch import Batch
from flows.prefect_engine.crossing import code_of, finished
from flows.prefect_engine.names import (
    LATE,
    UNKNOWN_RUN,
    Ending,
    artifact_of,
    completed,
    ending_of,
    failed,
    worked_on,
)
from flows.prefect_engine.open_runs import body_of
from flows.prefect_engine.records import OwnRuns, Recorder, finished_alone
from flows.prefect_engine.rest import PrefectApi
from flows.prefect_engine.tasks import PrefectTasks
from schemas.errors import PrefectAway, PrefectRefused

_log = structlog.get_logger(__name__)


class Carriage:
    """One batch in one run of Prefect's."""

    def __init__(
        self, batch: Batch, *, api: PrefectApi, recorder: Recorder, own_runs: OwnRuns
    ) -> None:
        self._batch, self._api = batch, api
        self._recorder, self._own_runs = recorder, own_runs
        self.has_begun = False
        self.is_late = False
        """The worker did not wait and has begun by itself."""
        self._message = ""

    async def body(self) -> State[Any]:
        """Runs on the engine's loop, inside the flow run."""
        self.has_begun = True
        batch = self._batch
        tasks = PrefectTasks(batch.loop) if batch.is_alone else None
        future = batch.begin_from_engine(tasks)
        if future is None:
            self.is_late = True
            return state_of(completed(LATE))
        await finished(future)
        if tasks is not None:
            await tasks.settled()
        await self._describe()
        ending = ending_of(batch.outcomes, len(batch.cases))
        self._message = ending.message
        return state_of(ending)

    def go_ahead(self) -> None:
        """Have the work begun without this run."""
        self._batch.begin_from_engine(None)

    def says_how_it_ended(self, state: State[Any] | None) -> bool:
        """Whether the run's last state is the one that the body gave it."""
        return not self.is_late and state is not None and state.message == self._message

    async def _describe(self) -> None:
        batch = self._batch
        own = self._own_runs.choose(batch.outcomes)
        for outcome in own:
            self._recorder.add(finished_alone(batch, outcome))
        table = artifact_of(batch.outcomes, own={one.case for one in own})
        with contextlib.suppress(PrefectAway, PrefectRefused):
            await self._api.describe(batch.run_id, table)


async def process(batch: str) -> State[Any]:
    """The body of process-cases, whoever has started it."""
    if (body := body_of(batch)) is not None:
        state: State[Any] = await body()
        return state
    if batch:
        # A run of the past that somebody has retried: it has nothing to do.
        return state_of(completed(UNKNOWN_RUN))
    return await _work_once()


async def _work_once() -> State[Any]:
    # Late, since the wiring imports all there is, and Prefect only this.
    from flows.wiring import work_once  # noqa: PLC0415

    try:
        done = await work_once()
    except Exception as error:  # noqa: BLE001 - Prefect is told codes only
        code = code_of(error)
        _log.warning("work_once_failed", code=code, error=type(error).__name__)
        return state_of(failed(code))
    return state_of(completed(worked_on(done)))


def state_of(ending: Ending) -> State[Any]:
    """As Prefect's client wants it."""
    return State(
        type=StateType(ending.verdict.value), name=ending.name, message=ending.message
    )
