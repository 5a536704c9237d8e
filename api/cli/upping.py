"""What ``up`` does, in order: prepare, start, tell, and stop when asked."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from adapters.registry import standard_registry
from api.cli.claim import claimed
from api.cli.demo.mailbox import sandbox_folder, write_source
from api.cli.demo.preparing import (
    copy_example,
    mark_copied,
    prepare_token,
    specialist_port,
)
from api.cli.demo.showing import Demonstration
from api.cli.errors import OK, REFUSED
from api.cli.output import note, say
from api.cli.ports import HERE, check_free
from api.cli.prefect_side import PrefectSide, site_of
from api.cli.signals import stop_asked
from api.cli.together import (
    Together,
    until_door_answers,
    until_fitconnect_answers,
    until_specialist_answers,
    until_worker_lives,
)
from schemas.clock import SystemClock
from schemas.services import Configuration
from storage.database import Database
from storage.migrate import upgrade_async
from storage.settings import Settings
from storage.steps_in_use import check_steps
from storage.vitals import living_workers
from storage.wiring import key_ring, load_configuration, make_home, mode_of

_LOCK: Final = "up.lock"
_PREFECT_SECONDS: Final = 40.0
_SEEN_SECONDS: Final = 1.5
"""The worker looks for Prefect about once a second."""


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
        # A server that somebody runs already is used, and none is started.
        own_prefect = wish.with_prefect and not settings.prefect_url
        site = site_of(settings)
        if own_prefect:
            settings = settings.model_copy(update={"prefect_url": site.url})
        elif not wish.with_prefect:
            settings = settings.model_copy(update={"prefect_url": ""})
        self._settings = settings
        self._wish = wish
        self._prefect = PrefectSide(site=site, say=note) if own_prefect else None
        self._processes = Together(settings=settings, say=note)
        self._addresses: list[tuple[str, str]] = []

    async def run(self) -> int:
        """Until cancelled, or until the demonstration is over."""
        note(f"Amtsweg {version('amtsweg')} in {self._settings.home}")
        is_ours = self._write_example()
        configuration = self._configuration()
        self._check_ports(configuration)
        async with AsyncExitStack() as opened:
            database = Database(self._settings.database, pool_size=2)
            opened.push_async_callback(database.close)
            await self._prepare(database, configuration)
            opened.push_async_callback(self._stop)
            if is_ours:
                await self._start_fitconnect()
                configuration = self._configuration()
            await self._start(database, configuration)
            if not self._wish.demo:
                return await _for_ever()
            await self._wait_for_prefect()
            demonstration = Demonstration(
                settings=self._settings,
                configuration=configuration,
                database=database,
                processes=self._processes,
                with_fitconnect=is_ours,
            )
            went_well = await demonstration.run(self._wish.count, self._wish.every)
            return OK if went_well else REFUSED

    def _write_example(self) -> bool:
        """Whether the demonstration may add its FIT-Connect: nobody has changed it."""
        is_first = not self._settings.config_folder.exists()
        copied = (self._wish.demo or is_first) and copy_example(self._settings)
        if is_first and self._settings.config is None:
            note(f"The example is in {self._settings.config_folder}; make it yours.")
        return copied and self._wish.demo

    def _configuration(self) -> Configuration:
        return load_configuration(self._settings, standard_registry().validate)

    async def _start_fitconnect(self) -> None:
        """Before everybody else: what it makes is part of the configuration."""
        settings = self._settings
        check_free(HERE, settings.fitconnect_port, "AMTSWEG_FITCONNECT_PORT")
        folder = sandbox_folder(settings)
        if not folder.exists():
            note("A FIT-Connect makes its keys …")
        self._processes.keep(
            "fitconnect",
            *("sandbox", "fitconnect", "--port", str(settings.fitconnect_port)),
            *("--dir", str(folder)),
        )
        await until_fitconnect_answers(settings)
        write_source(settings)
        mark_copied(settings)
        self._addresses.append(
            ("FIT-Connect", f"http://{HERE}:{settings.fitconnect_port}/_sandbox")
        )

    def _check_ports(self, configuration: Configuration) -> None:
        check_free(self._settings.host, self._settings.port, "AMTSWEG_PORT")
        if self._wish.demo and (port := specialist_port(configuration)):
            check_free(HERE, port, "AMTSWEG_SPECIALIST_PORT")
        if self._prefect:
            check_free(HERE, self._settings.prefect_port, "AMTSWEG_PREFECT_PORT")

    async def _prepare(self, database: Database, configuration: Configuration) -> None:
        await upgrade_async(self._settings.database)
        await check_steps(database)
        mode = mode_of(self._settings, configuration.installation)
        key_ring(self._settings, mode, SystemClock()).current_name()
        if self._wish.demo:
            tenant = configuration.installation.tenant
            token = self._settings.home / "demo" / "token"
            await prepare_token(database, tenant, token)
        note("Database and keys are ready.")

    async def _start(self, database: Database, configuration: Configuration) -> None:
        settings, processes = self._settings, self._processes
        addresses = self._addresses
        addresses.insert(0, ("Door", f"http://{settings.host}:{settings.port}"))
        processes.keep("door", "serve")
        waits = [until_door_answers(settings)]
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
        before = await living_workers(database)
        processes.keep("worker", "work", AMTSWEG_PREFECT_URL=settings.prefect_url)
        waits.append(until_worker_lives(settings, database, before))
        if self._prefect:
            self._prefect.start()
            addresses.append(("Prefect", f"http://{HERE}:{settings.prefect_port}"))
        await asyncio.gather(*waits)
        for name, address in addresses:
            say(f"{name:<18} {address}")
        say(f"{'Logs':<18} {settings.logs_folder}")
        say("Ctrl-C ends it all.")
        say()

    async def _wait_for_prefect(self) -> None:
        """So that the demonstration can be seen there from the first case on."""
        if not self._prefect:
            return
        note("Prefect is starting …")
        try:
            async with asyncio.timeout(_PREFECT_SECONDS):
                await self._prefect.ready.wait()
            await asyncio.sleep(_SEEN_SECONDS)
            note("Prefect is ready.")
        except TimeoutError:
            note("Prefect takes long; the work begins without it.")

    async def _stop(self) -> None:
        if self._prefect:
            await asyncio.gather(self._processes.stop(), self._prefect.stop_ops())
            await self._prefect.stop_server()
        else:
            await self._processes.stop()


async def _for_ever() -> int:
    await asyncio.Event().wait()
    return OK
