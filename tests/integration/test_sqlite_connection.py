"""SQLite skips its thread only where nothing waits, and leaves nothing open."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from storage.database import Database

WAITS = 10.0
SOON = 0.5


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    made = Database(sqlite_url)
    async with made.write("make") as connection:
        await connection.execute(text("CREATE TABLE notes (n INTEGER)"))
    yield made
    await made.close()


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(make_url(sqlite_url).database or "")


@contextlib.contextmanager
def another(path: Path, *, waits: float) -> Iterator[None]:
    """Somebody else who has the right to write."""
    with contextlib.closing(sqlite3.connect(path, waits)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def note(database: Database, number: int) -> None:
    async with database.write("note") as connection:
        await connection.execute(text("INSERT INTO notes VALUES (:n)"), {"n": number})
        await connection.execute(text("SELECT count(*) FROM notes"))


async def notes(database: Database) -> list[int]:
    async with database.read() as connection:
        found = await connection.execute(text("SELECT n FROM notes ORDER BY n"))
        return list(found.scalars())


async def test_others_go_on_while_one_waits_for_the_right_to_write(
    database: Database, path: Path
) -> None:
    with another(path, waits=WAITS):
        writing = asyncio.create_task(note(database, 1))
        await asyncio.sleep(0.1)
        seen = await notes(database)
        was_waiting = not writing.done()
    await writing

    assert was_waiting
    assert seen == []
    assert await notes(database) == [1]


async def test_who_is_cancelled_while_waiting_holds_nothing_afterwards(
    database: Database, path: Path
) -> None:
    with another(path, waits=WAITS):
        writing = asyncio.create_task(note(database, 1))
        await asyncio.sleep(0.1)
        writing.cancel()
        await asyncio.wait([writing], timeout=SOON)
    await asyncio.wait([writing])

    with another(path, waits=WAITS):
        assert writing.cancelled()
    await note(database, 2)
    assert await notes(database) == [2]


@pytest.mark.parametrize("steps", range(24))
async def test_cancelled_at_any_moment_all_or_nothing_is_written(
    database: Database, path: Path, steps: int
) -> None:
    writing = asyncio.create_task(note(database, 1))
    for _ in range(steps):
        await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])

    with another(path, waits=SOON):
        assert await notes(database) in ([], [1])
    await note(database, 2)
    assert (await notes(database))[-1] == 2


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write("fail") as connection:
            await connection.execute(text("INSERT INTO notes VALUES (1)"))
            await connection.execute(text("INSERT INTO notes VALUES (2)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await notes(database) == []


def test_a_migrated_file_keeps_its_log_already_when_many_open_it(path: Path) -> None:
    # Whoever had to set this first could find the file locked by who does the same.
    read_and_write_version = path.read_bytes()[18:20]

    assert read_and_write_version == b"\x02\x02"
