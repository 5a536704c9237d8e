"""What ``up`` does, in order: prepare, start, tell, and stop when asked."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from adapters.registry import standard_registry
from api.cli.claim import claimed
from api.cli.demo.preparing import copy_example, prepare_token, specialist_port
from api.cli.demo.showing import Demonstration
from api.cli.errors import OK, REFUSED
from api.cli.output import note, say
from api.cli.ports import HERE, check_free
from api.cli.signals import stop_asked
from api.cli.together import (
    Together,
    together,
    until_door_answers,
    until_specialist_answers,
    until_worker_lives,
)
from schemas.clock import SystemClock
from schemas.services import Configuration
from storage.database import Database
from storage.migrate import upgrade_async
from storage.settings import Settings
from storage.steps_in_use import check_steps
from storage.wiring import key_ring, load_configuration, make_home, mode_of

_LOCK: Final = "up.lock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be brought up."""

    demo: bool
    count: int
    every: float
    with_prefect: bool


async def bring_up(settings: Settings, wish: Wish) -> int:
    """Run everything until asked to stop; the exit code.

    Raises what stands in the way: AlreadyRunning, PortTaken, ConfigurationInvalid.
    """
    make_home(settings)
    with claimed(settings.home / _LOCK), stop_asked(again="Stopping …") as stop:
        asked = asyncio.create_task(stop.wait())
        running = asyncio.create_task(_Up(settings, wish).run())
        await asyncio.wait({asked, running}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        running.cancel()
        try:
            return await running
        except asyncio.CancelledError:
            return OK


class _Up:
    def __init__(self, settings: Settings, wish: Wish) -> None:
        self._settings = settings
        self._wish = wish

    async def run(self) -> int:
        """Until cancelled, or until the demonstration is over."""
        note(f"Amtsweg {version('amtsweg')} in {self._settings.home}")
        configuration = self._configuration()
        self._check_ports(configuration)
        async with AsyncExitStack() as opened:
            database = Database(self._settings.database, pool_size=2)
            opened.push_async_callback(database.close)
            await self._prepare(database, configuration)
            processes = await opened.enter_async_context(together(self._settings, note))
            await self._start(processes, database, configuration)
            if self._wish.demo:
                demonstration = Demonstration(
                    settings=self._settings,
                    configuration=configuration,
                    database=database,
                    processes=processes,
                )
                went_well = await demonstration.run(self._wish.count, self._wish.every)
                return OK if went_well else REFUSED
            return await _for_ever()

    def _configuration(self) -> Configuration:
        if self._wish.demo:
            copy_example(self._settings)
        return load_configuration(self._settings, standard_registry().validate)

    def _check_ports(self, configuration: Configuration) -> None:
        check_free(self._settings.host, self._settings.port, "AMTSWEG_PORT")
        if self._wish.demo and (port := specialist_port(configuration)):
            check_free(HERE, port, "AMTSWEG_SPECIALIST_PORT")
        if self._wish.with_prefect:
            check_free(HERE, self._settings.prefect_port, "AMTSWEG_PREFECT_PORT")

    async def _prepare(self, database: Database, configuration: Configuration) -> None:
        await upgrade_async(self._settings.database)
        await check_steps(database)
        mode = mode_of(self._settings, configuration.installation)
        key_ring(self._settings, mode, SystemClock()).current_name()
        if self._wish.demo:
            tenant = configuration.installation.tenant
            await prepare_token(
                database, tenant, self._settings.home / "demo" / "token"
            )
        note("Database and keys are ready.")

    async def _start(
        self, processes: Together, database: Database, configuration: Configuration
    ) -> None:
        settings = self._settings
        waits: list[Awaitable[None]] = []
        addresses = [("Door", f"http://{settings.host}:{settings.port}")]
        processes.keep("door", "serve")
        waits.append(until_door_answers(settings))
        port = specialist_port(configuration) if self._wish.demo else None
        if port:
            folder = settings.home / "demo" / "specialist"
            processes.keep(
                "specialist",
                *("sandbox", "specialist", "--port", str(port)),
                *("--folder", str(folder)),
            )
            waits.append(until_specialist_answers(settings, port))
            addresses.append(("Specialist system", f"http://{HERE}:{port}/_sandbox"))
        await asyncio.gather(*waits)
        worker = asyncio.create_task(until_worker_lives(settings, database))
        processes.keep("worker", "work", "--without-prefect")
        await worker
        for name, address in addresses:
            say(f"{name:<18} {address}")
        say(f"{'Logs':<18} {settings.logs_folder}")
        say("Ctrl-C ends it all.\n")


async def _for_ever() -> int:
    await asyncio.Event().wait()
    return OK
