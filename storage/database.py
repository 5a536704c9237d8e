"""Connections and transactions on SQLite and PostgreSQL."""

import asyncio
import math
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, Select, Table, event, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from schemas.clock import Clock
from schemas.errors import DatabaseAway
from storage.sqlite_connection import quick_connection

_WRITES: Final = "amtsweg_writes"
_BUSY_SECONDS: Final = 10
_TRUST_SECONDS: Final = 5
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
)

_PASSING: Final = ("08", "40", "53", "55P03", "57P")
"""Classes of PostgreSQL's SQLSTATE after which trying again helps: connection lost,
deadlock, no resources, lock not available, shutting down."""

Boundary = Callable[[str], None]
"""Called before and after each commit; crash tests kill the process here."""


def _quiet(_: str) -> None:
    return


class Database:
    """One engine, used within one event loop."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        boundary: Boundary = _quiet,
        pool_size: int = 16,
    ) -> None:
        """``clock`` replaces the database's own clock (simulated time)."""
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _engine(url, self.is_sqlite, pool_size)
        # No BEGIN and ROLLBACK around a single SELECT; SQLite has none by itself.
        self._reading = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._clock = clock
        self._boundary = boundary
        # SQLite has one writer: queueing here is fair and needs no busy-waiting.
        self._told = (-math.inf, datetime.min.replace(tzinfo=UTC))
        self._turn: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None

    @asynccontextmanager
    async def write(self, label: str) -> AsyncIterator[AsyncConnection]:
        """One transaction, BEGIN IMMEDIATE on SQLite; no I/O but SQL inside.

        Raises DatabaseAway, after which the commit may or may not have happened.
        """
        async with (
            _turn(self._turn),
            _translated(),
            self.engine.connect() as connection,
        ):
            if self.is_sqlite:
                await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection
                self._boundary(f"before {label}")
        self._boundary(f"after {label}")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """For reading; each statement sees what is committed. Raises DatabaseAway."""
        async with _translated(), self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write_one(self, label: str) -> AsyncIterator[AsyncConnection]:
        """One statement, which is a transaction by itself: two round trips less.

        Raises DatabaseAway, after which the commit may or may not have happened.
        """
        if self.is_sqlite:
            async with self.write(label) as connection:
                yield connection
            return
        async with self.read() as connection:
            self._boundary(f"before {label}")
            yield connection
        self._boundary(f"after {label}")

    async def now(self, connection: AsyncConnection) -> datetime:
        """The database's clock, which all machines share.

        Asked every few seconds; between, this machine's monotonic clock carries
        it on, so a clock that somebody sets does not move it.
        """
        if self._clock is not None:
            return self._clock.now()
        if self.is_sqlite:
            return datetime.now(UTC)
        asked, told = self._told
        elapsed = time.monotonic() - asked
        if elapsed > _TRUST_SECONDS:
            return await self.exactly_now(connection)
        return told + timedelta(seconds=elapsed)

    async def exactly_now(self, connection: AsyncConnection) -> datetime:
        """The database's clock, asked this moment."""
        if self._clock is not None or self.is_sqlite:
            return await self.now(connection)
        told: datetime = (await connection.execute(_CLOCK)).scalar_one()
        self._told = (time.monotonic(), told)
        return told

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def locked(connection: AsyncConnection, rows: Select[Any]) -> Select[Any]:
    """Nobody else writes these rows until the commit; on SQLite nobody does anyway."""
    return rows if connection.dialect.name == "sqlite" else rows.with_for_update()


def insert_or(connection: AsyncConnection, into: Table) -> Any:  # noqa: ANN401 - either dialect's
    """An INSERT that can be told what to do with what is there already."""
    maker = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    return maker(into)


class IfNew:
    """An INSERT made once per dialect: making one costs more than sending it."""

    def __init__(self, into: Table, *returning: Column[Any]) -> None:
        """Leaves alone what is there already; tells of what is new."""
        self._statements = {
            name: maker(into).on_conflict_do_nothing().returning(*returning)
            if returning
            else maker(into).on_conflict_do_nothing()
            for name, maker in (
                ("sqlite", sqlite_insert),
                ("postgresql", postgres_insert),
            )
        }

    def on(self, connection: AsyncConnection) -> Any:  # noqa: ANN401 - either dialect's
        """The statement for this connection; its values come with the execution."""
        return self._statements[connection.dialect.name]


def insert_if_new(connection: AsyncConnection, into: Table) -> Any:  # noqa: ANN401 - either dialect's
    """An INSERT that leaves alone what another has inserted meanwhile."""
    return insert_or(connection, into).on_conflict_do_nothing()


_CLOCK: Final = select(func.clock_timestamp())


def _engine(url: str, is_sqlite: bool, pool_size: int) -> AsyncEngine:  # noqa: FBT001
    # Waiting for a connection is cheaper than making one: each has to learn our
    # statements anew. Those used last are used again.
    pool: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_use_lifo": True,
    }
    if not is_sqlite:
        return create_async_engine(url, **pool)
    engine = create_async_engine(
        url, async_creator=partial(quick_connection, url), **pool
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Off: the driver would begin late, and lose increments (measured).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@asynccontextmanager
async def _turn(lock: asyncio.Lock | None) -> AsyncIterator[None]:
    if lock is None:
        yield
    else:
        async with lock:
            yield


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseAway from error
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", ""))
        if error.connection_invalidated or state.startswith(_PASSING):
            raise DatabaseAway from error
        raise
    except (OSError, PoolTimeout) as error:
        raise DatabaseAway from error
