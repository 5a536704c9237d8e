"""Bringing a database to this version."""

import asyncio
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from schemas.errors import DatabaseAway

_SCRIPTS: Final = Path(__file__).parent / "migrations"


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
