"""What both doors and the worker keep things in, made from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from schemas.clock import Clock, SystemClock
from schemas.configuration.packs import pack_check
from schemas.configuration.whole import AdapterCheck
from schemas.errors import ConfigurationInvalid, DatabaseOutdated
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.rules.production import Premises, dangers
from schemas.services import Configuration, Installation, Mode
from storage.archive.local import LocalArchive
from storage.configuration import load
from storage.database import Database
from storage.settings import Settings
from storage.steps_in_use import check_steps
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault
from storage.versions import check_version

_PRIVATE: Final = 0o700


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """Everything that is kept, opened in this event loop."""

    database: Database
    keys: KeyRing
    vault: LocalVault
    archive: LocalArchive
    clock: Clock


def load_configuration(settings: Settings, adapters: AdapterCheck) -> Configuration:
    """The operator's folder, if it can be run with. Raises ConfigurationInvalid."""
    packs = pack_check(pack_library(settings))
    configuration = load(settings.config_folder, adapters, packs)
    if mode_of(settings, configuration.installation) is Mode.PRODUCTION:
        problems = dangers(premises_of(settings))
        if problems:
            raise ConfigurationInvalid(problems=problems)
    return configuration


def places_of_packs(settings: Settings) -> tuple[Path, ...]:
    """Ours, then the operator's; where both have a pack, ours counts."""
    return (shipped_packs(), settings.packs_folder)


def pack_library(settings: Settings) -> PackLibrary:
    """The packs there are now; of each only manifest and sums are read."""
    return PackLibrary(places_of_packs(settings))


def mode_of(settings: Settings, installation: Installation) -> Mode:
    """Production if either says so: strictness cannot be switched off unseen."""
    if Mode.PRODUCTION in {settings.mode, installation.mode}:
        return Mode.PRODUCTION
    return Mode.TRIAL


def premises_of(settings: Settings) -> Premises:
    """What the rules of production look at."""
    data = [settings.home, settings.vault_folder, settings.archive_folder]
    data.extend(file.parent for file in _sqlite_file(settings))
    return Premises(
        keys=settings.keys_folder.resolve(),
        data=tuple(path.resolve() for path in data),
        prefect_url=settings.prefect_url,
        prefect_has_auth=bool(settings.prefect_auth.get_secret_value()),
    )


def key_ring(settings: Settings, mode: Mode, clock: Clock) -> KeyRing:
    """The keys; the first one makes itself, but not in production."""
    return KeyRing(
        settings.keys_folder, may_create=mode is not Mode.PRODUCTION, clock=clock
    )


def make_home(settings: Settings) -> None:
    """The folder of all state, closed to others."""
    settings.home.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)


@asynccontextmanager
async def open_stores(
    settings: Settings, mode: Mode, *, clock: Clock | None = None
) -> AsyncIterator[Stores]:
    """Opened for this event loop, and given back.

    Raises DatabaseAway, DatabaseOutdated, DatabaseNewer, StepsLacking.
    """
    clock = clock or SystemClock()
    keys = key_ring(settings, mode, clock)
    if any(not file.exists() for file in _sqlite_file(settings)):
        # Connecting would make an empty one.
        raise DatabaseOutdated
    database = Database(settings.database)
    try:
        await check_version(database)
        await check_steps(database)
        yield Stores(
            database=database,
            keys=keys,
            vault=LocalVault(settings.vault_folder, keys),
            archive=LocalArchive(settings.archive_folder),
            clock=clock,
        )
    finally:
        await database.close()


def _sqlite_file(settings: Settings) -> tuple[Path, ...]:
    """The database's file, where it is one."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return ()
    return (Path(url.database),)
