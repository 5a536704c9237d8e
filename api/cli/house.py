"""Opens what one command needs, and gives it back."""

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from schemas.clock import SystemClock
from schemas.errors import ConfigurationInvalid, DatabaseOutdated
from schemas.ids import TenantId
from schemas.scope import Scope
from schemas.services import Configuration
from storage.configuration import load
from storage.database import Database
from storage.decisions import Decision
from storage.migrate import check_version
from storage.settings import Settings, read_settings
from storage.tenants import tenant_meant
from storage.vault.keys import KeyRing

T = TypeVar("T")
CLOCK: Final = SystemClock()


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """An installation, open for one command."""

    settings: Settings
    database: Database
    scope: Scope

    def configuration(self) -> Configuration:
        """The operator's folder. Raises ConfigurationInvalid."""
        return configuration_of(self.settings)

    def keys(self) -> KeyRing:
        """The keys that are there; the command line never makes the first one."""
        return KeyRing(self.settings.keys_folder, may_create=False, clock=CLOCK)


def run(command: Callable[[House], Awaitable[T]]) -> T:
    """Run a command on the installation that the environment names.

    Raises what stands in its way: ConfigurationInvalid, DatabaseOutdated,
    DatabaseNewer, DatabaseAway.
    """
    settings = read_settings()

    async def inside() -> T:
        async with opened(settings) as house:
            return await command(house)

    return asyncio.run(inside())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """An installation whose database is at this version."""
    async with connected(settings) as database:
        await check_version(database)
        configured = await asyncio.to_thread(_configured_tenant, settings)
        tenant = await tenant_meant(database, configured)
        yield House(settings=settings, database=database, scope=Scope(tenant=tenant))


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Database]:
    """The database, whatever its version. Raises DatabaseOutdated for no file."""
    database = Database(settings.database, pool_size=4)
    try:
        if database.is_sqlite and not await asyncio.to_thread(_has_file, database):
            raise DatabaseOutdated("There is none yet.")
        yield database
    finally:
        await database.close()


def _has_file(database: Database) -> bool:
    # Looking by connecting would make one.
    path = database.engine.url.database
    return not path or Path(path).exists()


def configuration_of(settings: Settings) -> Configuration:
    """The operator's folder, adapters asked as well. Raises ConfigurationInvalid."""
    from adapters.registry import standard_registry

    return load(settings.config_folder, standard_registry().validate)


def decision(reason: str) -> Decision:
    """Who gives this command, and why."""
    return Decision(actor=f"cli:{_login()}", reason=reason)


def _login() -> str:
    """The account; behind sudo the one that called it."""
    uid = os.getuid()
    caller = os.environ.get("SUDO_USER", "") if uid == 0 else ""
    try:
        return caller or pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _configured_tenant(settings: Settings) -> TenantId | None:
    try:
        return load(settings.config_folder, lambda _: ()).installation.tenant
    except ConfigurationInvalid:
        return None
