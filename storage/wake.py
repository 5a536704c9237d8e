"""Waking up: a hint that something may be due; polling is the truth."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.engine import make_url

from storage.database import Database

_log = structlog.get_logger(__name__)
CHANNEL: Final = "amtsweg_due"
POLL_SECONDS: Final = 1.0
_SQLITE_SECONDS: Final = 0.05
_RECONNECT_SECONDS: Final = 5.0


class Wake:
    """Set when somebody said that a case is due."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        """Somebody says so."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until somebody says so, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()


@asynccontextmanager
async def listening(database: Database, wake: Wake) -> AsyncIterator[None]:
    """Pass the database's hints on to ``wake``."""
    source = _watch_sqlite if database.is_sqlite else _listen_postgres
    task = asyncio.create_task(source(database, wake))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _watch_sqlite(database: Database, wake: Wake) -> None:
    # Asked directly, in this thread: it takes microseconds and no lock, while the
    # way through the driver's thread, 20 times a second, took 0.7 % of a core.
    file = make_url(database.url).database or ""
    with contextlib.closing(sqlite3.connect(file, timeout=0)) as connection:
        seen = None
        while True:
            version = _data_version(connection)
            if version is None or version != seen:
                wake()
            seen = version
            await asyncio.sleep(_SQLITE_SECONDS)


def _data_version(connection: sqlite3.Connection) -> int | None:
    """Changes when another connection has committed; None: nobody can say."""
    try:
        row = connection.execute("PRAGMA data_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return int(row[0])


async def _listen_postgres(database: Database, wake: Wake) -> None:
    address = make_url(database.url).set(drivername="postgresql")
    while True:
        try:
            connection = await asyncpg.connect(
                address.render_as_string(hide_password=False)
            )
            try:
                await connection.add_listener(CHANNEL, lambda *_: wake())
                closed = asyncio.Event()
                connection.add_termination_listener(
                    lambda _, closed=closed: closed.set()
                )
                await closed.wait()
            finally:
                await connection.close(timeout=1)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            _log.warning("wake_up_connection_lost")
        await asyncio.sleep(_RECONNECT_SECONDS)


async def notify(database: Database) -> None:
    """Say that a case is due: after the commit, never inside (it serialises them)."""
    if not database.is_sqlite:
        async with database.read() as connection:
            await connection.execute(text(f"NOTIFY {CHANNEL}"))
            await connection.commit()
