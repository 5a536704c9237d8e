"""Prefect beside the work: its server and ops worker, started again when they die."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from schemas.errors import PrefectAway, PrefectNotStarted, PrefectRefused
from storage.settings import Settings

if TYPE_CHECKING:
    from flows.prefect_server import Child, PrefectSite

_ROOT: Final = Path(__file__).parents[2]
"""Where prefect.yaml stands; its entry points are relative."""
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0
_OPS_SECONDS: Final = 3.0
_SERVER_SECONDS: Final = 2.0
_FAILURES: Final = (PrefectNotStarted, PrefectAway, PrefectRefused)


@dataclass(kw_only=True)
class PrefectSide:
    """Kept running; nothing of ours waits for it but what shows it."""

    site: "PrefectSite"
    say: Callable[[str], None]
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once operators find everything there."""
    _keeping: list[asyncio.Task[None]] = field(default_factory=list)
    _server: list["Child"] = field(default_factory=list)
    _ops_worker: list["Child"] = field(default_factory=list)

    def start(self) -> None:
        """In the background."""
        self._keeping.append(asyncio.create_task(self._keep()))

    async def stop_ops(self) -> None:
        """Start nothing more, and end the ops worker: it talks to the server."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await _end(self._ops_worker, _OPS_SECONDS)

    async def stop_server(self) -> None:
        """End the server, when nobody shows anything any more."""
        await _end(self._server, _SERVER_SECONDS)

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._live()
                pause = _FIRST_PAUSE
            except _FAILURES as error:
                self.say(f"{error} The work goes on without it.")
            await _end(self._ops_worker, _OPS_SECONDS)
            await _end(self._server, _SERVER_SECONDS)
            self.say(f"Prefect is started again in {pause:.0f} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _live(self) -> None:
        """Until one of the two ends."""
        from flows.prefect_server import deploy, start_ops_worker, start_server

        self._server.append(await start_server(self.site))
        await deploy(self.site)
        self._ops_worker.append(await start_ops_worker(self.site))
        self.ready.set()
        both = (*self._server, *self._ops_worker)
        waits = [asyncio.create_task(child.wait()) for child in both]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self.say(f"Prefect has ended. See {self.site.logs}")


async def _end(children: "list[Child]", seconds: float) -> None:
    while children:
        await children.pop().stop(seconds)


def site_of(settings: Settings) -> "PrefectSite":
    """Where ``up`` runs Prefect; flows that it starts find the same home."""
    from flows.prefect_server import PrefectSite

    environ = os.environ | {"AMTSWEG_HOME": str(settings.home)}
    return PrefectSite(
        home=settings.home,
        logs=settings.logs_folder,
        root=_ROOT,
        port=settings.prefect_port,
        environment=environ,
        auth=settings.prefect_auth.get_secret_value(),
    )
