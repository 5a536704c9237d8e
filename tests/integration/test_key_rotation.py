"""Key rotation: broken off anywhere, by two at once, never losing a case."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import select, update

from schemas.documents import WrappedKey
from schemas.errors import DatabaseAway, KeyInUse, KeyMissing
from schemas.ids import CaseId, KeyName
from schemas.limits import ORPHAN_AGE
from schemas.scope import DEFAULT_TENANT
from storage.database import Database
from storage.key_register import KeyRegister
from storage.rewrap import Rewrapping, names_in_use, uses
from storage.tables import DataKeyRow, KekRow
from storage.tables.base import table
from tests.clocks import TestClock
from tests.command_line import Answer, CommandLine, install, run
from tests.house import SCOPE, House

DATA_KEYS, REGISTER = table(DataKeyRow), table(KekRow)
ROOT = Path(__file__).resolve().parents[2]
CASES = 12
BATCH = 5


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", database_url, monkeypatch.setenv)


async def with_cases(house: House, count: int = CASES) -> None:
    for _ in range(count):
        await house.receive()


async def readable(house: House, amtsweg: CommandLine) -> int:
    """How many data keys open; one that does not raises."""
    ring = amtsweg.keys()
    async with house.database.read() as connection:
        rows = (await connection.execute(select(DATA_KEYS))).all()
    for row in rows:
        wrapped = WrappedKey(kek=KeyName(row.kek), wrapped=row.wrapped)
        ring.unwrap(wrapped, tenant=DEFAULT_TENANT, case=CaseId(row.case_id))
    return len(rows)


async def test_every_data_key_is_wrapped_with_the_new_key(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        await with_cases(house)
        [old] = amtsweg.keys().names()

        rotated = await amtsweg("key", "rotate", "--json")

        new = rotated.json["current"]
        assert (rotated.code, rotated.json["left"]) == (0, 0)
        assert rotated.json["rewrapped"] == CASES
        assert new != old
        assert await uses(house.database) == {new: CASES}
        assert await readable(house, amtsweg) == CASES
        assert await house.work() == CASES, "and the documents can still be read"
    listed = (await amtsweg("key", "list", "--json")).json
    assert [(key["state"], key["uses"]) for key in listed if key["name"] == new] == [
        ("current", CASES)
    ]
    assert [(key["state"], key["uses"]) for key in listed if key["name"] == old] == [
        ("unwraps", 0)
    ]


@pytest.mark.parametrize(
    ("boundary", "number", "rewrapped"),
    [("before rewrap", 1, 0), ("before rewrap", 2, 5), ("after rewrap", 2, 10)],
)
async def test_a_killed_rotation_is_finished_by_the_next(
    amtsweg: CommandLine, boundary: str, number: int, rewrapped: int
) -> None:
    async with amtsweg.house() as house:
        await with_cases(house)
        [old] = amtsweg.keys().names()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.integration.rotating", amtsweg.url),
            *(str(amtsweg.home / "keys"), str(BATCH), boundary, str(number)),
            cwd=ROOT,
        )
        assert await process.wait() == -signal.SIGKILL
        left = await uses(house.database)
        assert left.get(old, 0) == CASES - rewrapped
        assert await readable(house, amtsweg) == CASES

        again = await amtsweg("key", "rotate", "--json")

        assert again.code == 0
        assert "An earlier rotation has not come to its end" in again.err
        assert again.json["rewrapped"] == CASES - rewrapped
        assert len(amtsweg.keys().names()) == 2, "it went on, it did not begin anew"
        assert await uses(house.database) == {again.json["current"]: CASES}
        assert await readable(house, amtsweg) == CASES


async def test_two_rotations_at_once_do_not_disturb_each_other(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await with_cases(house)
        amtsweg.keys().create()
        databases = [Database(amtsweg.url) for _ in range(3)]

        async def one(database: Database) -> None:
            async for _ in Rewrapping(database, amtsweg.keys(), batch=BATCH).round():
                pass

        await asyncio.gather(*map(one, databases))

        for database in databases:
            await database.close()
        current = amtsweg.keys().current_name()
        assert await uses(house.database) == {current: CASES}
        assert await names_in_use(house.database) == (current,)
        assert await readable(house, amtsweg) == CASES


async def test_a_case_received_during_a_rotation_keeps_a_key_that_opens(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await with_cases(house)
        ring = amtsweg.keys()
        ring.create()
        round_ = Rewrapping(house.database, ring, batch=BATCH).round()
        await anext(round_)
        await house.receive()
        async for _ in round_:
            pass

        assert await uses(house.database) == {ring.current_name(): CASES + 1}
        assert await readable(house, amtsweg) == CASES + 1


async def test_a_package_left_by_a_death_is_completed_after_a_rotation(
    amtsweg: CommandLine,
) -> None:
    rotated: list[Answer] = []

    def rotate_and_die(at: str) -> None:
        if at == "after archive" and not rotated:
            with ThreadPoolExecutor(1) as elsewhere:
                rotated.append(elsewhere.submit(run, "key", "rotate").result())
            raise DatabaseAway

    async with amtsweg.house(at=rotate_and_die) as house:
        await house.receive()
        while await house.work():
            pass

        assert [answer.code for answer in rotated] == [0]
        assert await house.cases.count_by_state(SCOPE) == {"Closed": 1}


async def test_what_cannot_be_read_is_reported_and_stops_nothing(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await with_cases(house, 3)
        async with house.database.write("damage") as connection:
            cases = (await connection.execute(select(DATA_KEYS.c.case_id))).scalars()
            await connection.execute(
                update(DATA_KEYS)
                .where(DATA_KEYS.c.case_id == min(cases.all()))
                .values(wrapped=b"\x01" + bytes(60))
            )

        rotated = await amtsweg("key", "rotate", "--json")

        assert rotated.code == 3
        assert (rotated.json["rewrapped"], rotated.json["left"]) == (2, 1)
        assert "1 data keys cannot be read" in rotated.err


async def test_an_export_is_closed_to_others_and_restores_the_key(
    amtsweg: CommandLine, tmp_path: Path
) -> None:
    amtsweg.keys().current_name()
    [name] = amtsweg.keys().names()
    file = tmp_path / "amtsweg.key"

    printed = await amtsweg("key", "export")
    written = await amtsweg("key", "export", name, "--output", str(file))
    again = await amtsweg("key", "export", "--output", str(file))

    assert (printed.code, written.code) == (0, 0)
    assert printed.out == file.read_text(encoding="ascii")
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert again.code == 2, "an export is never overwritten"
    assert amtsweg.keys().is_exported(name)
    kept = (amtsweg.home / "keys" / f"{name}.key").read_bytes()
    (amtsweg.home / "keys" / f"{name}.key").unlink()
    assert (await amtsweg("key", "restore", str(file))).code == 0
    assert (amtsweg.home / "keys" / f"{name}.key").read_bytes() == kept


async def test_an_export_names_the_keys_that_are_not_in_it(
    amtsweg: CommandLine,
) -> None:
    amtsweg.keys().current_name()

    without = await amtsweg("key", "export")
    folder = amtsweg.home / "keys" / "fitconnect"
    (folder / "bauamt").mkdir(parents=True)
    beside = await amtsweg("key", "export")

    assert "FIT-Connect" not in without.err
    assert f"Keep {folder} apart, too" in beside.err
    assert beside.out == without.out


async def test_a_key_is_retired_only_when_nothing_needs_it(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await with_cases(house, 1)
        [old] = amtsweg.keys().names()

        async def retire(name: str) -> tuple[int, str]:
            answer = await amtsweg("key", "retire", name)
            return answer.code, answer.err.partition(":")[0]

        refused = (1, KeyInUse.code)
        assert await retire("kek-nirgends") == (2, KeyMissing.code)
        await amtsweg("key", "export", old)
        assert await retire(old) == refused, "it is the current one"
        await amtsweg("key", "rotate")
        assert await retire(old) == refused, "uploads may be under way"
        async with house.database.write("later") as connection:
            now = await house.database.now(connection)
            await connection.execute(
                update(REGISTER)
                .where(REGISTER.c.name == old)
                .values(retired_at=now - ORPHAN_AGE)
            )
        assert (await amtsweg("key", "retire", old)).code == 0
        assert old not in amtsweg.keys().names()
        assert await readable(house, amtsweg) == 1
    listed = (await amtsweg("key", "list", "--json")).json
    assert [key["state"] for key in listed if key["name"] == old] == ["retired"]


async def test_a_key_that_was_never_exported_is_not_deleted(
    amtsweg: CommandLine,
) -> None:
    old = amtsweg.keys().current_name()
    await amtsweg("key", "rotate")

    retired = await amtsweg("key", "retire", old)

    assert (retired.code, old in amtsweg.keys().names()) == (1, True)
    assert "never exported" in retired.err


async def test_the_register_refuses_to_retire_what_still_wraps(
    amtsweg: CommandLine,
) -> None:
    async with amtsweg.house() as house:
        await with_cases(house, 1)
        [old] = amtsweg.keys().names()
        new = KeyName("kek-neu")
        clock = TestClock()
        database = Database(amtsweg.url, clock=clock)
        register = KeyRegister(database)
        await register.follow((old,), old)
        await register.follow((old, new), new)
        clock.advance(ORPHAN_AGE - timedelta(seconds=1))
        with pytest.raises(KeyInUse, match="upload"):
            await register.retire(old)
        clock.advance(timedelta(seconds=1))

        with pytest.raises(KeyInUse, match="wraps"):
            await register.retire(old)

        states = {key.name: (key.state, key.uses) for key in await register.list()}
        assert states == {old: ("retiring", 1), new: ("active", 0)}
        await database.close()


async def test_rotating_makes_the_first_key_where_there_is_none(
    amtsweg: CommandLine,
) -> None:
    rotated = await amtsweg("key", "rotate", "--json")

    assert rotated.code == 0
    assert amtsweg.keys().names() == (rotated.json["current"],)
