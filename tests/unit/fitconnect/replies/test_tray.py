"""A reply is opened by keys and algorithms of the settings, and by no others."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.jwe import encrypt
from adapters.fitconnect.metadata.making import make_metadata
from adapters.fitconnect.metadata.values import DataPart, Metadata
from adapters.fitconnect.outbox.parsing import parse_connection
from adapters.fitconnect.replies.errors import ReplyBroken
from adapters.fitconnect.replies.proofs import ReplyProof
from adapters.fitconnect.replies.routes import shipped_routes
from adapters.fitconnect.replies.tray import ReplyTray, Waiting
from schemas.fields import Fields
from schemas.replies import ReplyState
from tests.clocks import TestClock
from tests.fakes.fitconnect_api import HOST, surroundings, token_answer
from tests.fitconnect_keys import private_text, public_key

WAITING = Waiting(
    reply=str(uuid4()),
    case=str(uuid4()),
    destination="0a3f1c52-93ad-4d36-8f6e-2f6b0a1d9c11",
)
UNPROVED = ReplyProof(state=ReplyState.UNPROVED, tags=None)
OTHERS = Algorithms(key_encryption=("RSA-OAEP-512",), content_encryption=("A128GCM",))
DATA = b'{"a": 1}'
METADATA = make_metadata(
    Metadata(
        version="2.1.0",
        data=DataPart(
            hash=hashlib.sha512(DATA).hexdigest(),
            schema_uri="https://schema.example/1",
            mime="application/json",
        ),
    )
)


def tray(tmp_path: Path, key: str, *, sent: Algorithms, taken: Algorithms) -> ReplyTray:
    """Of a service that holds one reply, encrypted as ``sent`` says."""
    fields = Fields(
        {
            "token_url": f"{HOST}/token",
            "submission_url": f"{HOST}/submission-api",
            "client_id": "client",
            "client_secret": "env:FIT_SECRET",
            "replies": True,
            "reply_key": "file:reply.json",
            "algorithms": asdict(taken),
        },
        "connection",
    )
    connection = parse_connection(fields)
    assert not fields.finish()
    path = tmp_path / "reply.json"
    path.touch(0o600)
    path.write_text(key)
    public = public_key("reply", sent)
    members = shipped_routes().members
    body = {
        members.reply: WAITING.reply,
        members.case: WAITING.case,
        members.attachments: [],
        "encryptedMetadata": encrypt(public, METADATA, content_type="x/y"),
        "encryptedData": encrypt(public, DATA, content_type="x/y"),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        is_token = request.url.path == "/token"
        return token_answer() if is_token else httpx.Response(200, json=body)

    return ReplyTray(
        connection,
        surroundings(TestClock(), home=tmp_path),
        routes=shipped_routes(),
        transport=httpx.MockTransport(answer),
    )


@pytest.mark.parametrize("algorithms", [Algorithms(), OTHERS])
async def test_a_reply_is_opened_as_the_setting_says(
    tmp_path: Path, algorithms: Algorithms
) -> None:
    key = private_text("reply", algorithms)
    found = tray(tmp_path, key, sent=algorithms, taken=algorithms)

    assert await found.save(WAITING, UNPROVED, tmp_path / "replies")
    [saved] = (tmp_path / "replies" / WAITING.reply).glob("antwort.*")
    assert saved.read_bytes() == DATA


async def test_a_reply_outside_the_setting_leaves_no_file(tmp_path: Path) -> None:
    narrow = Algorithms(content_encryption=("A128GCM",))
    found = tray(tmp_path, private_text("reply"), sent=Algorithms(), taken=narrow)

    with pytest.raises(ReplyBroken, match="fit-metadata-encryption"):
        await found.save(WAITING, UNPROVED, tmp_path / "replies")
    assert not list(tmp_path.glob("replies/*"))


async def test_a_reply_key_outside_the_setting_is_none(tmp_path: Path) -> None:
    key = private_text("reply", OTHERS)
    found = tray(tmp_path, key, sent=OTHERS, taken=Algorithms())

    with pytest.raises(KeyUnusable, match="is for RSA-OAEP-512"):
        await found.save(WAITING, UNPROVED, tmp_path / "replies")
