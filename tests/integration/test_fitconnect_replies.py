"""Replies in both directions, as they are remembered, against our own sandbox."""

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.fitconnect.events.errors import LogInconsistent
from adapters.fitconnect.jose.errors import KeyNotHeld
from adapters.fitconnect.outbox.errors import DataUnfit
from adapters.fitconnect.replies.answering import Draft
from adapters.fitconnect.replies.errors import (
    NothingOffered,
    OfferGone,
    RepliesOff,
    ReplyBroken,
    ReplyThere,
    RoutesUnknown,
)
from schemas.replies import ReplyState
from tests.counterparts.fitconnect_party import kinds_of
from tests.counterparts.fitconnect_replies import (
    ANSWER,
    KEY,
    Exchange,
    drafted,
    exchange,
)
from tests.parcels import make_attachment

PDF = b"%PDF-1.7 Bescheid " * 50_000


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with exchange(tmp_path) as made:
        yield made


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_reply_goes_back_to_whoever_sent_and_is_accepted(
    both: Exchange,
) -> None:
    reply = await both.answered(await both.delivered(), PDF, b"")
    tray, folder = both.tray(), both.folder / "antworten"
    waiting = await both.waiting(tray)
    proof = await tray.proof(waiting)

    assert waiting.reply == reply
    assert proof.state is ReplyState.WAITING
    assert await tray.save(waiting, proof, folder)
    assert await tray.accept(waiting, proof)

    saved = files_in(folder / reply)
    tokens = saved.pop("events.txt").decode().split()
    metadata = json.loads(saved.pop("metadata.json"))
    assert saved == {
        "antwort.json": ANSWER,
        "anlage-001.pdf": PDF,
        "anlage-002.pdf": b"",
    }
    described = metadata["contentStructure"]["attachments"]
    assert [one["filename"] for one in described] == ["Bescheid ẞ.pdf"] * 2
    assert kinds_of(tokens) == ["create-reply", "submit-reply"]
    assert (await tray.proof(waiting)).state is ReplyState.ACCEPTED
    await tray.aclose()


async def test_what_is_saved_is_for_its_owner_alone(both: Exchange) -> None:
    reply = await both.answered(await both.delivered(), PDF)
    tray, folder = both.tray(), both.folder / "antworten"
    waiting = await both.waiting(tray)
    await tray.save(waiting, await tray.proof(waiting), folder)

    modes = {stat.S_IMODE(one.stat().st_mode) for one in (folder / reply).iterdir()}
    assert modes == {0o600}
    for one in (folder, folder / reply):
        assert stat.S_IMODE(one.stat().st_mode) == 0o700
    assert [one.name for one in folder.iterdir()] == [reply]
    await tray.aclose()


async def test_saving_and_accepting_again_change_nothing(both: Exchange) -> None:
    reply = await both.answered(await both.delivered())
    tray, folder = both.tray(), both.folder / "antworten"
    waiting = await both.waiting(tray)
    proof = await tray.proof(waiting)
    await tray.save(waiting, proof, folder)
    (folder / reply / "antwort.json").write_bytes(b"edited")
    await tray.accept(waiting, proof)

    again = await both.waiting(tray)
    proof_again = await tray.proof(again)

    assert not await tray.save(again, proof_again, folder)
    assert not await tray.accept(again, proof_again)
    assert not await tray.accept(again, proof)
    assert (folder / reply / "antwort.json").read_bytes() == b"edited"
    await tray.aclose()


async def test_a_second_answer_is_not_sent_unless_it_is_meant(both: Exchange) -> None:
    announced = await both.delivered()
    reply = await both.answered(announced)
    answerer = both.answerer()

    with pytest.raises(ReplyThere, match=reply):
        await answerer.send(announced, drafted())
    further = await answerer.send(announced, drafted(), again=True)

    tray = both.tray()
    found = await tray.replies(both.parcel.delivery)
    assert {one.reply for one in found} == {reply, further.reply}
    await tray.aclose()
    await answerer.aclose()


async def test_nothing_leaves_while_the_switch_is_off(both: Exchange) -> None:
    answerer = both.answerer(replies=False)
    tray = both.tray(replies=False)
    announced = await both.delivered()

    with pytest.raises(RepliesOff):
        await answerer.send(announced, drafted())
    with pytest.raises(RepliesOff):
        await tray.replies(both.parcel.delivery)

    replies = (await both.place.sender.http.get("/replies")).json()["replies"]
    assert replies == []
    await answerer.aclose()
    await tray.aclose()


async def test_whoever_offers_another_way_is_not_answered_this_way(
    tmp_path: Path,
) -> None:
    mail = "amt@kreis.example"
    async with exchange(tmp_path, reply_channel="email", reply_address=mail) as both:
        answerer = both.answerer()

        with pytest.raises(NothingOffered, match="eMail"):
            await answerer.send(await both.delivered(), drafted())
        await answerer.aclose()


async def test_after_its_deletion_the_offer_is_gone(both: Exchange) -> None:
    announced = await both.delivered()
    await both.sandbox.tell(advance=30 * 86_400.0)
    answerer = both.answerer()

    with pytest.raises(OfferGone, match="does not have the submission"):
        await answerer.send(announced, drafted())
    await answerer.aclose()


async def test_a_service_without_these_routes_is_told_from_a_missing_case(
    both: Exchange,
) -> None:
    announced = await both.delivered()
    await both.sandbox.tell(switches={"replies": False})
    answerer, tray = both.answerer(), both.tray()

    with pytest.raises(RoutesUnknown):
        await answerer.send(announced, drafted())
    with pytest.raises(RoutesUnknown):
        await tray.replies(both.parcel.delivery)
    await answerer.aclose()
    await tray.aclose()


