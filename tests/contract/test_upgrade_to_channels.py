"""From 0001 on: open cases go on, and the version before can stay beside."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

import storage.migrate
from schemas.errors import DatabaseOutdated
from schemas.states import Closed, Undeliverable
from storage.database import Database
from storage.migrate import upgrade_async
from storage.versions import check_version
from tests.contract.channelling import arrived, submission
from tests.contract.following import CODE, delivered, replay, store
from tests.counterparts.databases import sqlite_url
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import assert_chains_hold, rows

NEW = (
    "channel_submissions",
    "channel_events",
    "delivery_notes",
    "transmissions",
    "source_states",
    "channel_replies",
)


async def take_back(home: House) -> None:
    """The database as the version before has left it."""
    async with home.database.write("test") as connection:
        for name in NEW:
            await connection.execute(text(f"DROP TABLE {name}"))
        await connection.execute(text("UPDATE alembic_version SET version_num='0001'"))


async def test_cases_that_were_open_go_on_to_their_end(
    home: House, counterpart: Counterpart
) -> None:
    done = await delivered(home)
    await home.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    waiting = await home.receive()
    await home.work()
    fresh = await home.receive()
    await take_back(home)
    before = await rows(home, "events")
    with pytest.raises(DatabaseOutdated):
        await check_version(home.database)

    await upgrade_async(home.database.url)

    await check_version(home.database)
    assert await rows(home, "events") == before
    await home.destinations.resume(SCOPE, FACHVERFAHREN)
    for _ in range(5):
        await home.work()
    for case in (waiting, fresh):
        now = await home.cases.by_number(SCOPE, case.number)
        assert isinstance(now.state, Closed)
        await assert_chains_hold(home, now)
    # Rows from before can do what is new, and new ones find their tables.
    reopened = await store(home).reopen(done, CODE, ())
    assert reopened is not None
    assert isinstance(reopened.state, Undeliverable)
    await replay(home)
    again = await home.cases.by_number(SCOPE, reopened.number)
    assert isinstance(again.state, Closed)
    await arrived(home, submission(home))


async def test_the_version_before_can_work_on_beside(home: House) -> None:
    """It knows the old tables only, and none of them has changed."""
    await take_back(home)
    old = await columns(home.database)
    await upgrade_async(home.database.url)
    new = await columns(home.database)

    assert {name: new[name] for name in old} == old
    assert set(new) - set(old) == set(NEW)


async def columns(database: Database) -> dict[str, list[str]]:
    def look(connection: Connection) -> dict[str, list[str]]:
        found = inspect(connection)
        return {
            name: [
                f"{column['name']} {column['type']} {column['nullable']}"
                for column in found.get_columns(name)
            ]
            for name in found.get_table_names()
        }

    async with database.read() as connection:
        return await connection.run_sync(look)


def test_a_file_that_the_first_version_made_is_upgraded(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "old.sqlite3")

    def first_version(connection: Connection) -> None:
        config = Config()
        scripts = Path(storage.migrate.__file__).parent / "migrations"
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    async def run() -> tuple[set[str], set[str]]:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(first_version)
        await engine.dispose()
        database = Database(url)
        try:
            old = set(await columns(database))
            await upgrade_async(url)
            await check_version(database)
            return old, set(await columns(database))
        finally:
            await database.close()

    old, new = asyncio.run(run())
    assert new - old == set(NEW)
