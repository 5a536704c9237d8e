"""What a submission says of people stands nowhere but in vault and archive, sealed."""

import base64
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from storage.tables.base import metadata as tables
from tests.acceptance.post_office import PostOffice, open_post_office, until
from tests.counterparts.fitconnect_party import Party, metadata_of, town
from tests.house import House
from tests.looking import rows

MARK: Final = "Zzyzxmarke"
"""Part of everything that a person could have written."""
DATA: Final = json.dumps({"name": f"{MARK} Müller"}, ensure_ascii=False).encode()
BROKEN: Final = f'{{"name": "{MARK}'.encode()
ATTACHMENT: Final = f"Mietvertrag von {MARK}".encode()
PERSONAL: Final[Mapping[str, Any]] = {
    "replyChannel": {"eMail": {"address": f"{MARK}@example.org"}},
    "additionalReferenceInfo": {"senderReference": MARK},
}
METADATA: Final[Mapping[str, Mapping[str, Any]]] = {
    "in order": {},
    "no known version": {"$schema": f"https://schema.fitko.de/{MARK}"},
    "against the schema": {"replyChannel": {MARK: {"address": MARK}}},
    "of another type": {"additionalReferenceInfo": {MARK: MARK}},
    "no metadata at all": {"contentStructure": MARK},
}


async def test_nothing_of_a_submission_stands_where_others_read(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path / "fit") as here:
        line = open_post_office(tmp_path, sqlite_url, here.sandbox, monkeypatch)
        post = PostOffice(line=line, sandbox=here.sandbox, sender=here.sender)
        sent = [
            await send(post.sender, DATA, ATTACHMENT, wrong)
            for wrong in METADATA.values()
        ]
        sent += [
            await send(post.sender, BROKEN, ATTACHMENT, {}),
            await send(post.sender, DATA, ATTACHMENT, {}, other=b"another"),
        ]
        with capture_logs() as log:
            async with post.working():
                await until(lambda: are_answered(post, len(sent)))

        told = [str(log), *[await said(post, *words) for words in questions(sent)]]
        async with line.house() as house:
            told.append(await everything_kept(house))

    assert "fit-metadata-violation" in "".join(told), "that much was told"
    assert [one for one in told if MARK in one] == []
    files = [file for file in line.home.rglob("*") if file.is_file()]
    assert [file for file in files if MARK in f"{file}"] == []
    assert [file for file in files if MARK.encode() in file.read_bytes()] == []
    assert len(files) > len(sent), "documents lie there, sealed"


async def send(
    sender: Party,
    data: bytes,
    attachment: bytes,
    wrong: Mapping[str, Any],
    *,
    other: bytes = b"",
) -> str:
    """A submission full of it; ``other`` is what the metadata describe instead."""
    one = str(uuid.uuid4())
    described = json.loads(metadata_of(other or data, {one: attachment}))
    [entry] = described["contentStructure"]["attachments"]
    entry |= {"filename": f"{MARK}.pdf", "description": MARK}
    described |= {**PERSONAL, **wrong}
    sent = await sender.announced([one])
    answer = await sender.attach(sent, one, await sender.seal(attachment))
    assert answer.status_code == 204, answer.text
    text = json.dumps(described, ensure_ascii=False).encode()
    sealed = await sender.seal(text), await sender.seal(data)
    assert (await sender.submit(sent, *sealed)).status_code == 200
    return sent.submission


def questions(sent: list[str]) -> list[tuple[str, ...]]:
    """What an administrator asks for."""
    return [
        ("case", "list"),
        ("source", "list"),
        ("doctor",),
        *(("fitconnect", "trace", one, "--live") for one in sent),
        *(("fitconnect", "trace", one, "--json") for one in sent),
        *(("case", "show", f"2026-00000{n}") for n in range(1, len(sent) + 1)),
    ]


async def are_answered(post: PostOffice, count: int) -> bool:
    found: dict[str, int] = (await post.sandbox.state())["submissions"]
    return found.get("accepted", 0) > 0 and sum(found.values()) == count == sum(
        found.get(state, 0) for state in ("accepted", "rejected")
    )


async def said(post: PostOffice, *words: str) -> str:
    told = await post.line(*words)
    return told.out + told.err


async def everything_kept(house: House) -> str:
    """The whole database as text, what is signed opened."""
    found = {name: await rows(house, name) for name in tables.tables}
    payloads = [
        base64.urlsafe_b64decode(bytes(row["token"]).split(b".")[1] + b"==")
        for row in found["channel_events"]
    ]
    assert payloads
    return str(found) + str(payloads)
