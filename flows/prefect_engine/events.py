"""Events of tasks on their way to Prefect: one request for many, none waited for."""

import asyncio
import contextlib
from typing import Final, Protocol

from flows.prefect_engine.gate import Gate
from flows.prefect_engine.rest import PrefectApi
from schemas.errors import PrefectAway, PrefectRefused

_GATHER_SECONDS: Final = 0.1
_REMEMBERED: Final = 2_000


class SentEvent(Protocol):
    """What we need of Prefect's Event."""

    def model_dump_json(self) -> str:
        """As the server takes it."""
        ...


class EventPost:
    """Takes events on any thread, sends them on the engine's loop.

    Prefect's own client would hold a websocket open, and hang on to a server that
    does not answer for minutes, at the end of the process as well.
    """

    def __init__(self, api: PrefectApi, gate: Gate) -> None:
        self._api, self._gate = api, gate
        self._loop = asyncio.get_running_loop()
        self._waiting: list[str] = []
        self._news = asyncio.Event()

    def put(self, item: tuple[str, SentEvent]) -> None:
        """Fills what Prefect thinks is the queue of a parent process."""
        _, event = item
        with contextlib.suppress(RuntimeError):  # the engine has been given up
            self._loop.call_soon_threadsafe(self._take, event.model_dump_json())

    async def keep_sending(self) -> None:
        """For ever; what cannot be sent now is dropped: it only decorates a run."""
        while True:
            await self._news.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            await self.send()

    async def send(self) -> None:
        """What has gathered."""
        self._news.clear()
        events, self._waiting = self._waiting, []
        if events and self._gate.is_closed:
            with contextlib.suppress(PrefectAway, PrefectRefused):
                await self._api.send_events(events)

    def _take(self, event: str) -> None:
        if len(self._waiting) < _REMEMBERED:
            self._waiting.append(event)
            self._news.set()
