"""Sources on the command line: listed, polled and checked."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from flows.wiring import work
from schemas.ids import DestinationId, SourceId
from schemas.replies import reply_place
from storage.settings import read_settings
from storage.source_states import SourceStates
from tests.command_line import CommandLine, install
from tests.house import SCOPE

POST = SourceId("post")
SOURCE = """
id = "post"
name = "Zustellpunkt des Kreises"
adapter = "memory"
"""


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    line = install(tmp_path / "home", database_url, monkeypatch.setenv)
    folder = line.home / "config" / "sources"
    folder.mkdir()
    (folder / "post.toml").write_text(SOURCE, encoding="utf-8")
    return line


async def test_a_source_is_listed_before_anybody_has_looked(
    amtsweg: CommandLine,
) -> None:
    [listed] = (await amtsweg("source", "list", "--json")).json

    assert (listed["id"], listed["adapter"]) == ("post", "memory")
    assert (listed["configured"], listed["polled_at"]) == (True, None)
    assert "post" in (await amtsweg("source", "list")).out


async def test_what_waits_there_is_listed_with_why(amtsweg: CommandLine) -> None:
    oldest = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    async with amtsweg.house() as house:
        await SourceStates(house.database).polled(
            SCOPE.tenant, POST, pending=2, oldest=oldest, troubles={"E-SOURCE-SERVICE"}
        )

    [listed] = (await amtsweg("source", "list", "--json")).json

    assert (listed["waiting"], listed["troubles"]) == (2, ["E-SOURCE-SERVICE"])
    assert "E-SOURCE-SERVICE" in (await amtsweg("source", "list")).out
    doctor = await amtsweg("doctor")
    assert "2 submissions wait there" in doctor.out


async def test_replies_to_a_destination_are_no_source(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        place = reply_place(DestinationId("fachverfahren"))
        await SourceStates(house.database).polled(SCOPE.tenant, place, pending=1)

    listed = (await amtsweg("source", "list", "--json")).json

    assert [one["id"] for one in listed] == ["post"]


async def test_whoever_polls_hears_what_came_of_it(amtsweg: CommandLine) -> None:
    nobody = await amtsweg("source", "poll", "post", "--wait", "0.3")
    stop = asyncio.Event()
    working = asyncio.create_task(work(read_settings(), stop))
    polled = await amtsweg("source", "poll", "post", "--wait", "20")
    stop.set()
    await working

    assert (nobody.code, nobody.out) == (0, "")
    assert "No worker" in nobody.err
    assert polled.out.endswith("post was looked into: nothing waits there.\n")


@pytest.mark.parametrize("command", ["poll", "check"])
async def test_an_unknown_source_is_refused(amtsweg: CommandLine, command: str) -> None:
    refused = await amtsweg("source", command, "pots")

    assert (refused.code, refused.err.split(":")[0]) == (1, "E-NO-SOURCE")
    assert "post" in refused.err


async def test_every_mailbox_is_asked_how_it_is(amtsweg: CommandLine) -> None:
    [found] = (await amtsweg("source", "check", "--json")).json

    assert (found["source"], found["ok"]) == ("post", True)
    assert "ok" in (await amtsweg("source", "check", "post")).out


BROKEN: Final = """
id = "amt"
name = "Bauamt"
adapter = "fitconnect"

[connection]
token_url = "http://127.0.0.1:1/token"
submission_url = "http://127.0.0.1:1"
destination = "d12caea8-f372-4eb1-b102-b0a228253a11"
client_id = "me"
client_secret = "env:NOTHING"
decryption_keys = ["env:NOTHING"]
signing_key = "env:NOTHING"
"""


@pytest.mark.parametrize("command", [("source", "check"), ("fitconnect", "check")])
async def test_a_table_with_a_mistake_is_named_with_its_line(
    amtsweg: CommandLine, command: tuple[str, ...]
) -> None:
    config = amtsweg.home / "config"
    (config / "sources" / "amt.toml").write_text(BROKEN, encoding="utf-8")
    (config / "fitconnect-problems.toml").write_text('\n[fit-data-hsh]\ntitle = "x"\n')

    said = await amtsweg(*command)

    assert said.code
    assert "fitconnect-problems.toml:2: " in said.out + said.err
    assert "Did you mean `fit-data-hash`?" in said.out + said.err
