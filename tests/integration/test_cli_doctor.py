"""The doctor: looks at everything, changes nothing, and says what to do."""

import os
from pathlib import Path

import pytest

from adapters.memory import Fail, MemoryOutbox
from tests.command_line import CommandLine, install, make_dead, working

Lights = dict[str, str]


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", database_url, monkeypatch.setenv)


@pytest.fixture
def lightly(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """For what the database has no part in."""
    return install(tmp_path / "home", sqlite_url, monkeypatch.setenv)


async def lights(amtsweg: CommandLine) -> Lights:
    examined = await amtsweg("doctor", "--json")
    assert examined.code == (3 if examined.json["light"] == "red" else 0)
    return {one["subject"]: one["light"] for one in examined.json["results"]}


async def details(amtsweg: CommandLine, light: str) -> dict[str, str]:
    examined = await amtsweg("doctor", "--json")
    return {
        one["subject"]: f"{one['detail']} {one['remedy']}"
        for one in examined.json["results"]
        if one["light"] == light
    }


async def test_a_sound_installation_stays_yellow_until_its_key_is_exported(
    amtsweg: CommandLine,
) -> None:
    name = amtsweg.keys().current_name()
    async with amtsweg.house() as house, working(house):
        before = await lights(amtsweg)
        await amtsweg("key", "export")
        after = await amtsweg("doctor", "--json")

    assert {subject for subject, light in before.items() if light != "green"} == {
        f"key {name}"
    }
    assert (after.code, after.json["light"]) == (0, "green")
    for subject in ("home", "database", "workers", "archive", "prefect"):
        assert subject in before


async def test_every_light_is_also_a_word(lightly: CommandLine) -> None:
    examined = await lightly("doctor")

    lines = [line for line in examined.out.splitlines()[:-1] if line]
    assert all(line.split()[0] in {"green", "yellow", "red", "→"} for line in lines), (
        lines
    )
    assert "\x1b" not in examined.out


async def test_what_needs_somebody_is_yellow(amtsweg: CommandLine) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        await make_dead(house, outbox, 2)
        outbox.then(Fail(whole_destination=True))
        await house.receive()
        await house.work()

    yellow = await details(amtsweg, "yellow")

    assert "2 Unzustellbar" in yellow["cases"]
    assert "fachverfahren: E-MEMORY-AWAY" in yellow["disturbance"]
    assert "amtsweg work" in yellow["workers"]


async def test_cases_that_wait_without_a_worker_are_red(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        await house.receive()

    assert "amtsweg work" in (await details(amtsweg, "red"))["workers"]


async def test_a_key_that_is_gone_is_red(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        await house.receive()
    [old] = amtsweg.keys().names()
    await amtsweg("key", "rotate")
    new = amtsweg.keys().current_name()
    amtsweg.keys().create()
    (amtsweg.home / "keys" / f"{new}.key").unlink()

    red = await details(amtsweg, "red")

    assert old != new
    assert f"key {new}" in red
    assert "key restore" in red[f"key {new}"]


async def test_folders_that_others_can_read_are_seen(lightly: CommandLine) -> None:
    lightly.keys().current_name()
    lightly.home.chmod(0o750)
    assert (await lights(lightly))["home"] == "yellow"
    lightly.home.chmod(0o755)
    assert (await lights(lightly))["home"] == "red"
    lightly.home.chmod(0o700)
    (lightly.home / "keys").chmod(0o755)

    assert (await lights(lightly))["keys"] == "red"


async def test_a_mistyped_variable_is_seen(
    lightly: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMTSWEG_SLOT", "3")

    assert "AMTSWEG_SLOT" in (await details(lightly, "yellow"))["environment"]


async def test_settings_that_cannot_be_used_end_the_examination(
    lightly: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMTSWEG_SLOTS", "viele")

    examined = await lightly("doctor", "--json")

    assert examined.code == 3
    [settings] = examined.json["results"]
    assert "AMTSWEG_SLOTS" in settings["detail"]


async def test_each_problem_of_the_configuration_is_one_result(
    lightly: CommandLine,
) -> None:
    (lightly.home / "config" / "services" / "wohngeld.toml").write_text("leika = 1\n")

    examined = await lightly("doctor", "--json")

    found = [
        one for one in examined.json["results"] if one["subject"] == "configuration"
    ]
    assert len(found) > 1
    assert all(one["detail"].startswith("services/") for one in found)
    assert examined.code == 3


async def test_a_package_left_half_written_is_seen(lightly: CommandLine) -> None:
    package = (
        lightly.home / "archive" / "v1" / "99107023017000" / "2026" / "c" / "p0001"
    )
    (package / "data").mkdir(parents=True)
    assert (await lights(lightly))["archive"] == "green", "it may be being written"
    os.utime(package, (0, 0))

    assert "p0001" in (await details(lightly, "yellow"))["archive"]


async def test_an_absent_prefect_is_never_fatal(
    lightly: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMTSWEG_PREFECT_URL", "http://127.0.0.1:1/api")

    assert (await lights(lightly))["prefect"] == "yellow"


async def test_the_examination_changes_nothing(lightly: CommandLine) -> None:
    def everything() -> set[Path]:
        return {
            path
            for path in lightly.home.rglob("*")
            if not path.name.endswith(("-wal", "-shm"))
        }

    before = everything()
    await lightly("doctor")

    assert everything() == before
