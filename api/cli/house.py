"""Opens what one command needs, and gives it back."""

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from api.cli.output import note
from api.cli.tenant import chosen
from schemas.clock import SystemClock
from schemas.errors import ConfigurationInvalid, DatabaseOutdated
from schemas.ids import TenantId
from schemas.scope import Scope, among
from schemas.services import Configuration, Installation
from storage.configuration import load
from storage.database import Database
from storage.decisions import Decision
from storage.settings import Settings, read_settings
from storage.tenants import tenant_meant, tenants
from storage.vault.keys import KeyRing
from storage.versions import check_version

T = TypeVar("T")
CLOCK: Final = SystemClock()


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """An installation, open for one command."""

    settings: Settings
    database: Database
    scope: Scope
    is_shared: bool = False
    """Whether other tenants live here, too: then it is said whose something is."""

    def configuration(self) -> Configuration:
        """What the tenant has in the operator's folder. Raises ConfigurationInvalid."""
        return configuration_of(self.settings).of(self.scope.tenant)

    def keys(self) -> KeyRing:
        """The keys that are there; the command line never makes the first one."""
        return KeyRing(self.settings.keys_folder, may_create=False, clock=CLOCK)


def run(command: Callable[[House], Awaitable[T]]) -> T:
    """Run a command on the installation that the environment names.

    Raises what stands in its way: ConfigurationInvalid, UnknownTenant,
    DatabaseOutdated, DatabaseNewer, DatabaseAway.
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
        configuration = await asyncio.to_thread(readable, settings)
        installation = configuration.installation if configuration else None
        known = installation.tenants if installation else await tenants(database)
        tenant = await _meant(database, installation)
        yield House(
            settings=settings,
            database=database,
            scope=Scope(tenant=tenant),
            is_shared=len(known) > 1,
        )


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


def readable(settings: Settings) -> Configuration | None:
    """What the folder says, adapters unasked; None where that cannot be read."""
    try:
        return load(settings.config_folder, lambda _: ())
    except ConfigurationInvalid:
        return None


def meant(installation: Installation) -> TenantId:
    """The chosen tenant, else the installation's own. Raises UnknownTenant."""
    return among(installation.tenants, chosen() or installation.tenant)


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


async def _meant(database: Database, installation: Installation | None) -> TenantId:
    """The chosen tenant; one that is not configured any more may have cases still."""
    wanted = chosen()
    if wanted is None:
        return await tenant_meant(
            database, installation.tenant if installation else None
        )
    configured = installation.tenants if installation else {}
    known = {*configured, *await tenants(database)}
    if installation is None and wanted not in known:
        note("The configuration cannot be read: `amtsweg doctor` says why.")
    return among(known, wanted)
