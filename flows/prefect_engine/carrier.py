"""Carries batches in flow runs: what happens on the engine's own loop."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from prefect.client.schemas.objects import FlowRun
from prefect.context import SyncClientContext
from prefect.exceptions import PrefectSignal
from prefect.flow_engine import run_flow_async

from flows.batch import Batch
from flows.prefect_engine.bodies import Carriage
from flows.prefect_engine.client import FrugalClient, FrugalContext, client_settings
from flows.prefect_engine.events import EventPost
from flows.prefect_engine.gate import Gate
from flows.prefect_engine.open_runs import opened
from flows.prefect_engine.records import OwnRuns, Recorder, new_run
from flows.prefect_engine.rest import Address, PrefectApi
from flows.process_cases import process_cases
from schemas.errors import PrefectAway, PrefectRefused

_log = structlog.get_logger(__name__)
BEGIN_SECONDS: Final = 2.5
"""If a run has not begun by then, it shall not keep the worker waiting."""
_SLOW: Final = "E-PREFECT-SLOW"
_BROKEN: Final = "E-PREFECT-RUN"
# With a deployment Prefect's engine blocks a thread for 0.2 s to watch for suspension
# (measured); with a queue its events look the queue up.
_UNTIED: Final = {"deployment_id": None, "work_queue_id": None, "work_pool_name": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Carried:
    task: asyncio.Task[None]
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Carrier:
    """One per engine; everything here happens on the engine's loop."""

    def __init__(
        self, *, api: PrefectApi, client: FrugalClient, gate: Gate, recorder: Recorder
    ) -> None:
        self._api, self._client = api, client
        self._gate, self._recorder = gate, recorder
        self._own_runs = OwnRuns(asyncio.get_running_loop().time)
        self._carried: dict[str, _Carried] = {}
        # Holds Prefect's settings and clients; callers bring their own context.
        self._context = contextvars.copy_context()

    def carry(self, batch: Batch) -> None:
        """Begin to carry a batch that the worker has offered."""
        over = asyncio.Event()
        task = asyncio.get_running_loop().create_task(
            self._carry(batch, over), context=self._context.copy()
        )
        self._carried[batch.id] = _Carried(task=task, over=over)
        task.add_done_callback(lambda _: self._carried.pop(batch.id, None))

    def ended(self, batch: Batch) -> None:
        """The work is done; its run says so by itself, or it is remembered."""
        if (carried := self._carried.get(batch.id)) is not None:
            carried.over.set()
        else:
            self._recorder.remember(batch, self._own_runs)

    async def settle(self, seconds: float) -> None:
        """Let open runs report for a moment."""
        for carried in self._carried.values():
            carried.over.set()
        if tasks := [carried.task for carried in self._carried.values()]:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()

    async def _carry(self, batch: Batch, over: asyncio.Event) -> None:
        reported = await self._run(batch)
        # Whatever happened to the run: nobody waits for it.
        batch.begin_from_engine(None)
        await over.wait()
        if not reported:
            self._recorder.remember(batch, self._own_runs)

    async def _run(self, batch: Batch) -> bool:
        """Whether Prefect knows how it ended."""
        carriage = Carriage(
            batch, api=self._api, recorder=self._recorder, own_runs=self._own_runs
        )
        impatience = asyncio.get_running_loop().call_later(
            BEGIN_SECONDS, self._hurry, carriage
        )
        try:
            return await self._in_run(batch, carriage)
        except (PrefectAway, PrefectRefused) as error:
            self._gate.failed(error.code, error.detail)
        except PrefectSignal:
            # Somebody has cancelled or paused it in Prefect: that is told at the end.
            _log.info("run_tampered_with", run=batch.run_id)
        except Exception as error:  # noqa: BLE001 - Prefect may fail as it likes
            self._gate.failed(_BROKEN, type(error).__name__)
        finally:
            impatience.cancel()
        return False

    async def _in_run(self, batch: Batch, carriage: Carriage) -> bool:
        run = new_run(batch)
        described = await self._api.create(self._gate.deployment, run)
        if batch.begun.is_set():
            self._gate.failed(_SLOW)
            return False
        known = FlowRun.model_validate(described | _UNTIED)
        batch.run_id = str(known.id)
        with opened(batch, carriage.body), self._client.carrying(known):
            await run_flow_async(
                process_cases,
                flow_run=known,
                parameters={"batch": run.batch, "worker": run.worker},
                return_type="state",
            )
        if carriage.is_late:
            self._gate.failed(_SLOW)
        return carriage.says_how_it_ended(known.state)

    def _hurry(self, carriage: Carriage) -> None:
        if not carriage.has_begun:
            self._gate.failed(_SLOW)
            carriage.go_ahead()


@asynccontextmanager
async def carrying(
    address: Address,
    *,
    api: PrefectApi,
    gate: Gate,
    recorder: Recorder,
    events: EventPost,
) -> AsyncIterator[Carrier]:
    """Prefect's client and contexts, open once and not for every run."""
    _quieten()
    with client_settings(address, events), SyncClientContext():
        client = FrugalClient(address)
        async with FrugalContext(client):
            yield Carrier(api=api, client=client, gate=gate, recorder=recorder)


def _quieten() -> None:
    """What Prefect's engine says of a run we say better, and it is no cheap saying."""
    for name in ("flow_runs", "task_runs", "engine", "_internal"):
        logging.getLogger(f"prefect.{name}").setLevel(logging.CRITICAL)
