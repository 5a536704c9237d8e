"""Where a submission is: told in German, from what is proved, with what to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.memory_inbox import MemoryInbox
from flows.sources.answering import Answering
from flows.sources.round import MailboxRound
from schemas.channels import Faulty, Unclear
from schemas.errors import CounterpartAway
from schemas.states import Problem
from tests.command_line import CommandLine, install
from tests.house import House
from tests.unit.sources.mailroom import POST, letter, source, source_ports

SOURCE = f"""
id = "{POST}"
name = "Zustellpunkt des Kreises"
adapter = "memory"
"""
PROBLEM = Problem(
    code="hash-mismatch",
    location="data",
    german="Die Prüfsumme stimmt nicht.",
    english="Wrong sum.",
)


@pytest.fixture
def amtsweg(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    line = install(tmp_path / "home", sqlite_url, monkeypatch.setenv)
    folder = line.home / "config" / "sources"
    folder.mkdir()
    (folder / f"{POST}.toml").write_text(SOURCE, encoding="utf-8")
    return line


class Post:
    """The mailbox of an installation, and who looks after it."""

    def __init__(self, house: House) -> None:
        self.house, self.inbox = house, MemoryInbox(POST)
        ports = source_ports(house)
        self._round = MailboxRound(source(), self.inbox, ports)
        self._answering = Answering(source(), self.inbox, ports)

    async def fetch(self) -> None:
        await self._round.look()
        await self.house.work()

    async def answer(self) -> None:
        await self._answering.send()


@asynccontextmanager
async def post(amtsweg: CommandLine) -> AsyncIterator[Post]:
    async with amtsweg.house() as house:
        yield Post(house)


async def test_an_accepted_submission_is_traced_by_any_of_its_ids(
    amtsweg: CommandLine,
) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a", of="vorgang"))
        await there.fetch()
        await there.answer()

    for name in ("a", "vorgang", "2026-000001"):
        [told] = (await amtsweg("fitconnect", "trace", name, "--json")).json
        assert told["Submission-ID"] == "a"
        assert told["where"].startswith("Angenommen am ")
        assert told["deadline"] == ""
        kinds = [one["kind"] for one in told["proved"]]
        assert kinds == ["submit-submission", "accept-submission"]
    text = (await amtsweg("fitconnect", "trace", "a")).out
    assert "Bewiesen (Signatur geprüft):" in text
    assert "abgeschickt" in text


async def test_what_is_not_answered_has_a_deadline(amtsweg: CommandLine) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a", inspection=Unclear(code="E-FIT-STRANGE")))
        await there.fetch()

    text = (await amtsweg("fitconnect", "trace", "a")).out

    assert "Hier in Quarantäne (E-FIT-STRANGE); noch nicht beantwortet." in text
    assert "Nächste Frist" in text
    assert "freigeben" in text


async def test_a_rejection_is_told_with_its_problems(amtsweg: CommandLine) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a", inspection=Faulty(problems=(PROBLEM,))))
        await there.fetch()
        await there.answer()

    text = (await amtsweg("fitconnect", "trace", "a")).out

    assert "Abgelehnt am " in text
    assert PROBLEM.german in text


async def test_an_answer_that_does_not_arrive_is_told(amtsweg: CommandLine) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a"))
        await there.fetch()
        there.inbox.away = True
        with pytest.raises(CounterpartAway):
            await there.answer()

    [told] = (await amtsweg("fitconnect", "trace", "a", "--json")).json

    assert "unsere Annahme ist noch nicht bei FIT-Connect" in told["where"]
    assert CounterpartAway.code in told["where"]
    assert f"amtsweg source check {POST}" in told["next"]


async def test_an_answer_that_is_refused_is_sent_again_by_people(
    amtsweg: CommandLine,
) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a"))
        there.inbox.refuses = "E-FIT-TOO-LATE"
        await there.fetch()
        await there.answer()
        [told] = (await amtsweg("fitconnect", "trace", "a", "--json")).json

        there.inbox.refuses = ""
        again = await amtsweg("source", "answer", "2026-000001")
        await there.answer()

    assert "E-FIT-TOO-LATE" in told["where"]
    assert "amtsweg source answer 2026-000001" in told["next"]
    assert again.code == 0
    [told] = (await amtsweg("fitconnect", "trace", "a", "--json")).json
    assert told["where"].startswith("Angenommen")


async def test_what_fitconnect_rejected_by_itself_is_settled_by_people(
    amtsweg: CommandLine,
) -> None:
    number, reason = "2026-000001", ("--reason", "mit dem Absender gesprochen")
    async with post(amtsweg) as there:
        there.inbox.put(letter("a"))
        there.inbox.refuses = "E-FIT-REJECTED-BY-SERVICE"
        await there.fetch()
        await there.answer()
    [told] = (await amtsweg("fitconnect", "trace", "a", "--json")).json

    unasked = await amtsweg("source", "settle", number, *reason)
    done = await amtsweg("source", "settle", number, *reason, "--yes")
    twice = await amtsweg("source", "settle", number, *reason, "--yes")
    again = await amtsweg("source", "answer", number)

    assert f"amtsweg source settle {number}" in told["next"]
    assert unasked.code == 2
    assert "here: Abgeschlossen; our answer was to accept it" in unasked.out
    assert "add --yes" in unasked.err
    assert (done.code, twice.code) == (0, 0)
    assert "its alarms are over" in done.out
    assert twice.out == f"{number} is settled already.\n"
    assert (again.code, again.err.split(":")[0]) == (1, "E-STATE")
    [told] = (await amtsweg("fitconnect", "trace", "a", "--json")).json
    assert "das ist geklärt" in told["where"]
    shown = (await amtsweg("case", "show", number)).out
    assert "accept not taken by the channel, and settled with the sender" in shown
    assert "answer=settled  reason=mit dem Absender gesprochen" in shown
    assert (await amtsweg("source", "list", "--json")).json[0]["unanswered"] == 0


@pytest.mark.parametrize(
    ("refuses", "word"),
    [("E-FIT-SET-SCHEMA", "amtsweg source answer"), ("", "nothing to settle")],
)
async def test_what_the_channel_still_takes_is_not_settled(
    amtsweg: CommandLine, refuses: str, word: str
) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a"))
        there.inbox.refuses = refuses
        await there.fetch()
        await there.answer()

    said = await amtsweg("source", "settle", "2026-000001", "--reason", "x", "--yes")

    assert (said.code, said.err.split(":")[0]) == (1, "E-STATE")
    assert word in said.err


async def test_only_what_came_over_a_channel_is_settled(amtsweg: CommandLine) -> None:
    async with amtsweg.house() as house:
        case = await house.receive()

    said = await amtsweg("source", "settle", case.number, "--reason", "x", "--yes")
    nobody = await amtsweg("source", "settle", "2026-9", "--reason", "x", "--yes")

    assert "no channel" in said.err
    assert nobody.err.split(":")[0] == "E-CASE-UNKNOWN"


async def test_what_nobody_knows_is_said_with_what_to_do(amtsweg: CommandLine) -> None:
    said = await amtsweg("fitconnect", "trace", "nirgends")

    assert said.code == 1
    assert "nichts bekannt" in said.out
    assert "--live" in said.out
    assert (await amtsweg("fitconnect", "trace", "nirgends", "--json")).json == []
    there_too = await amtsweg("fitconnect", "trace", "nirgends", "--live")
    assert "in unseren Zustellpunkten liegt nichts davon" in there_too.out
    assert "--live" not in there_too.out


async def test_a_case_shows_its_channel_and_the_next_day(amtsweg: CommandLine) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a", inspection=Unclear(code="E-FIT-STRANGE")))
        there.inbox.put(letter("b"))
        await there.fetch()
        await there.answer()

    waits = (await amtsweg("case", "show", "2026-000001", "--json")).json
    [channel] = waits["channel"]
    assert (channel["submission"], channel["answer"]) == ("a", "none")
    assert channel["deadline"]
    text = (await amtsweg("case", "show", "2026-000002")).out
    assert "accept sent" in text
    assert "Deadline" not in text


async def test_the_doctor_names_what_must_be_answered(amtsweg: CommandLine) -> None:
    async with post(amtsweg) as there:
        there.inbox.put(letter("a", inspection=Unclear(code="E-FIT-STRANGE")))
        await there.fetch()

    said = (await amtsweg("doctor")).out

    assert "Day 14 is over, and the channel has no answer." in said
    assert "`amtsweg fitconnect trace 2026-000001` says what to do." in said
