"""Replies on the command line: an installation answers, and one is answered."""

import json
from pathlib import Path

import pytest

from adapters.fitconnect.jose.jwe import decrypt
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.replies.errors import RepliesOff
from adapters.fitconnect.sandbox import Switches
from schemas.channels import Announced
from schemas.replies import PLACE
from schemas.rules.replies import REPLY_WAITS
from storage.source_states import SourceStates
from storage.vitals import open_disturbances
from tests.acceptance.post_office import POST, PostOffice, open_post_office, until
from tests.acceptance.serving import door_of
from tests.acceptance.test_fitconnect_followed import destination_file, hand_in
from tests.command_line import CommandLine
from tests.counterparts.fitconnect_party import Town, metadata_of, town
from tests.counterparts.fitconnect_replies import (
    ANSWER,
    STANDARD,
    answerer_of,
    drafted,
    reply_key,
)
from tests.fitconnect_keys import jwk_of, test_key
from tests.house import FACHVERFAHREN, SCOPE
from tests.looking import rows

DATA = b'{"antrag":"Wohngeld"}'


async def asked(post: PostOffice) -> None:
    """An application from somebody who wants to be answered over FIT-Connect."""
    metadata = json.loads(metadata_of(DATA, {}))
    metadata["replyChannel"] = {
        "fitConnect": {
            "processStandards": [STANDARD],
            "encryptionPublicKey": jwk_of("reply"),
        }
    }
    await post.sender.send(DATA, metadata=json.dumps(metadata).encode())
    async with post.working():
        await post.cases_are("Closed", 1)


def switch_on(line: CommandLine, file: str, *settings: str) -> None:
    """At the end of the file stands its [connection]."""
    path = line.home / "config" / file
    text = path.read_text(encoding="utf-8") + "".join(f"{one}\n" for one in settings)
    path.write_text(text, encoding="utf-8")


async def test_what_came_over_fitconnect_is_answered_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line = open_post_office(tmp_path, sqlite_url, here.sandbox, monkeypatch)
        post = PostOffice(line=line, sandbox=here.sandbox, sender=here.sender)
        await asked(post)
        [case] = await post.cases()
        answer, extra = tmp_path / "Antwort ẞ.json", tmp_path / "Bescheid Łä.pdf"
        answer.write_bytes(ANSWER)
        extra.write_bytes(b"%PDF-1.7")
        command = ("fitconnect", "reply", case.number, str(answer))

        off = await line(*command)
        switch_on(line, f"sources/{POST}.toml", "replies = true")
        done = await line(*command, "--attach", str(extra), "--json")
        again = await line(*command)
        unfit = await line("fitconnect", "reply", case.number, str(extra))
        unknown = await line("fitconnect", "reply", "2026-999999", str(answer))
        not_so = await line("fitconnect", "replies", case.number)

        assert (off.code, done.code, again.code) == (2, 0, 1)
        assert RepliesOff.code in off.err
        assert "UNCONFIRMED" in done.err
        reply = done.json["reply"]
        assert done.json["proved"]
        assert not done.json["confirmed"]
        assert "E-FIT-REPLY-THERE" in again.err
        assert reply in again.err
        assert (unfit.code, unknown.code, not_so.code) == (2, 1, 1)
        [listed] = (await here.sender.http.get("/replies")).json()["replies"]
        assert listed["replyId"] == reply
        shown = (await here.sender.http.get(f"/replies/{reply}")).json()
        keyring = Keyring([test_key("reply")])
        assert decrypt(keyring, shown["encryptedData"], limit=1000) == ANSWER
        metadata = decrypt(keyring, shown["encryptedMetadata"], limit=10_000)
        [attached] = json.loads(metadata)["contentStructure"]["attachments"]
        assert attached["filename"] == extra.name
        assert attached["mimeType"] == "application/pdf"