async def test_another_key_opens_nothing_and_leaves_nothing(both: Exchange) -> None:
    await both.answered(await both.delivered())
    tray, folder = both.tray("reply-other"), both.folder / "antworten"
    waiting = await both.waiting(tray)

    with pytest.raises(KeyNotHeld):
        await tray.save(waiting, await tray.proof(waiting), folder)

    assert not folder.exists()
    await tray.aclose()


async def test_a_key_that_is_offered_no_more_still_opens(both: Exchange) -> None:
    reply = await both.answered(await both.delivered())
    tray, folder = both.tray("reply-other", KEY), both.folder / "antworten"
    waiting = await both.waiting(tray)

    assert await tray.save(waiting, await tray.proof(waiting), folder)
    assert files_in(folder / reply)["antwort.json"] == ANSWER
    await tray.aclose()


async def test_of_several_keys_the_first_is_offered(tmp_path: Path) -> None:
    async with exchange(tmp_path, keys=(KEY, "reply-other")) as both:
        await both.answered(await both.delivered())
        tray, folder = both.tray("reply-other"), both.folder / "antworten"
        waiting = await both.waiting(tray)
        proof = await tray.proof(waiting)

        with pytest.raises(KeyNotHeld):
            await tray.save(waiting, proof, folder)
        await tray.aclose()


@pytest.mark.parametrize("part", ["metadata", "data", "attachment"])
async def test_a_tampered_reply_is_neither_saved_nor_accepted(
    both: Exchange, part: str
) -> None:
    reply = await both.answered(await both.delivered(), PDF)
    shown = (await both.place.sender.http.get(f"/replies/{reply}")).json()
    name = shown["attachments"][0] if part == "attachment" else part
    path = both.sandbox.part(reply, name)
    path.write_text(_changed(path.read_text(encoding="ascii")), encoding="ascii")
    tray, folder = both.tray(), both.folder / "antworten"
    waiting = await both.waiting(tray)

    with pytest.raises(ReplyBroken, match=f"fit-{part}-"):
        await tray.save(waiting, await tray.proof(waiting), folder)

    assert list(folder.rglob("*")) == []
    await tray.aclose()


async def test_swapped_data_do_not_pass_for_each_other(both: Exchange) -> None:
    announced = await both.delivered()
    first = await both.answered(announced)
    answerer = both.answerer()
    second = await answerer.send(announced, drafted(), again=True)
    one, other = (both.sandbox.part(reply, "data") for reply in (first, second.reply))
    one.write_bytes(other.read_bytes())
    tray, folder = both.tray(), both.folder / "antworten"
    [waiting] = [
        found
        for found in await tray.replies(both.parcel.delivery)
        if found.reply == first
    ]

    with pytest.raises(ReplyBroken, match="fit-data-tag"):
        await tray.save(waiting, await tray.proof(waiting), folder)
    await tray.aclose()
    await answerer.aclose()


@pytest.mark.parametrize("forgery", ["wrong-key", "none", "rs256"])
async def test_forged_events_of_a_reply_stop_everything(
    both: Exchange, forgery: str
) -> None:
    announced = await both.delivered()
    await both.sandbox.tell(switches={"forge": forgery})
    answerer, tray = both.answerer(), both.tray()

    with pytest.raises(LogInconsistent):
        await answerer.send(announced, drafted())
    waiting = await both.waiting(tray)
    with pytest.raises(LogInconsistent):
        await tray.proof(waiting)
    await answerer.aclose()
    await tray.aclose()


async def test_events_that_somebody_else_signs_prove_nothing_and_do_no_harm(
    both: Exchange,
) -> None:
    announced = await both.delivered()
    await both.sandbox.tell(switches={"forge": "unknown-kid"})
    answerer, tray = both.answerer(), both.tray()

    sent = await answerer.send(announced, drafted())
    with pytest.raises(ReplyThere):
        await answerer.send(announced, drafted())
    waiting = await both.waiting(tray)
    proof = await tray.proof(waiting)

    assert not sent.is_proved
    assert (proof.state, proof.tags) == (ReplyState.UNPROVED, None)
    assert len(proof.tokens) == 2
    assert await tray.save(waiting, proof, both.folder / "antworten")
    assert await tray.accept(waiting, proof)
    assert not await tray.accept(waiting, proof)
    await answerer.aclose()
    await tray.aclose()


async def test_what_cannot_be_a_reply_is_not_even_announced(both: Exchange) -> None:
    announced = await both.delivered()
    answerer = both.answerer()

    with pytest.raises(DataUnfit):
        await answerer.send(announced, Draft(main=make_attachment()))

    path = f"/cases/{announced.case}/events"
    log = (await both.place.sender.http.get(path)).json()["eventLog"]
    assert kinds_of(log) == ["create-submission", "submit-submission"]
    await answerer.aclose()


async def test_the_schema_may_be_named(both: Exchange) -> None:
    announced = await both.delivered()
    answerer, tray = both.answerer(), both.tray()
    named = Draft(main=drafted().main, schema="https://schema.example/antwort/1.0.0")
    sent = await answerer.send(announced, named)
    waiting = await both.waiting(tray)
    await tray.save(waiting, await tray.proof(waiting), both.folder)

    metadata = json.loads((both.folder / sent.reply / "metadata.json").read_bytes())
    said = metadata["contentStructure"]["data"]["submissionSchema"]
    assert said["schemaUri"] == "https://schema.example/antwort/1.0.0"
    await answerer.aclose()
    await tray.aclose()


def _changed(token: str) -> str:
    """One letter of the ciphertext is another one; the tag stays."""
    head, cipher, tag = token.rsplit(".", 2)
    first = "A" if cipher[0] != "A" else "B"
    return f"{head}.{first}{cipher[1:]}.{tag}"
