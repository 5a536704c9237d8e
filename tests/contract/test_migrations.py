"""The tables: as the code has them, and every row says whose it is."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, UniqueConstraint, text
from sqlalchemy.ext.asyncio import create_async_engine

import storage.migrate
from schemas.errors import DatabaseNewer, DatabaseOutdated
from storage.database import Database
from storage.migrate import upgrade, upgrade_async
from storage.tables.base import metadata
from storage.versions import check_version, known_versions
from tests.counterparts.databases import sqlite_url

OF_THE_INSTALLATION = {"leases", "counters", "key_encryption_keys", "tenants"}
"""Whose rows belong to no tenant: workers serve all, numbers are unique for all."""


def types_differ(
    _context: object, _found: object, _wanted: object, found: object, wanted: object
) -> bool | None:
    # SQLModel says VARCHAR without a length, which is TEXT on both databases.
    return False if {str(found), str(wanted)} <= {"TEXT", "VARCHAR"} else None


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": types_differ, "render_as_batch": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("SELECT 1", False),
        ("ALTER TABLE counters ADD COLUMN more INTEGER", True),
        ("DROP INDEX ix_cases_lease", True),
        ("DROP TABLE tokens", True),
    ],
)
async def test_migrations_make_the_tables_that_the_code_has(
    database_url: str, statement: str, *, seen: bool
) -> None:
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        await connection.execute(text(statement))
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert (found != []) is seen


def test_versions_are_told_from_the_names_of_files_as_alembic_tells_them() -> None:
    scripts = ScriptDirectory(Path(storage.migrate.__file__).parent / "migrations")
    revisions = [script.revision for script in scripts.walk_revisions("base", "heads")]

    assert known_versions() == tuple(reversed(revisions))


def test_upgrading_again_is_harmless(database_url: str) -> None:
    upgrade(database_url)
    upgrade(database_url)

    asyncio.run(checked(database_url))


async def checked(url: str) -> None:
    database = Database(url)
    try:
        await check_version(database)
    finally:
        await database.close()


async def test_a_database_without_tables_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(DatabaseOutdated):
        await checked(sqlite_url(tmp_path / "empty.sqlite3"))


async def test_a_database_of_a_newer_version_is_not_touched(database_url: str) -> None:
    database = Database(database_url)
    async with database.write("test") as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9'"))
    await database.close()

    with pytest.raises(DatabaseNewer):
        await checked(database_url)


async def test_an_upgrade_keeps_what_is_there(database_url: str) -> None:
    database = Database(database_url)
    async with database.write("test") as connection:
        await connection.execute(
            metadata.tables["counters"].insert(), {"year": 1, "last": 7}
        )
    await upgrade_async(database_url)

    async with database.read() as connection:
        kept = await connection.execute(metadata.tables["counters"].select())
        assert [tuple(row) for row in kept] == [(1, 7)]
    await database.close()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_row_says_whose_it_is(table: Table) -> None:
    columns = {column.name for column in table.columns if not column.nullable}
    owned = {"tenant_id", "office_id"} <= columns

    assert owned is (table.name not in OF_THE_INSTALLATION)


def unique_keys(table: Table) -> list[set[str]]:
    keys = [set(table.primary_key.columns.keys())]
    keys += [
        set(one.columns.keys())
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
    ]
    keys += [set(index.columns.keys()) for index in table.indexes if index.unique]
    return keys


RANDOM = {"id", "case_id", "delivery_id", "job_id", "hash"}
"""Values that are random or hashes of such: no two tenants ever have the same."""


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_no_key_of_one_tenant_stands_in_the_way_of_another(table: Table) -> None:
    if table.name in OF_THE_INSTALLATION:
        return
    for key in unique_keys(table):
        # Case numbers are unique per installation, by design.
        assert "tenant_id" in key or key & RANDOM or key == {"number"}, key
