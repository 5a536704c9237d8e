"""The whole examination: it changes nothing; what is wrong is a result."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

from adapters.registry import Registry, standard_registry
from api.doctor import engine, mailboxes, outside, packs, premises
from api.doctor.results import Light, Result, failed, good, worst
from api.doctor.tenants import Looked, looked_at
from schemas.configuration.check_policy import any_pack
from schemas.configuration.packs import pack_check
from schemas.errors import ConfigurationInvalid, DatabaseOutdated, EngineError
from schemas.ids import TenantId
from schemas.packs.library import PackLibrary
from schemas.schematron.saxon import is_available
from schemas.services import Configuration, Mode
from storage.configuration import load
from storage.database import Database
from storage.settings import Settings, read_settings
from storage.tenants import tenant_meant, tenants
from storage.vault.keyfolder import KeyFolder
from storage.wiring import pack_library

Tell = Callable[[str], None]
"""Hears what is being looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """What is examined; no configuration where it cannot be read."""

    settings: Settings
    registry: Registry
    configuration: Configuration | None
    tenant: TenantId | None = None
    """The one that is chosen; None: all of them."""


async def examine(tell: Tell, tenant: TenantId | None = None) -> tuple[Result, ...]:
    """Everything at once, or what is one tenant's. Raises UnknownTenant."""
    tell("settings")
    try:
        settings = read_settings()
    except EngineError as error:
        return failed("settings", error)
    registry = standard_registry()
    library, shelf = await asyncio.to_thread(_packs, settings)
    configuration, found = await asyncio.to_thread(
        _configuration, settings, registry, library
    )
    patient = Patient(
        settings=settings,
        registry=registry,
        configuration=configuration,
        tenant=tenant,
    )
    return (
        good("settings"),
        *await asyncio.to_thread(_premises, patient),
        *found,
        *shelf,
        *await _engine(patient, tell),
        *await _outside(patient, tell),
    )


def _packs(settings: Settings) -> tuple[PackLibrary | None, tuple[Result, ...]]:
    try:
        library = pack_library(settings)
        return library, packs.packs(library, has_saxon=is_available())
    except EngineError as error:
        return None, failed("schema packs", error)


def _configuration(
    settings: Settings, registry: Registry, library: PackLibrary | None
) -> tuple[Configuration | None, tuple[Result, ...]]:
    check = pack_check(library) if library else any_pack
    try:
        configuration = load(settings.config_folder, registry.validate, check)
    except ConfigurationInvalid as error:
        return None, failed("configuration", error)
    services, destinations = configuration.services, configuration.destinations
    detail = f"{len(services)} services, {len(destinations)} destinations"
    if configuration.installation.others:
        detail = f"{len(configuration.installation.tenants)} tenants, {detail}"
    if configuration.sources:
        count = len(configuration.sources)
        detail += f", {count} sources" if count > 1 else ", 1 source"
    return configuration, (good("configuration", detail),)


def _premises(patient: Patient) -> Iterable[Result]:
    settings, configuration = patient.settings, patient.configuration
    mode = configuration.installation.mode if configuration else settings.mode
    if settings.mode is Mode.PRODUCTION:
        mode = settings.mode
    return (
        premises.environment(os.environ, configuration),
        premises.home(settings),
        *premises.room(settings),
        *premises.keys(settings, mode),
        *(premises.production(settings, configuration) if configuration else ()),
    )


async def _engine(patient: Patient, tell: Tell) -> tuple[Result, ...]:
    tell("database")
    settings = patient.settings
    database = Database(settings.database, pool_size=2)
    there = frozenset(KeyFolder(settings.keys_folder).names())
    try:
        first = await _said("database", lambda: _version(database))
        if worst(first) is Light.RED:
            return first
        looked = await _looked(patient, database)
        sources = partial(_sources, database, patient.configuration)
        return (
            *first,
            *await _said("steps", lambda: _one(engine.steps(database))),
            *await _said("workers", lambda: engine.work(database, looked)),
            *await _each("sources", looked, sources),
            *await _each(
                "disturbances", looked, partial(engine.disturbances, database)
            ),
            *await _each("cases", looked, partial(engine.cases, database)),
            *await _said("keys", lambda: engine.used_keys(database, there)),
        )
    finally:
        await database.close()


async def _outside(patient: Patient, tell: Tell) -> tuple[Result, ...]:
    settings = patient.settings
    tell("archive")
    archive = await _said("archive", lambda: _one(outside.archive(settings)))
    tell("sources, destinations and Prefect")
    configured = patient.configuration
    places = await _places(patient, configured) if configured else ()
    return *archive, *places, await outside.prefect(settings)


async def _places(patient: Patient, configured: Configuration) -> tuple[Result, ...]:
    looked = looked_at(configured.installation, patient.tenant)
    shown = configured.of(*looked.at)
    places: tuple[outside.Place, ...] = (
        *shown.sources.values(),
        *shown.destinations.values(),
    )
    findings = await outside.check_places(places, patient.registry, patient.settings)
    return tuple(
        result
        for place, found in zip(places, findings, strict=True)
        for result in looked.told(place.tenant, (outside.of_findings(place, found),))
    )


async def _looked(patient: Patient, database: Database) -> Looked:
    """Where the folder cannot be read: those who have cases."""
    if patient.configuration:
        return looked_at(patient.configuration.installation, patient.tenant)
    found = await tenants(database)
    own = await tenant_meant(database, None)
    return Looked(at=(patient.tenant,) if patient.tenant else found or (own,), own=own)


async def _sources(
    database: Database, configured: Configuration | None, tenant: TenantId
) -> tuple[Result, ...]:
    known = configured.of(tenant).sources if configured else {}
    return await mailboxes.standing(database, tenant, known)


async def _version(database: Database) -> tuple[Result, ...]:
    path = database.engine.url.database
    if (
        database.is_sqlite
        and path
        and not await asyncio.to_thread(os.path.exists, path)
    ):
        raise DatabaseOutdated("There is none yet.")
    return (await engine.database_version(database),)


async def _one(result: Awaitable[Result]) -> tuple[Result, ...]:
    return (await result,)


async def _each(
    subject: str,
    looked: Looked,
    look: Callable[[TenantId], Awaitable[tuple[Result, ...]]],
) -> tuple[Result, ...]:
    found: list[Result] = []
    for tenant in looked.at:
        found += looked.told(tenant, await _said(subject, partial(look, tenant)))
    return tuple(found)


async def _said(
    subject: str, look: Callable[[], Awaitable[tuple[Result, ...]]]
) -> tuple[Result, ...]:
    try:
        return await look()
    except EngineError as error:
        return failed(subject, error)
