"""Bringing a database to this version, and telling whether it is."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from schemas.errors import DatabaseAway, DatabaseNewer, DatabaseOutdated
from storage.database import Database

_SCRIPTS: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions:
    """Where a database is, and where this version of the code wants it."""

    found: str
    """"" = nothing is there yet."""
    wanted: str
    is_known: bool
    """False: a newer version has written ``found``."""


def upgrade(url: str) -> None:
    """Migrate to the newest version; harmless when it is there already."""
    asyncio.run(upgrade_async(url))


async def upgrade_async(url: str) -> None:
    """The same, from within an event loop. Raises DatabaseAway."""
    engine = create_async_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            await _keep_a_log(engine)
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except (OperationalError, OSError) as error:
        raise DatabaseAway from error
    finally:
        await engine.dispose()


def wanted_version() -> str:
    """Where this version of the code wants a database."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def versions(database: Database) -> Versions:
    """Where the database is; changes nothing."""
    async with database.read() as connection:
        found = await connection.run_sync(_revision) or ""
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    return Versions(
        found=found, wanted=wanted_version(), is_known=not found or found in known
    )


async def check_version(database: Database) -> None:
    """Raises DatabaseOutdated, DatabaseNewer unless it is at this version."""
    at = await versions(database)
    if not at.is_known:
        raise DatabaseNewer(at.found)
    if at.found != at.wanted:
        raise DatabaseOutdated


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _keep_a_log(engine: AsyncEngine) -> None:
    """The file remembers it; of two who set it while opening, one would find it locked.

    SQLite lets nobody wait for this change who has begun to read.
    """
    async with engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
