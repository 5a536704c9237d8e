"""From settings to a worker: what it needs, and one incarnation after the other."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

import structlog

from adapters.base import Surroundings
from adapters.fitconnect.tables import problems_of, routes_of
from adapters.registry import Registry, standard_registry
from adapters.secrets import MachineSecrets
from flows.batch import Batch
from flows.case_run import CaseRunner
from flows.checking.checker import Checker
from flows.current_packs import CurrentPacks
from flows.engine import Engine, NoEngine
from flows.heartbeat import Heartbeat
from flows.house import Duty, duties_of, keep_house, sweeping
from flows.outboxes import ConfiguredOutboxes
from flows.plan import Plans
from flows.ports import Ports
from flows.prefect_engine.engine import PrefectEngine
from flows.prefect_engine.rest import Address
from flows.sources.inboxes import ConfiguredInboxes
from flows.sources.nudges import Nudges
from flows.sources.poller import Poller
from flows.sources.wiring import channel_duties, poller_for, source_ports
from flows.turns import Turns
from flows.worker import Worker
from schemas.errors import DatabaseAway
from schemas.ids import WorkerId
from schemas.rules.queues import destination_queue, share_of
from schemas.services import Configuration, Mode
from storage.channels import ChannelStore
from storage.delivery_notes import SqlDeliveryNotes
from storage.destinations import SqlDestinations
from storage.duties import Duties
from storage.jobs import JobStore
from storage.key_register import KeyRegister
from storage.ledger import Ledger
from storage.papers import PaperStore
from storage.rewrap import Rewrapping
from storage.runs import CaseOfRun, RunStore
from storage.settings import Settings, read_settings
from storage.wake import Wake, listening
from storage.wiring import (
    Stores,
    load_configuration,
    mode_of,
    open_stores,
    places_of_packs,
)
from storage.worklist import Worklist

_log = structlog.get_logger(__name__)
_RETRY_SECONDS: Final = 1.0
_REWRAP_SECONDS: Final = 60.0
_RECONCILE_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """What all incarnations of a worker have in common."""

    settings: Settings
    stores: Stores
    configuration: Configuration
    ports: Ports
    wake: Wake
    inboxes: ConfiguredInboxes
    nudges: Nudges


@asynccontextmanager
async def open_workplace(settings: Settings) -> AsyncIterator[Workplace]:
    """Opened for this event loop, and given back.

    Raises ConfigurationInvalid, KeyMissing, and what ``open_stores`` raises.
    """
    registry = standard_registry()
    configuration = _configuration(settings, registry)
    mode = mode_of(settings, configuration.installation)
    async with open_stores(settings, mode) as stores, AsyncExitStack() as opened:
        stores.keys.current_name()
        await SqlDestinations(stores.database).sync(configuration.destinations.values())
        around = _surroundings(settings, stores)
        outboxes = ConfiguredOutboxes(configuration.destinations, registry, around)
        inboxes, checker = ConfiguredInboxes(registry, around), _checker(settings)
        for connected in (outboxes, inboxes, checker):
            opened.push_async_callback(connected.aclose)
        wake, nudges = Wake(), Nudges()
        await opened.enter_async_context(listening(stores.database, wake))
        yield Workplace(
            settings=settings,
            stores=stores,
            configuration=configuration,
            ports=Ports(
                ledger=Ledger(stores.database),
                papers=PaperStore(stores.database),
                vault=stores.vault,
                archive=stores.archive,
                outboxes=outboxes,
                checker=checker,
                clock=stores.clock,
                turns=Turns(limit_of(settings, configuration)),
                channels=ChannelStore(stores.database),
                answered=nudges,
                owners=configuration.owners,
                is_test=False if mode is Mode.PRODUCTION else None,
            ),
            wake=wake,
            inboxes=inboxes,
            nudges=nudges,
        )


def _configuration(settings: Settings, registry: Registry) -> Configuration:
    """With the tables that are read when they are needed: they might be wrong, too."""
    configuration = load_configuration(settings, registry.validate)
    problems_of(settings.config_folder)
    routes_of(settings.config_folder)
    return configuration


def _surroundings(settings: Settings, stores: Stores) -> Surroundings:
    return Surroundings(
        secrets=MachineSecrets(environ=os.environ, home=settings.home),
        home=settings.home,
        clock=stores.clock,
        notes=SqlDeliveryNotes(stores.database),
        config=settings.config_folder,
    )


def _checker(settings: Settings) -> CurrentPacks:
    places = places_of_packs(settings)
    return CurrentPacks(
        places=places,
        open=lambda: Checker(places, processes=settings.check_processes),
    )


def limit_of(settings: Settings, configuration: Configuration) -> Callable[[str], int]:
    """How many of a destination's cases this worker lets go at once."""
    share = share_of(settings.slots)
    known = {
        destination_queue(one.tenant, one.id): min(one.max_parallel, share)
        for one in configuration.destinations.values()
    }
    return lambda queue: known.get(queue, share)


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Work until told to stop; whoever has lost its lease begins anew."""
    async with open_workplace(settings) as place:
        while not stop.is_set():
            try:
                async with Incarnation(place, engine_for(place)) as incarnation:
                    await incarnation.run(stop)
            except DatabaseAway:
                _log.warning("database_away")
                await _pause(stop, _RETRY_SECONDS)


async def work_once(settings: Settings | None = None) -> int:
    """Look into every source, do what is due, and end; how often a case was leased."""
    async with (
        open_workplace(settings or read_settings()) as place,
        Incarnation(place, NoEngine()) as incarnation,
    ):
        return await incarnation.run_until_idle()


class Incarnation:
    """One life of a worker, from its registration to its lease's end."""

    def __init__(self, place: Workplace, engine: Engine) -> None:
        self._place = place
        self._engine = engine
        self._id = WorkerId(uuid.uuid4().hex)
        self._runs = RunStore(place.stores.database)
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._worklist = Worklist(
            place.stores.database, self._id, host=socket.gethostname()
        )
        self._heartbeat = Heartbeat(place.settings.database, self._id, lost=self._lose)

    async def __aenter__(self) -> Self:
        await self._worklist.register()
        self._heartbeat.start()
        await self._engine.start()
        _log.info("worker_ready", worker=self._id, slots=self._place.settings.slots)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._heartbeat.stop)
        await self._engine.stop()
        _log.info("worker_retired", worker=self._id)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, or until others have taken over."""
        duties = Duties(self._place.stores.database, self._id)
        told = asyncio.create_task(stop.wait())
        told.add_done_callback(lambda _: self._over.set())
        house = asyncio.create_task(
            keep_house(duties, self._rounds(duties), self._over)
        )
        sources = asyncio.create_task(self._poller(duties).run(self._over))
        try:
            await self._worker().run(self._over)
        finally:
            told.cancel()
            self._over.set()
            # A long round (sweeping, say) is not waited for: it can be resumed.
            await asyncio.wait({house, sources}, timeout=_GRACE_SECONDS)
            house.cancel()
            sources.cancel()
            await asyncio.gather(told, house, sources, return_exceptions=True)

    async def run_until_idle(self) -> int:
        """Fetch, do what is due, answer; then give everything back."""
        poller = self._poller(Duties(self._place.stores.database, self._id))
        worker = self._worker()
        try:
            await poller.look()
            done = await worker.run_until_idle()
            await poller.answer()
        finally:
            await poller.leave()
        self._over.set()
        await worker.run(self._over)
        return done

    def _poller(self, duties: Duties) -> Poller:
        place = self._place
        ports = source_ports(place.stores, place.configuration, place.wake)
        return poller_for(
            place.configuration, place.inboxes, ports, duties, nudges=place.nudges
        )

    def _worker(self) -> Worker:
        runner = CaseRunner(
            self._place.ports, Plans(self._place.ports.papers), self._worklist
        )
        return Worker(
            worklist=self._worklist,
            work_case=runner.work,
            engine=self._engine,
            record=self._record,
            wake=self._place.wake,
            clock=self._place.stores.clock,
            slots=self._place.settings.slots,
            shows_tasks=self._place.settings.prefect_tasks,
        )

    def _rounds(self, duties: Duties) -> tuple[Duty, ...]:
        stores, wake = self._place.stores, self._place.wake
        jobs = JobStore(stores.database)
        return (
            *duties_of(duties, self._worklist, jobs, wake),
            sweeping(
                stores.vault, stores.archive, self._place.ports.papers, stores.clock
            ),
            rewrapping(stores),
            *channel_duties(
                stores,
                self._place.configuration,
                self._place.ports.outboxes,
                self._place.inboxes,
            ),
            *reconciling(self._engine, self._runs),
        )

    async def _record(self, batch: Batch) -> None:
        owners = {leased.case.id: leased.case for leased in batch.cases}
        await self._runs.record(
            batch.run_id or batch.id,
            [
                CaseOfRun(
                    case=one.case,
                    tenant=owners[one.case].tenant,
                    office=owners[one.case].office,
                    outcome=one.code or one.state,
                )
                for one in batch.outcomes
            ],
            started_at=batch.leased_at,
            recorded=bool(batch.run_id),
        )

    def _lose(self) -> None:
        # From the heartbeat's thread.
        self._loop.call_soon_threadsafe(self._over.set)


def engine_for(place: Workplace) -> Engine:
    """What shows the runs: Prefect where its address is known."""
    settings = place.settings
    if not settings.prefect_url:
        return NoEngine()
    return PrefectEngine(
        Address(
            url=settings.prefect_url, auth=settings.prefect_auth.get_secret_value()
        ),
        recorded=RunStore(place.stores.database).mark_recorded,
        home=settings.home,
    )


def reconciling(engine: Engine, runs: RunStore) -> tuple[Duty, ...]:
    """Runs in Prefect that nobody works on any more are closed."""
    if not isinstance(engine, PrefectEngine):
        return ()

    async def reconcile() -> None:
        await engine.reconcile(frozenset(await runs.living_workers()))

    return (Duty(name="reconcile", every=_RECONCILE_SECONDS, do=reconcile),)


def rewrapping(stores: Stores) -> Duty:
    """After a rotation, data keys are wrapped by the new key, a part at a time."""
    rewrapping = Rewrapping(stores.database, stores.keys)
    register = KeyRegister(stores.database)

    async def rewrap() -> None:
        await register.follow(stores.keys.names(), stores.keys.current_name())
        done = await rewrapping.some()
        if done.rewrapped or done.unreadable:
            _log.info("rewrapped", data_keys=done.rewrapped, unreadable=done.unreadable)

    return Duty(name="rewrap", every=_REWRAP_SECONDS, do=rewrap)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
