"""An empty, migrated database per test: copied, or emptied, never migrated twice."""

import asyncio
import itertools
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import asyncpg
from sqlalchemy.engine import make_url

from tests.counterparts.postgres import as_asyncpg

Answer = TypeVar("Answer")

_PREFIX: Final = "amtsweg_test_"
_STALE_SECONDS: Final = 86_400
_USES: Final = 50
"""What was deleted is still in the files: now and then a new database is better."""
_SHAPE: Final = """
    SELECT md5(string_agg(concat_ws(',', relname, relkind, attname, atttypid,
                                    attnotnull, pg_get_expr(adbin, adrelid)), ';'
                          ORDER BY relname, attnum))
        || (SELECT string_agg(version_num, ',') FROM alembic_version)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0
"""
"""What a database looks like, indexes included, but for its rows."""
_LEAVE: Final = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""Whoever is still connected, but for ourselves."""


class PostgresDatabases:
    """Makes databases on one server; each test process has its own template."""

    def __init__(self, server: str, worker: str) -> None:
        self._server = server
        self._names = (
            f"{_PREFIX}{int(time.time())}_{os.getpid()}_{worker}_{n}"
            for n in itertools.count()
        )
        # A thread with a loop of its own: a test calls this inside its loop, too.
        self._thread = ThreadPoolExecutor(1, "databases")
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: asyncpg.Connection | None = None
        self._inside: dict[str, asyncpg.Connection] = {}
        self._template: str | None = None
        self._empty: list[str] = []
        self._used: dict[str, int] = {}
        self._emptying = self._sweeping = ""
        self._shape = ""

    def fresh(self) -> str:
        """URL of an empty database with today's tables."""
        if self._empty:
            return self._empty.pop()
        if self._template is None:
            self._remove_stale()
            template = next(self._names)
            self._execute(f'CREATE DATABASE "{template}" TEMPLATE template0')
            self._thread.submit(_migrate, self._url(template)).result()
            self._template = template
        name = next(self._names)
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return self._url(name)

    def give_back(self, url: str) -> None:
        """Empty it for the next test, which takes a hundredth of making a new one.

        What a test has altered, or what was used often, is dropped.
        """
        self._used[url] = self._used.get(url, 0) + 1
        if self._used[url] < _USES and self._run(self._is_emptied(url)):
            self._empty.append(url)
        else:
            self.drop(url)

    def drop(self, url: str) -> None:
        """Remove it, whoever is still connected."""
        if connection := self._inside.pop(url, None):
            self._run(connection.close())
        self._execute(
            f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)'
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for url in self._empty:
            self.drop(url)
        if self._template is not None:
            self.drop(self._url(self._template))
        if self._connection is not None:
            self._run(self._connection.close())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _url(self, database: str) -> str:
        url = make_url(self._server).set(database=database)
        return url.render_as_string(hide_password=False)

    def _execute(self, statement: str) -> list[asyncpg.Record]:
        return self._run(self._fetch(statement))

    def _run(self, work: Coroutine[object, object, Answer]) -> Answer:
        return self._thread.submit(self._runner.run, work).result()

    async def _is_emptied(self, url: str) -> bool:
        """False where it is not what it was when it was new."""
        if not self._shape:
            await self._learn()
        try:
            connection = await self._inside_of(url)
            await connection.execute(_LEAVE)
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            await connection.execute(self._emptying)
            # Rows of the next test shall lie in the order in which they come.
            await connection.execute(self._sweeping)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        return True

    async def _inside_of(self, url: str) -> asyncpg.Connection:
        """A connection that stays: a new one has to learn all tables first."""
        connection = self._inside.get(url)
        if connection is None or connection.is_closed():
            connection = await asyncpg.connect(as_asyncpg(url))
            self._inside[url] = connection
        return connection

    async def _learn(self) -> None:
        """What a new database looks like, and how one is emptied."""
        assert self._template is not None
        connection = await asyncpg.connect(as_asyncpg(self._url(self._template)))
        try:
            self._shape = await connection.fetchval(_SHAPE)
            tables = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename <> 'alembic_version'"
            )
        finally:
            await connection.close()
        # Foreign keys look the other way meanwhile, so any order will do.
        names = [f'"{row["tablename"]}"' for row in tables]
        deletions = (f"DELETE FROM {name};" for name in names)
        self._sweeping = f"VACUUM {', '.join(names)}"
        self._emptying = "SET session_replication_role = replica;" + "".join(deletions)

    async def _fetch(self, statement: str) -> list[asyncpg.Record]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(as_asyncpg(self._server))
        rows: list[asyncpg.Record] = await self._connection.fetch(statement)
        return rows

    def _remove_stale(self) -> None:
        """Databases of test runs that were killed, a day after."""
        pattern = f"{_PREFIX}%"
        for row in self._execute(
            f"SELECT datname FROM pg_database WHERE datname LIKE '{pattern}'"
        ):
            made = row["datname"].removeprefix(_PREFIX).split("_")[0]
            if made.isdecimal() and time.time() - int(made) > _STALE_SECONDS:
                self.drop(self._url(row["datname"]))


def _migrate(url: str) -> None:
    # Late: tests without a database need not load Alembic.
    from storage.migrate import upgrade  # noqa: PLC0415

    upgrade(url)


def sqlite_url(path: Path) -> str:
    """Address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


def migrated_sqlite(path: Path) -> Path:
    """A complete file with today's tables, to be copied."""
    _migrate(sqlite_url(path))
    leftover = path.with_name(f"{path.name}-wal")
    assert not leftover.exists(), "the migration left its connection open"
    return path
