"""Replies of whoever means no good, and a service that says other things."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.fitconnect.client.failures import StrangeAnswer
from adapters.fitconnect.jose.jwe import encrypt
from adapters.fitconnect.outbox.errors import TagsDiffer
from adapters.fitconnect.replies.errors import ReplyBroken, ReplyStrange
from schemas.channels import Announced
from schemas.errors import EngineError
from schemas.ids import DeliveryId
from tests.counterparts.fitconnect_party import JOSE, metadata_of
from tests.counterparts.fitconnect_replies import (
    ANSWER,
    KEY,
    Exchange,
    drafted,
    exchange,
)
from tests.fitconnect_keys import test_key

JSON = "application/json"


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with exchange(tmp_path) as made:
        yield made


async def replied(
    both: Exchange,
    announced: Announced,
    metadata: bytes,
    files: dict[str, bytes],
) -> str:
    """By hand, with whatever metadata."""
    key, http = test_key(KEY).public(), both.place.subscriber.http
    body = {"caseId": announced.case, "announcedAttachments": list(files)}
    reply = (await http.post("/replies", json=body)).json()["replyId"]
    for name, content in files.items():
        jwe = encrypt(key, content, content_type=JSON)
        path = f"/replies/{reply}/attachments/{name}"
        assert (await http.put(path, content=jwe, headers=JOSE)).is_success
    sealed = {
        "encryptedMetadata": encrypt(key, metadata, content_type=JSON),
        "encryptedData": encrypt(key, ANSWER, content_type=JSON),
    }
    assert (await http.put(f"/replies/{reply}", json=sealed)).is_success
    return str(reply)


async def refused(both: Exchange, expected: type[EngineError], match: str) -> None:
    """Neither saved nor anything left of it."""
    tray, folder = both.tray(), both.folder / "antworten"
    waiting = await both.waiting(tray)
    with pytest.raises(expected, match=match):
        await tray.save(waiting, await tray.proof(waiting), folder)
    assert list(folder.rglob("*")) == []
    await tray.aclose()


async def test_an_attachment_that_nobody_described_is_refused(both: Exchange) -> None:
    extra = {str(uuid.uuid4()): b"%PDF-1.7"}
    await replied(both, await both.delivered(), metadata_of(ANSWER, {}), extra)

    await refused(both, ReplyBroken, "fit-attachments-described")


async def test_an_attachment_that_is_not_there_is_refused(both: Exchange) -> None:
    lacking = metadata_of(ANSWER, {str(uuid.uuid4()): b"%PDF-1.7"})
    await replied(both, await both.delivered(), lacking, {})

    await refused(both, ReplyBroken, "fit-attachments-described")


async def test_other_data_than_described_are_refused(both: Exchange) -> None:
    await replied(both, await both.delivered(), metadata_of(b"{}", {}), {})

    await refused(both, ReplyBroken, "fit-data-hash")


@pytest.mark.parametrize("metadata", [b"", b"[]", b"{", b'{"$schema": 1}', b"\xff"])
async def test_metadata_that_are_none_are_refused(
    both: Exchange, metadata: bytes
) -> None:
    await replied(both, await both.delivered(), metadata, {})

    await refused(both, ReplyBroken, "fit-metadata-")


async def test_hostile_file_names_name_no_file(both: Exchange) -> None:
    name = str(uuid.uuid4())
    metadata = json.loads(metadata_of(ANSWER, {name: b"x"}))
    [described] = metadata["contentStructure"]["attachments"]
    described["filename"] = "../../../../tmp/evil"
    described["mimeType"] = "application/x-evil"
    raw = json.dumps(metadata).encode()
    reply = await replied(both, await both.delivered(), raw, {name: b"x"})
    tray, folder = both.tray(), both.folder / "antworten"
    waiting = await both.waiting(tray)

    await tray.save(waiting, await tray.proof(waiting), folder)

    assert {one.name for one in (folder / reply).iterdir()} == {
        *("antwort.json", "anlage-001.bin"),
        *("metadata.json", "events.txt"),
    }
    await tray.aclose()


async def test_an_event_log_with_other_tags_is_told_to_both(both: Exchange) -> None:
    announced = await both.delivered()
    await both.sandbox.tell(switches={"forge": "foreign-tags"})
    answerer = both.answerer()

    with pytest.raises(TagsDiffer):
        await answerer.send(announced, drafted())

    await refused(both, ReplyBroken, "fit-metadata-tag, fit-data-tag|fit-metadata-tag")
    await answerer.aclose()


def _another_case(answer: dict[str, Any]) -> None:
    answer["caseId"] = str(uuid.uuid4())


def _another_reply(answer: dict[str, Any]) -> None:
    answer["replyId"] = str(uuid.uuid4())


def _fewer_attachments(answer: dict[str, Any]) -> None:
    answer["attachments"] = []


def _a_path(answer: dict[str, Any]) -> None:
    answer["attachments"] = ["../../submissions"]


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (_another_case, ReplyStrange, ReplyStrange.code),
        (_another_reply, ReplyStrange, ReplyStrange.code),
        (_fewer_attachments, ReplyBroken, "fit-attachments-announced"),
        (_a_path, StrangeAnswer, "attachments"),
    ],
)
async def test_a_service_that_gives_out_something_else_is_not_believed(
    both: Exchange,
    change: Callable[[dict[str, Any]], None],
    error: type[EngineError],
    match: str,
) -> None:
    reply = await both.answered(await both.delivered(), b"%PDF-1.7")

    def meddle(path: str, answer: dict[str, Any]) -> None:
        if path.endswith(f"/replies/{reply}"):
            change(answer)

    tray, folder = both.tray(meddle=meddle), both.folder / "antworten"
    waiting = await both.waiting(tray)
    with pytest.raises(error, match=match):
        await tray.save(waiting, await tray.proof(waiting), folder)
    assert list(folder.rglob("*")) == []
    await tray.aclose()


async def test_replies_in_other_cases_are_left_to_them(both: Exchange) -> None:
    first = await both.delivered()
    other = replace(both.parcel, delivery=DeliveryId("0" * 32))
    await both.way.deliver(other)
    listed = (await both.place.subscriber.http.get("/submissions")).json()
    [second] = [
        Announced(submission=one["submissionId"], case=one["caseId"])
        for one in listed["submissions"]
        if one["caseId"] != first.case
    ]
    replies = [await both.answered(one) for one in (first, second)]
    tray = both.tray()

    found = [await tray.replies(one.delivery) for one in (both.parcel, other)]

    assert [[one.reply for one in some] for some in found] == [[one] for one in replies]
    assert await tray.replies(DeliveryId("f" * 32)) == ()
    await tray.aclose()
