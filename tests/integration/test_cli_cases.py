"""Cases on the command line: listed, shown with their history, approved, released."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select

from adapters.memory import MemoryOutbox
from schemas.rules.process import STANDARD_PROCESS
from storage.database import Database
from storage.tables import EventRow
from storage.tables.base import table
from tests.command_line import CommandLine, install, make_dead
from tests.house import service

EVENTS = table(EventRow)


@pytest.fixture
def amtsweg(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    return install(tmp_path / "home", database_url, monkeypatch.setenv)


async def closed_case(amtsweg: CommandLine) -> str:
    async with amtsweg.house() as house:
        case = await house.receive()
        await house.work()
        return case.number


async def quarantined_case(amtsweg: CommandLine) -> str:
    async with amtsweg.house() as house:
        case = await house.receive(service("unbekannt"))
        await house.work()
        return case.number


async def test_a_case_is_listed_with_its_state_in_german(amtsweg: CommandLine) -> None:
    number = await closed_case(amtsweg)

    listed = await amtsweg("case", "list")

    assert (listed.code, listed.err) == (0, "")
    line = listed.out.splitlines()[1]
    assert line.split()[0] == number
    assert line.split()[-2:] == ["Abgeschlossen", "Closed"]


async def test_a_list_is_narrowed_by_state_service_and_receipt(
    amtsweg: CommandLine,
) -> None:
    closed = await closed_case(amtsweg)
    isolated = await quarantined_case(amtsweg)

    async def numbers(*options: str) -> list[str]:
        listed = await amtsweg("case", "list", *options, "--json")
        assert listed.code == 0
        return [case["number"] for case in listed.json]

    assert await numbers() == [isolated, closed]
    assert await numbers("--state", "Quarantined") == [isolated]
    assert await numbers("--state", "in quarantäne") == [isolated]
    assert await numbers("--limit", "1") == [isolated]
    assert await numbers("--service", "99107023017000") == [isolated, closed]
    assert await numbers("--service", "99999999999999") == []
    assert await numbers("--since", "1h") == [isolated, closed]
    assert await numbers("--since", "2100-01-01") == []


async def test_a_case_is_shown_with_everything_that_happened(
    amtsweg: CommandLine,
) -> None:
    number = await closed_case(amtsweg)

    shown = (await amtsweg("case", "show", number, "--json")).json
    text = await amtsweg("case", "show", number)

    assert shown["state"]["name"] == "Closed"
    assert shown["state"]["word"] == "Abgeschlossen"
    assert shown["chain_verified"] is True
    assert shown["next"] == "Nothing: the case is closed."
    assert [event["seq"] for event in shown["events"]] == list(range(1, 11))
    assert shown["events"][0]["actor"] == "door"
    assert shown["events"][1]["actor"].startswith("worker:")
    [delivery] = shown["deliveries"]
    assert delivery["state"] == "delivered"
    assert [one["outcome"] for one in delivery["attempts"]] == ["delivered"]
    assert text.code == 0
    for said in ("Abgeschlossen (Closed)", "verified", "zugestellt", "CaseClosed"):
        assert said in text.out


async def test_nothing_of_the_sender_is_printed(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        case = await house.receive(body=b"<antrag>Erika Mustermann</antrag>")
        await house.work()

    for options in ((), ("--json",)):
        shown = await amtsweg("case", "show", case.number, *options)
        assert "Mustermann" not in shown.out
        assert "Antrag" not in shown.out, "file names are personal data"


async def test_a_case_is_found_by_a_tracking_id_as_people_type_it(
    amtsweg: CommandLine,
) -> None:
    number = await closed_case(amtsweg)
    tracking = (await amtsweg("case", "list", "--json")).json[0]["tracking_id"]

    sloppy = tracking.replace("-", " ").lower()

    assert (await amtsweg("case", "show", sloppy, "--json")).json["number"] == number


async def test_a_chain_whose_end_was_cut_off_is_called_broken(
    amtsweg: CommandLine,
) -> None:
    number = await closed_case(amtsweg)
    database = Database(amtsweg.url)
    async with database.write("forge") as connection:
        last = (await connection.execute(select(EVENTS.c.seq))).scalars().all()
        await connection.execute(delete(EVENTS).where(EVENTS.c.seq == max(last)))
    await database.close()

    text = await amtsweg("case", "show", number)

    assert "BROKEN" in text.out
    shown = (await amtsweg("case", "show", number, "--json")).json
    assert shown["chain_verified"] is False


@pytest.mark.parametrize(
    ("which", "code"), [("2026-999999", "E-CASE-UNKNOWN"), ("nein", "E-TRACKING-ID")]
)
async def test_a_case_that_is_not_there_is_said_in_one_sentence(
    amtsweg: CommandLine, which: str, code: str
) -> None:
    shown = await amtsweg("case", "show", which)

    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(code)
    assert "→" in shown.err
    assert "Traceback" not in shown.err


async def test_a_quarantined_case_is_released_with_who_and_why(
    amtsweg: CommandLine,
) -> None:
    number = await quarantined_case(amtsweg)
    before = (await amtsweg("case", "show", number, "--json")).json

    released = await amtsweg("case", "release", number, "--reason", "Ziel angelegt")

    assert f"amtsweg case release {number}" in before["next"]
    assert (released.code, released.err) == (0, "")
    after = (await amtsweg("case", "show", number, "--json")).json
    assert after["due_at"] is not None
    decision = after["events"][-1]
    assert decision["kind"] == "DecisionTaken"
    assert decision["actor"].startswith("cli:")
    assert decision["fields"]["reason"] == "Ziel angelegt"


async def test_only_a_quarantined_case_can_be_released(amtsweg: CommandLine) -> None:
    number = await closed_case(amtsweg)

    released = await amtsweg("case", "release", number, "--reason", "trotzdem")

    assert released.code == 1
    assert released.err.startswith("E-STATE")


async def test_a_release_needs_a_reason(amtsweg: CommandLine) -> None:
    number = await quarantined_case(amtsweg)

    assert (await amtsweg("case", "release", number)).code == 2
    assert (await amtsweg("case", "release", number, "--reason", " ")).code == 2
    assert (await amtsweg("case", "show", number, "--json")).json["due_at"] is None


async def test_a_dead_letter_says_how_to_replay_it(amtsweg: CommandLine) -> None:
    outbox = MemoryOutbox()
    async with amtsweg.house(outbox) as house:
        [number] = await make_dead(house, outbox, 1)

    shown = (await amtsweg("case", "show", number, "--json")).json

    assert shown["state"]["word"] == "Unzustellbar"
    assert f"amtsweg delivery replay --case {number}" in shown["next"]


async def test_a_case_in_review_is_approved_once_with_who_and_why(
    amtsweg: CommandLine,
) -> None:
    reviewed = (*STANDARD_PROCESS[:4], "review", *STANDARD_PROCESS[4:])
    async with amtsweg.house() as house:
        case = await house.receive(service(process=reviewed))
        await house.work()
    before = (await amtsweg("case", "show", case.number, "--json")).json

    approve = ("case", "approve", case.number, "--reason", "Unterlagen gesehen")
    approved, again = await amtsweg(*approve), await amtsweg(*approve)

    assert f"amtsweg case approve {case.number}" in before["next"]
    assert (approved.code, approved.err) == (0, "")
    assert again.code == 1
    assert again.err.startswith("E-STATE")
    after = (await amtsweg("case", "show", case.number, "--json")).json
    assert after["due_at"] is not None
    assert after["events"][-1]["fields"]["answer"] == "go_on"