async def test_what_became_of_our_reply_is_seen_by_a_worker(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line = open_post_office(tmp_path, sqlite_url, here.sandbox, monkeypatch)
        post = PostOffice(line=line, sandbox=here.sandbox, sender=here.sender)
        await asked(post)
        [case] = await post.cases()
        switch_on(line, f"sources/{POST}.toml", "replies = true")
        answer = tmp_path / "antwort.json"
        answer.write_bytes(ANSWER)
        command = ("fitconnect", "reply", case.number, str(answer), "--json")
        reply = (await line(*command)).json["reply"]

        [waits] = await ours_of(line, case.number)
        accepted = await here.sender.http.put(f"/replies/{reply}/accept", json={})
        assert accepted.is_success
        async with post.working():
            await until(lambda: is_told(line, reply, "angenommen am"), seconds=30)
        [kept] = await ours_of(line, case.number)

        assert (waits["state"], waits["delivery"]) == ("waiting", None)
        assert (kept["reply"], kept["state"]) == (reply, "accepted")


async def ours_of(line: CommandLine, number: str) -> list[dict[str, object]]:
    """Replies as ``case show`` has them."""
    shown = (await line("case", "show", number, "--json")).json
    return [dict(one) for one in shown["replies"]]


async def is_told(line: CommandLine, reply: str, words: str) -> bool:
    """Whether trace says so."""
    # As text: a worker in this process logs in between.
    return words in (await line("fitconnect", "trace", reply)).out


async def delivered(
    here: Town, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[CommandLine, str, Announced]:
    """A case that went out with an offer: its number, and what its recipient sees."""
    sandbox = here.sandbox
    line = open_post_office(folder, url, sandbox, monkeypatch, every=3600)
    (line.home / "config" / "sources" / f"{POST}.toml").unlink()
    file = line.home / "config" / "destinations" / f"{FACHVERFAHREN}.toml"
    offer = f'reply_channel = "fitconnect"\nprocess_standards = ["{STANDARD}"]\n'
    text = destination_file(sandbox).replace("[mapping]\n", f"[mapping]\n{offer}")
    key = f'replies = true\nreply_key = "{reply_key(folder)}"\n'
    file.write_text(text + key, encoding="utf-8")
    monkeypatch.setenv("TEST_FIT_SENDER", sandbox.sender.client_secret)
    post = PostOffice(line=line, sandbox=sandbox, sender=here.sender)
    await hand_in()
    async with post.working():
        await post.cases_are("Closed", 1)
    [case] = await post.cases()
    listed = (await here.subscriber.http.get("/submissions")).json()["submissions"]
    [one] = listed
    announced = Announced(submission=one["submissionId"], case=one["caseId"])
    return line, case.number, announced


async def test_what_was_answered_is_listed_saved_and_accepted(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line, number, announced = await delivered(
            here, sqlite_url, tmp_path, monkeypatch
        )
        answerer = answerer_of(here.sandbox)
        command = ("fitconnect", "replies", number)
        folder = tmp_path / "Antworten ẞ"
        saving = (*command, "--save", str(folder), "--accept", "--json")

        none = await line(*command)
        sent = await answerer.send(announced, drafted(b"%PDF-1.7"))
        listed = await line(*command)
        hasty = await line(*command, "--accept")
        done = await line(*saving)
        again = await line(*saving)
        await answerer.aclose()

        assert (none.code, listed.code, hasty.code) == (0, 0, 2)
        assert "No reply" in none.err
        assert sent.reply in listed.out
        assert "UNCONFIRMED" in listed.err
        [first], [second] = done.json, again.json
        assert (first["reply"], first["state"]) == (sent.reply, "accepted")
        assert (first["saved"], first["accepted"]) == ("yes", "yes")
        assert (second["saved"], second["accepted"]) == ("before", "before")
        assert (second["state"], second["proved"]) == ("accepted", True)
        assert len(second["events"]) == 3
        names = {path.name for path in (folder / sent.reply).iterdir()}
        assert names == {
            *("antwort.json", "anlage-001.pdf"),
            *("metadata.json", "events.txt"),
        }
        assert (folder / sent.reply / "antwort.json").read_bytes() == ANSWER


async def alarms(line: CommandLine) -> set[str]:
    """What is open about replies."""
    async with line.house() as house:
        found = await open_disturbances(house.database, SCOPE)
    place = f"replies:{FACHVERFAHREN}"
    return {one.reason for one in found if one.subject == place}


async def test_a_worker_notices_a_reply_as_soon_as_it_is_called(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line, number, announced = await delivered(
            here, sqlite_url, tmp_path, monkeypatch
        )
        post = PostOffice(line=line, sandbox=here.sandbox, sender=here.sender)
        answerer = answerer_of(here.sandbox)
        async with door_of() as address, post.working():
            await call(here, address)
            await until(lambda: looked_into(line), seconds=30)
            sent = await answerer.send(announced, drafted())
            await until(lambda: alarmed(line, {REPLY_WAITS}), seconds=30)

            shown = (await line("case", "show", number)).out
            traced = (await line("fitconnect", "trace", sent.reply)).out
            told = (await line("doctor")).out
            save = ("--save", str(tmp_path / "antworten"), "--accept")
            done = await line("fitconnect", "replies", number, *save)
            await until(lambda: alarmed(line, set()), seconds=30)
        await answerer.aclose()
        [over] = (await line("fitconnect", "trace", sent.reply, "--json")).json

        command = f"amtsweg fitconnect replies {number} --save FOLDER --accept"
        for words in ("waiting", "day 3 in 2 d", command):
            assert words in shown
        assert command in told
        for words in (
            "Der Empfänger hat geantwortet",
            command,
            "Antwort abgeschickt",
            "Tag 3, ",
        ):
            assert words in traced
        assert done.code == 0
        assert over["where"].startswith("Von uns angenommen am ")
        kinds = [one["kind"] for one in over["proved"]]
        verbs = ("create", "submit", "notify", "accept")
        assert kinds == [f"{verb}-reply" for verb in verbs]


async def call(here: Town, address: str) -> None:
    """The sandbox tells the door of whatever is new for the sender."""
    url = f"{address}/api/v1/callbacks/fitconnect/{FACHVERFAHREN}"
    client = here.sandbox.sender.client_id
    await here.sandbox.tell(callback={"url": url, "client_id": client})


async def looked_into(line: CommandLine) -> bool:
    """Whether a worker has looked once: from now on it is the call that wakes it."""
    async with line.house() as house:
        found = await SourceStates(house.database).all(SCOPE)
        followed = await rows(house, "transmissions")
    polled = [one.polled_at for one in found if one.source.startswith(PLACE)]
    return bool(polled and all(polled) and followed)


async def alarmed(line: CommandLine, expected: set[str]) -> bool:
    return await alarms(line) == expected


async def test_one_that_does_not_verify_leaves_the_others_alone(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line, number, announced = await delivered(
            here, sqlite_url, tmp_path, monkeypatch
        )
        answerer = answerer_of(here.sandbox)
        good = await answerer.send(announced, drafted())
        bad = await answerer.send(announced, drafted(), again=True)
        await answerer.aclose()
        source, target = (
            here.sandbox.part(one, "data") for one in (good.reply, bad.reply)
        )
        target.write_bytes(source.read_bytes())
        folder = tmp_path / "antworten"

        done = await line(
            *("fitconnect", "replies", number, "--save", str(folder)),
            *("--accept", "--json"),
        )

        told = {one["reply"]: one for one in done.json}
        assert done.code == 3
        assert told[good.reply]["accepted"] == "yes"
        assert told[bad.reply]["trouble"] == "E-FIT-REPLY-BROKEN"
        assert told[bad.reply]["accepted"] == ""
        assert [path.name for path in folder.iterdir()] == [good.reply]


async def test_the_operators_routes_are_used_and_no_longer_called_unconfirmed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line, number, _ = await delivered(here, sqlite_url, tmp_path, monkeypatch)
        file = line.home / "config" / "fitconnect-replies.toml"
        command = ("fitconnect", "replies", number)

        before = await line(*command)
        file.write_text("confirmed = true\n", encoding="utf-8")
        confirmed = await line(*command)
        file.write_text('[paths]\nlist = "/answers"\n', encoding="utf-8")
        elsewhere = await line(*command)
        file.write_text('[paths]\nlists = "/answers"\n', encoding="utf-8")
        wrong = await line(*command)
        check = await line("destination", "check", FACHVERFAHREN)

        assert "UNCONFIRMED" in before.err
        assert (confirmed.code, "UNCONFIRMED" in confirmed.err) == (0, False)
        assert elsewhere.code
        assert "E-FIT-REPLY-ROUTES" in elsewhere.err
        for said in (wrong, check):
            assert said.code
            assert "fitconnect-replies.toml:2: " in said.out + said.err
            assert "Did you mean `list`?" in said.out + said.err


async def test_a_destination_that_is_not_switched_on_is_named(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit", switches=Switches(replies=True)) as here:
        line, number, _ = await delivered(here, sqlite_url, tmp_path, monkeypatch)
        file = line.home / "config" / "destinations" / f"{FACHVERFAHREN}.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("replies = true\n", ""), encoding="utf-8")

        off = await line("fitconnect", "replies", number)
        unknown = await line("fitconnect", "replies", "2026-999999")
        answer = tmp_path / "antwort.json"
        answer.write_bytes(ANSWER)
        not_so = await line("fitconnect", "reply", number, str(answer))

        assert (off.code, unknown.code, not_so.code) == (2, 1, 1)
        assert "did not come over FIT-Connect" in not_so.err
        assert f"{RepliesOff.code}" in off.err
        assert FACHVERFAHREN in off.err
