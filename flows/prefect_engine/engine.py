"""Fills Engine: what the worker sees of Prefect, none of it on its own thread."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from flows.batch import Batch
from flows.prefect_engine.circuit import SKIP_SECONDS
from flows.prefect_engine.events import EventPost
from flows.prefect_engine.gate import Gate
from flows.prefect_engine.reconcile import NOTHING, Reconciled, close_abandoned
from flows.prefect_engine.records import Recorder
from flows.prefect_engine.rest import Address, PrefectApi
from flows.prefect_engine.thread import EngineThread
from flows.prefect_settings import client_environment
from schemas.errors import DatabaseAway, PrefectAway, PrefectRefused

if TYPE_CHECKING:
    from flows.prefect_engine.carrier import Carrier

_log = structlog.get_logger(__name__)
_STUCK_SECONDS: Final = 2.5
_SETTLE_SECONDS: Final = 2.0
_RECORD_SECONDS: Final = 1.5
_STOP_SECONDS: Final = 4.5
_RECONCILE_SECONDS: Final = 20.0
_TELL_TIMES: Final = 5
_TELL_PAUSE: Final = 1.0

MarkRecorded = Callable[[str, str], Awaitable[bool]]
"""Told which batch became which run of Prefect's after all; False = not known yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Inside:
    """What lives on the thread."""

    api: PrefectApi
    gate: Gate
    recorder: Recorder
    events: EventPost
    carrier: "Carrier"


class PrefectEngine:
    """Shows batches as flow runs of one Prefect server."""

    def __init__(
        self,
        address: Address,
        *,
        recorded: MarkRecorded | None = None,
        home: Path | None = None,
        skip_seconds: float = SKIP_SECONDS,
    ) -> None:
        """``recorded`` is awaited on the event loop that has called ``start``.

        ``home`` is AMTSWEG_HOME: without it Prefect's client keeps its few files
        where it always does, below the user's own folder.
        """
        self._address, self._recorded, self._home = address, recorded, home
        self._skip_seconds = skip_seconds
        self._thread = EngineThread(self._live)
        self._worker: asyncio.AbstractEventLoop | None = None
        self._inside: _Inside | None = None
        self._unanswered_since: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether Prefect has answered and not failed since."""
        return self._inside is not None and self._inside.gate.is_closed

    async def start(self) -> None:
        """See the port."""
        self._worker = asyncio.get_running_loop()
        self._thread.start()

    def offer(self, batch: Batch) -> bool:
        """See the port."""
        if not self.is_ready:
            return False
        now = time.monotonic()
        if self._unanswered_since is None:
            self._unanswered_since = now
        elif now - self._unanswered_since > _STUCK_SECONDS:
            # Something of Prefect's blocks its loop.
            return False
        return self._thread.post(lambda: self._carry(batch))

    def ended(self, batch: Batch) -> None:
        """See the port."""
        self._thread.post(lambda: self._ended(batch))

    async def reconcile(self, alive: frozenset[str]) -> Reconciled:
        """Close runs whose worker is not among the living; nothing while away."""
        inside = self._inside
        if inside is None or not inside.gate.is_closed:
            return NOTHING
        try:
            return await self._thread.call(
                close_abandoned(inside.api, alive), _RECONCILE_SECONDS
            )
        except (PrefectAway, PrefectRefused, TimeoutError):
            return NOTHING

    async def stop(self) -> None:
        """See the port; ends within 5 s whatever Prefect does."""
        if not await self._thread.stop(_STOP_SECONDS):
            _log.warning("prefect_given_up")

    def _carry(self, batch: Batch) -> None:
        self._unanswered_since = None
        if self._inside is not None:
            self._inside.carrier.carry(batch)

    def _ended(self, batch: Batch) -> None:
        if self._inside is not None:
            self._inside.carrier.ended(batch)

    async def _live(self, stop: asyncio.Event) -> None:
        async with self._opened() as inside:
            self._inside = inside
            lasting = [
                asyncio.create_task(inside.gate.keep_trying(inside.api)),
                asyncio.create_task(inside.recorder.keep_recording()),
                asyncio.create_task(inside.events.keep_sending()),
            ]
            await stop.wait()
            await inside.carrier.settle(_SETTLE_SECONDS)
            await inside.recorder.settle(_RECORD_SECONDS)
            await inside.events.send()
            self._inside = None
            for task in lasting:
                task.cancel()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[_Inside]:
        if self._home is not None:
            # Prefect reads its environment when it is imported: now.
            for name, value in client_environment(
                self._home, self._address.url
            ).items():
                os.environ.setdefault(name, value)
        # That takes a second: the worker works meanwhile.
        from flows.prefect_engine.carrier import carrying  # noqa: PLC0415

        gate = Gate(time.monotonic, self._skip_seconds)
        async with PrefectApi(self._address) as api:
            recorder = Recorder(api, gate, self._tell)
            events = EventPost(api, gate)
            async with carrying(
                self._address,
                api=api,
                gate=gate,
                recorder=recorder,
                events=events,
            ) as carrier:
                yield _Inside(
                    api=api,
                    gate=gate,
                    recorder=recorder,
                    events=events,
                    carrier=carrier,
                )

    def _tell(self, batch: str, run: str) -> None:
        if self._recorded is not None and self._worker is not None:
            telling = _told(self._recorded, batch, run)
            try:
                asyncio.run_coroutine_threadsafe(telling, self._worker)
            except RuntimeError:  # the worker has ended
                telling.close()


async def _told(recorded: MarkRecorded, batch: str, run: str) -> None:
    """Our own record of the run may be written a moment later."""
    for _ in range(_TELL_TIMES):
        with contextlib.suppress(DatabaseAway):
            if await recorded(batch, run):
                return
        await asyncio.sleep(_TELL_PAUSE)
    _log.warning("run_not_marked", run=run)
