"""The databases that tests get are fresh, migrated and theirs alone."""

import os
import signal
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.counterparts.databases import PostgresDatabases
from tests.counterparts.postgres import PrivatePostgres, as_asyncpg


async def tables(url: str) -> list[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return names


async def run(url: str, *statements: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def test_a_test_gets_migrated_tables(database_url: str) -> None:
    assert "alembic_version" in await tables(database_url)


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_test_sees_nothing_of_another(database_url: str, turn: str) -> None:
    assert "left_behind" not in await tables(database_url)

    await run(database_url, "CREATE TABLE left_behind (n INTEGER)")

    assert "left_behind" in await tables(database_url)


async def test_a_test_may_have_two_databases(
    postgres_databases: PostgresDatabases, postgres_url: str
) -> None:
    other = postgres_databases.fresh()
    await run(other, "CREATE TABLE only_there (n INTEGER)")
    here = await tables(postgres_url)
    postgres_databases.drop(other)

    assert "only_there" not in here
    assert "alembic_version" in here


@pytest.fixture(scope="module")
def private() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


async def test_a_private_server_keeps_what_was_committed_before_a_restart(
    private: PrivatePostgres,
) -> None:
    await run(private.url, "CREATE TABLE restarted (n INTEGER)")
    before = private.pid

    private.restart()

    assert private.pid != before
    assert "restarted" in await tables(private.url)


async def test_a_private_server_recovers_after_it_was_killed(
    private: PrivatePostgres,
) -> None:
    await run(private.url, "CREATE TABLE killed (n INTEGER)")
    open_one = await asyncpg.connect(as_asyncpg(private.url))
    transaction = open_one.transaction()
    await transaction.start()
    await open_one.execute("INSERT INTO killed VALUES (1)")

    private.kill()
    private.start()

    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await transaction.commit()
    await run(private.url, "DELETE FROM killed", "DROP TABLE killed")


async def test_a_private_server_can_be_held_and_let_go(
    private: PrivatePostgres,
) -> None:
    os.kill(private.pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        await asyncpg.connect(as_asyncpg(private.url), timeout=0.3)

    os.kill(private.pid, signal.SIGCONT)

    assert "held" not in await tables(private.url)
