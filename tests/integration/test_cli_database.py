"""The database on the command line: where it is, and bringing it to this version."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import create_async_engine

from flows.steps import STEPS
from schemas.configuration.snapshot import decode, encode
from schemas.ids import StepName
from schemas.rules.process import STANDARD_PROCESS, VOCABULARY
from storage.database import Database
from storage.steps_in_use import steps_in_use
from storage.tables import SnapshotRow
from storage.tables.base import table
from tests.command_line import CommandLine, install
from tests.counterparts.postgres import as_asyncpg
from tests.house import House

SNAPSHOTS = table(SnapshotRow)
NOT_BUILT = StepName("render")


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", database_url, monkeypatch.setenv)


@pytest.fixture
def setenv(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    return monkeypatch.setenv


async def set_version(url: str, version: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :v"), {"v": version}
        )
    await engine.dispose()


async def name_a_step_that_is_not_built(house: House) -> None:
    async with house.database.write("plant") as connection:
        row = (await connection.execute(SNAPSHOTS.select())).one()
        content = decode(row.body)
        object.__setattr__(content, "process", (*content.process, NOT_BUILT))
        await connection.execute(update(SNAPSHOTS).values(body=encode(content).body))


async def test_a_database_is_made_where_there_is_none(
    tmp_path: Path, setenv: Callable[[str, str], None]
) -> None:
    home = tmp_path / "home"
    amtsweg = install(home, "", setenv)

    before = await amtsweg("db", "status", "--json")
    refused = await amtsweg("case", "list")
    made = await amtsweg("db", "upgrade")
    after = await amtsweg("db", "status", "--json")
    again = await amtsweg("db", "upgrade")

    assert (before.code, before.json["found"], before.json["current"]) == (1, "", False)
    assert (refused.code, refused.err.split(":")[0]) == (2, "E-DATABASE-OUTDATED")
    assert made.code == 0
    assert f"From nothing yet to {after.json['wanted']}" in made.err
    assert (after.code, after.json["current"]) == (0, True)
    assert (again.code, "nothing to do" in again.out) == (0, True)
    assert (await amtsweg("case", "list", "--json")).json == []


async def test_looking_makes_no_database(
    tmp_path: Path, setenv: Callable[[str, str], None]
) -> None:
    amtsweg = install(tmp_path / "home", "", setenv)

    for command in (("db", "status"), ("case", "list"), ("doctor",)):
        await amtsweg(*command)

    assert not (amtsweg.home / "amtsweg.db").exists()


async def test_a_newer_database_is_not_touched(amtsweg: CommandLine) -> None:
    await set_version(amtsweg.url, "9999")

    for command in (("db", "upgrade"), ("case", "list")):
        refused = await amtsweg(*command)
        assert (refused.code, refused.err.split(":")[0]) == (2, "E-DATABASE-NEWER")
    shown = await amtsweg("db", "status")
    assert (shown.code, "newer version" in shown.out) == (1, True)


async def test_the_steps_of_open_cases_are_found(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        assert await steps_in_use(house.database) == frozenset()
        await house.receive()
        assert await steps_in_use(house.database) == frozenset(STANDARD_PROCESS)
        await name_a_step_that_is_not_built(house)
        assert NOT_BUILT in await steps_in_use(house.database)


async def test_the_steps_of_closed_cases_stop_nobody(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        await house.receive()
        await house.work()

        assert await steps_in_use(house.database) == frozenset()


async def test_an_upgrade_is_refused_while_an_open_case_names_an_unknown_step(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await house.receive()
        await name_a_step_that_is_not_built(house)
    examined = (await amtsweg("doctor", "--json")).json

    refused = await amtsweg("db", "upgrade")

    red = {one["subject"]: one["detail"] for one in examined["results"]}
    assert NOT_BUILT in red["steps"]
    assert refused.code == 2
    assert refused.err.startswith("E-STEPS-LACKING")
    assert NOT_BUILT in refused.err


def test_the_vocabulary_is_what_the_engine_can_run() -> None:
    assert set(VOCABULARY.runnable()) == set(STEPS)


async def test_a_database_that_does_not_answer_is_said_with_3(
    tmp_path: Path, setenv: Callable[[str, str], None]
) -> None:
    amtsweg = install(
        tmp_path / "home", "postgresql://nobody:secret@127.0.0.1:1/none", setenv
    )

    for command in (("case", "list"), ("db", "upgrade"), ("db", "status")):
        refused = await amtsweg(*command)
        assert (refused.code, refused.err.split(":")[0]) == (3, "E-DATABASE-AWAY")
        assert "secret" not in refused.err
    examined = await amtsweg("doctor")
    assert examined.code == 3
    assert "E-DATABASE-AWAY" in examined.out
    assert "secret" not in examined.out


async def test_a_url_without_a_driver_will_do(
    postgres_url: str, tmp_path: Path, setenv: Callable[[str, str], None]
) -> None:
    amtsweg = install(tmp_path / "home", as_asyncpg(postgres_url), setenv)

    assert (await amtsweg("db", "status")).code == 0
    database = Database(postgres_url)
    assert await steps_in_use(database) == frozenset()
    await database.close()
