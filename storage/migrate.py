"""Bringing a database to this version, and telling whether it is."""

import asyncio
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from schemas.errors import DatabaseOutdated
from storage.database import Database

_SCRIPTS: Final = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Migrate to the newest version; harmless when it is there already."""
    asyncio.run(upgrade_async(url))


async def upgrade_async(url: str) -> None:
    """The same, from within an event loop."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def check_version(database: Database) -> None:
    """Raises DatabaseOutdated unless the database is at this version."""
    async with database.read() as connection:
        if await connection.run_sync(_revision) != _newest():
            raise DatabaseOutdated


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()
