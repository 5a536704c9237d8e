"""The circuit breaker in use, and what is known of Prefect while it is closed."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from flows.prefect_engine import circuit
from flows.prefect_engine.circuit import SKIP_SECONDS, Circuit, Closed
from flows.prefect_engine.rest import Deployment, PrefectApi
from schemas.errors import PrefectAway, PrefectRefused

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 1.0

Monotonic = Callable[[], float]


class Gate:
    """Says whether Prefect may be bothered.

    ``is_closed`` is read from the worker's thread; all else happens on the
    engine's.
    """

    def __init__(self, now: Monotonic, skip_seconds: float = SKIP_SECONDS) -> None:
        self._now, self._skip = now, skip_seconds
        self._circuit: Circuit = circuit.starting(now())
        self._deployment: Deployment | None = None
        self._opened, self._closed = asyncio.Event(), asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether runs may be offered."""
        return isinstance(self._circuit, Closed)

    @property
    def deployment(self) -> Deployment:
        """Where runs belong. Raises PrefectAway unless the gate is closed."""
        if self._deployment is None or not self.is_closed:
            raise PrefectAway
        return self._deployment

    def failed(self, code: str, detail: str = "") -> None:
        """Prefect failed or was slow: leave it alone for a while."""
        if self.is_closed:
            _log.warning("prefect_skipped", code=code, detail=detail)
        self._circuit = circuit.failed(self._circuit, self._now(), self._skip)
        self._closed.clear()
        self._opened.set()

    async def until_closed(self) -> None:
        """Until runs may be offered."""
        await self._closed.wait()

    async def keep_trying(self, api: PrefectApi) -> None:
        """For ever: the one try whenever it is time for it."""
        while True:
            pause = circuit.pause_before_try(self._circuit, self._now())
            if pause is None:
                await self._opened.wait()
            elif pause:
                await asyncio.sleep(min(pause, _LOOK_SECONDS))
            else:
                await self._try(api)

    async def _try(self, api: PrefectApi) -> None:
        try:
            self._deployment = await api.deployment()
        except (PrefectAway, PrefectRefused) as error:
            self.failed(error.code, error.detail)
            return
        self._circuit = circuit.succeeded()
        self._opened.clear()
        self._closed.set()
        _log.info("prefect_answers")
