"""The independent client ``fitconnect`` 0.4.2 sends to the sandbox, and receives.

What it cannot do is part of the promise: at most one attachment, metadata 1.0, v1.
"""

import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.fitconnect.jose.jwe import decrypt
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.metadata.reading import read_metadata
from adapters.fitconnect.metadata.values import Metadata
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.counterparts.fitconnect_party import SERVICE, Party
from tests.counterparts.pypi_fitconnect import ask
from tests.fitconnect_keys import test_key

DATA = {"$schema": "https://schema.example/sandbox/1.0.0", "name": "Jürgen Größer"}
MIB = 1024 * 1024
SCAN = os.urandom(200_000)
"""Does not compress; the client cannot open more than 256 KiB of compressed data."""


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Pointed]:
    async with fitconnect_here(tmp_path) as running:
        yield running


async def send(sandbox: Pointed, *attachments: bytes) -> dict[str, Any]:
    return await ask(
        sandbox,
        sandbox.sender,
        do="send",
        destination=sandbox.destination,
        service=SERVICE,
        data=DATA,
        attachments=[base64.b64encode(one).decode() for one in attachments],
    )


async def retrieve(sandbox: Pointed, submission: str) -> dict[str, Any]:
    return await ask(
        sandbox,
        sandbox.subscriber,
        do="retrieve",
        submission=submission,
        key=str(sandbox.decryption_key),
    )


async def test_it_receives_what_it_has_sent(sandbox: Pointed) -> None:
    sent = await send(sandbox, SCAN)
    waiting = (await ask(sandbox, sandbox.subscriber, do="list"))["submissions"]
    got = await retrieve(sandbox, sent["submissionId"])

    assert [one["submissionId"] for one in waiting] == [sent["submissionId"]]
    assert waiting[0]["destinationId"] == sandbox.destination
    assert got["data_json"] == DATA
    assert list(got["attachments"].values()) == [base64.b64encode(SCAN).decode()]
    assert got["serviceType"]["identifier"] == SERVICE


async def test_what_it_sends_opens_with_our_keys_and_reads_as_metadata(
    sandbox: Pointed,
) -> None:
    sent = await send(sandbox, SCAN)
    keys = Keyring([test_key("destination")])

    async with Party(sandbox, sandbox.subscriber) as subscriber:
        path = f"/submissions/{sent['submissionId']}"
        shown = (await subscriber.http.get(path)).json()
        [one] = shown["attachments"]
        scan = await subscriber.http.get(f"{path}/attachments/{one}")
    metadata = read_metadata(decrypt(keys, shown["encryptedMetadata"], limit=MIB))

    assert json.loads(decrypt(keys, shown["encryptedData"], limit=MIB)) == DATA
    assert decrypt(keys, scan.text, limit=MIB) == SCAN
    assert isinstance(metadata, Metadata)


async def test_it_receives_what_others_send_with_metadata_1_0(
    sandbox: Pointed,
) -> None:
    data = json.dumps(DATA).encode()
    metadata = {
        "$schema": "https://schema.fitko.de/fit-connect/metadata/1.0.0"
        "/metadata.schema.json",
        "contentStructure": {
            "attachments": [],
            "data": {
                "hash": {
                    "type": "sha512",
                    "content": hashlib.sha512(data).hexdigest(),
                },
                "submissionSchema": {
                    "schemaUri": DATA["$schema"],
                    "mimeType": "application/json",
                },
            },
        },
    }
    async with Party(sandbox, sandbox.sender, version="v1") as sender:
        sent = await sender.send(data, metadata=json.dumps(metadata).encode())

    got = await retrieve(sandbox, sent.submission)

    assert (got["data_json"], got["attachments"]) == (DATA, {})


async def test_two_attachments_which_it_gives_one_id_are_refused(
    sandbox: Pointed,
) -> None:
    told = await send(sandbox, b"one", b"two")

    assert told["type"] == "ValueError"
    assert "Ids of attachments are unique" in told["error"]
    await sandbox.expect()


async def test_it_understands_why_a_destination_takes_nothing(
    sandbox: Pointed,
) -> None:
    async with Party(sandbox, sandbox.subscriber, version="v1") as owner:
        place = f"/destinations/{sandbox.destination}"
        await owner.http.patch(place, json={"status": "inactive"})
    refused = await send(sandbox)
    task = {"do": "activate", "destination": sandbox.destination}
    activated = await ask(sandbox, sandbox.subscriber, **task)
    sent = await send(sandbox)

    assert "not been actived yet" in refused["error"]
    assert activated == {"status": 200}
    assert "submissionId" in sent


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"submission": "00000000-0000-4000-8000-000000000000"}, "not found"),
        ({"client": ["nobody", "nothing"]}, "invalid client authentication"),
    ],
)
async def test_it_understands_our_refusals(
    sandbox: Pointed, changed: dict[str, object], said: str
) -> None:
    task: dict[str, object] = {
        "do": "retrieve",
        "submission": "",
        "key": str(sandbox.decryption_key),
    }
    told = await ask(sandbox, sandbox.subscriber, **{**task, **changed})

    assert said in told["error"]


async def test_it_notices_data_that_were_swapped_on_the_way(sandbox: Pointed) -> None:
    first, second = [await send(sandbox), await send(sandbox, SCAN)]
    mine, other = (sandbox.part(one["submissionId"], "data") for one in (first, second))
    mine.write_bytes(other.read_bytes())
    same = await retrieve(sandbox, first["submissionId"])
    async with Party(sandbox, sandbox.sender, version="v1") as sender:
        mine.write_text(await sender.seal(b'{"name":"Mallory"}', zipped=True))
    told = await retrieve(sandbox, first["submissionId"])

    assert same["data_json"] == DATA
    assert told["error"] == "Invalid attachment hash!"
