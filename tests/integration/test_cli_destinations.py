"""Destinations and tokens on the command line."""

from pathlib import Path

import pytest

from adapters.memory import Fail, MemoryOutbox
from schemas.clock import SystemClock
from storage.database import Database
from storage.tokens import SqlTokens
from tests.command_line import CommandLine, install

FOLDER = """
id = "ablage"
name = "Ablage"
adapter = "folder"

[connection]
path = "ablage"
"""


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


async def test_a_destination_that_is_away_is_listed_with_who_waits(
    amtsweg: CommandLine,
) -> None:
    outbox = MemoryOutbox(script=[Fail(whole_destination=True)] * 9)
    async with amtsweg.house(outbox) as house:
        for _ in range(3):
            await house.receive()
        await house.work()

    [listed] = (await amtsweg("destination", "list", "--json")).json

    assert (listed["state"], listed["word"]) == ("Paused", "gestört")
    assert listed["reason"] == "E-MEMORY-AWAY"
    assert listed["next_probe_at"] > listed["since"]
    assert (listed["waiting"], listed["in_flight"]) == (3, 0)
    assert "E-MEMORY-AWAY" in (await amtsweg("destination", "list")).out


async def test_a_destination_is_held_and_let_go_by_people(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        paused = await amtsweg(
            "destination", "pause", "fachverfahren", "--reason", "Umbau"
        )
        await house.receive()
        await house.work()
        [held] = (await amtsweg("destination", "list", "--json")).json

        resumed = await amtsweg("destination", "resume", "fachverfahren")
        await house.work()
        [open_] = (await amtsweg("destination", "list", "--json")).json

    assert (paused.code, resumed.code) == (0, 0)
    assert (held["state"], held["reason"], held["waiting"]) == ("Held", "Umbau", 1)
    assert (open_["state"], open_["waiting"]) == ("Open", 0)


@pytest.mark.parametrize("command", ["pause", "resume", "check"])
async def test_an_unknown_destination_is_refused_and_not_made(
    lightly: CommandLine, command: str
) -> None:
    reason = ("--reason", "x") if command == "pause" else ()

    refused = await lightly("destination", command, "fachverfaren", *reason)

    assert (refused.code, refused.err.split(":")[0]) == (1, "E-NO-DESTINATION")
    assert "fachverfahren" in refused.err
    listed = (await lightly("destination", "list", "--json")).json
    assert [one["id"] for one in listed] == ["fachverfahren"]


async def test_every_adapter_is_asked_how_it_finds_its_counterpart(
    lightly: CommandLine,
) -> None:
    path = lightly.home / "config" / "destinations" / "ablage.toml"
    path.write_text(FOLDER, encoding="utf-8")
    well = await lightly("destination", "check", "fachverfahren", "--json")
    # A file where the folder should be.
    (lightly.home / "ablage").write_text("", encoding="utf-8")

    both = await lightly("destination", "check", "--json")

    assert (well.code, well.json[0]["ok"]) == (0, True)
    assert both.code == 3
    assert {one["destination"]: one["ok"] for one in both.json} == {
        "ablage": False,
        "fachverfahren": True,
    }
    text = await lightly("destination", "check", "ablage")
    assert (text.code, "WRONG" in text.out) == (3, True)


async def test_a_broken_configuration_is_said_with_file_and_line(
    lightly: CommandLine,
) -> None:
    path = lightly.home / "config" / "destinations" / "fachverfahren.toml"
    path.write_text('id = "anders"\nname = "x"\nadapter = "memory"\n')

    refused = await lightly("destination", "check")
    listed = await lightly("destination", "list", "--json")

    assert refused.code == 2
    assert "destinations/fachverfahren.toml:1" in refused.err
    assert listed.code == 0, "what is in the database can still be seen"


async def test_a_token_is_shown_once_and_opens_until_it_is_revoked(
    amtsweg: CommandLine,
) -> None:
    made = await amtsweg(
        *("token", "create", "--sender", "portal", "--office", "wohngeld", "--json"),
        *("--service", "99107023017000"),
    )
    secret = made.json["secret"]
    database = Database(amtsweg.url)
    tokens = SqlTokens(database, SystemClock())
    found = await tokens.find(secret)
    listed = await amtsweg("token", "list")

    revoked = await amtsweg("token", "revoke", made.json["id"][:6])
    again = await amtsweg("token", "revoke", made.json["id"])

    assert found is not None
    assert found.sender == "portal"
    assert set(map(str, found.offices)) == {"wohngeld"}
    assert set(map(str, found.services)) == {"99107023017000"}
    assert secret not in listed.out
    assert made.json["id"] in listed.out
    assert (revoked.code, again.code) == (0, 0)
    assert await tokens.find(secret) is None
    await database.close()
    [after] = (await amtsweg("token", "list", "--json")).json
    assert after["revoked_at"] is not None


async def test_a_secret_alone_is_on_stdout(lightly: CommandLine) -> None:
    made = await lightly("token", "create", "--sender", "portal")

    assert made.code == 0
    assert made.out.startswith("amtsweg_")
    assert len(made.out.strip()) == len("amtsweg_") + 32
    assert made.out.strip() not in made.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sender", "Herr Müller"), "--sender"),
        (("--sender", "portal", "--office", "wohngelt"), "wohngeld"),
        (("--sender", "portal", "--service", "99107023017001"), "--service"),
        ((), "--sender"),
    ],
)
async def test_a_mistyped_name_makes_no_token(
    lightly: CommandLine, options: tuple[str, ...], said: str
) -> None:
    refused = await lightly("token", "create", *options)

    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert (await lightly("token", "list", "--json")).json == []


async def test_a_token_that_is_not_there_cannot_be_revoked(
    lightly: CommandLine,
) -> None:
    for which in ("ffffffffffff", "", "%"):
        refused = await lightly("token", "revoke", which)
        assert (refused.code, refused.err.split(":")[0]) == (1, "E-TOKEN-UNKNOWN")
