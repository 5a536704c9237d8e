"""SQLite in a thread of its own, for what may have to wait.

The driver goes there four times a statement (a cursor, executing, fetching, closing),
and each time two threads have to wake each other: most of what SQLite costs us. Here
a statement goes there once, and not at all while its transaction has the right to
write: it waits for nobody then, and for no disk but with its commit.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

import aiosqlite
from sqlalchemy.engine import make_url

_ITERATION: Final = 64
"""The driver wants to know how many rows to fetch at once; we fetch all."""


class QuickConnection(aiosqlite.Connection):
    """The driver's connection with cursors of ours."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, _ITERATION)
        self._asked = self._done = 0
        """How often the thread was asked for something, and has done it."""

    def cursor(self) -> "QuickCursor":  # type: ignore[override]
        """Costs nothing: whatever there is to do is done by executing."""
        return QuickCursor(self)

    async def run(self, statement: str, parameters: Any, many: bool) -> "_Done":  # noqa: ANN401, FBT001
        """Execute and fetch; in the thread, unless there is nothing to wait for."""
        if self._is_in_transaction() and not self._is_busy():
            return _run(self._conn, statement, parameters, many)
        done: _Done = await self._execute(_run, self._conn, statement, parameters, many)
        return done

    async def commit(self) -> None:
        if self._is_in_transaction() or self._is_busy():
            await super().commit()

    async def rollback(self) -> None:
        if self._is_in_transaction() or self._is_busy():
            await super().rollback()

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        def counted() -> Any:  # noqa: ANN401
            try:
                return fn(*args, **kwargs)
            finally:
                self._done += 1

        self._asked += 1
        return await super()._execute(counted)  # type: ignore[no-untyped-call]

    def _is_in_transaction(self) -> bool:
        return self._conn.in_transaction

    def _is_busy(self) -> bool:
        """Whoever asked may have been cancelled: the thread goes on regardless."""
        return self._asked != self._done


class QuickCursor:
    """What SQLAlchemy asks of a cursor; rows are here once it has executed."""

    def __init__(self, connection: QuickConnection) -> None:
        self._connection = connection
        self._done = _Done()
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> Self:  # noqa: ANN401
        self._done = await self._connection.run(statement, parameters, many=False)
        return self

    async def executemany(self, statement: str, parameters: Any) -> Self:  # noqa: ANN401
        self._done = await self._connection.run(statement, parameters, many=True)
        return self

    async def fetchall(self) -> Sequence[Any]:
        rows, self._done.rows = self._done.rows, []
        return rows

    async def close(self) -> None:
        self._done.rows = []

    @property
    def description(self) -> Any:  # noqa: ANN401 - as the driver has it
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._done.lastrowid


class _Done:
    """What a statement came back with."""

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None


def _run(
    connection: sqlite3.Connection,
    statement: str,
    parameters: Any,  # noqa: ANN401
    many: bool,  # noqa: FBT001
) -> _Done:
    cursor = connection.cursor()
    try:
        if many:
            cursor.executemany(statement, parameters)
        else:
            cursor.execute(statement, parameters)
        done = _Done()
        done.description = cursor.description
        # Before the rows are fetched, what RETURNING changed is not counted.
        done.rows = cursor.fetchall() if cursor.description else []
        done.rowcount, done.lastrowid = cursor.rowcount, cursor.lastrowid
        return done
    finally:
        cursor.close()


async def quick_connection(url: str) -> QuickConnection:
    """A connection to the file that the address names."""
    path = make_url(url).database or ":memory:"
    connection = QuickConnection(lambda: sqlite3.connect(path, check_same_thread=False))
    # Whoever is killed or forgets to close need not wait for it.
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does
    await connection
    return connection
