"""The requests that make a submission, and the answers read."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

import httpx

from adapters.fitconnect.client.failures import StrangeAnswer
from adapters.fitconnect.client.requests import JSON, Reply, Upload
from adapters.fitconnect.client.settings import Generation
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.outbox.documents import attachments, pieces
from adapters.fitconnect.outbox.notes import Announcement
from adapters.fitconnect.outbox.sealing import Sealed
from adapters.fitconnect.outbox.settings import (
    Callback,
    FitConnectConnection,
    FitConnectMapping,
)
from adapters.fitconnect.routing.answers import UUID
from schemas.deliveries import Parcel
from schemas.secrets import SecretReference

_SERVICE: Final = {Generation.V1: "serviceType", Generation.V2: "publicService"}


def parts_of(
    parcel: Parcel, connection: FitConnectConnection, new_id: Callable[[], str]
) -> dict[str, tuple[str, ...]]:
    """A fresh id for every upload, by the document's name."""
    return {
        one.name: tuple(new_id() for _ in range(pieces(one, connection.fragment)))
        for one in attachments(parcel)
    }


def announcement_body(
    draft: Announcement,
    mapping: FitConnectMapping,
    service: str,
    generation: Generation,
) -> dict[str, object]:
    """Of ``POST /submissions``; ``draft`` has no submission yet."""
    body: dict[str, object] = {
        "destinationId": draft.destination,
        "announcedAttachments": [one for ids in draft.parts.values() for one in ids],
        _SERVICE[generation]: {
            "name": mapping.service_name or service,
            "identifier": service,
        },
    }
    if mapping.region and generation is Generation.V2:
        body["region"] = mapping.region
    return body


def callback_body(
    callback: Callback, read: Callable[[SecretReference], str]
) -> dict[str, str]:
    """Where to tell us of events. Raises SecretMissing."""
    return {"url": callback.url, "secret": read(callback.secret)}


async def announce(
    client: FitConnectClient, body: Mapping[str, object]
) -> tuple[str, str]:
    """The ids of submission and case. Raises ApiFailure."""
    text = json.dumps(body, separators=(",", ":")).encode()
    reply = await client.post("/submissions", text, content_type=JSON)
    must_say(reply, httpx.codes.CREATED)
    answer = reply.json()
    ids = [
        str(answer.get(name) or "").lower() if isinstance(answer, Mapping) else ""
        for name in ("submissionId", "caseId")
    ]
    if not all(UUID.fullmatch(one) for one in ids):
        raise StrangeAnswer("(announcement)")
    submission, case = ids
    return submission, case


def must_say(reply: Reply, status: int) -> None:
    """Raise StrangeAnswer for another success: a proxy's page, say."""
    if reply.status != status:
        raise StrangeAnswer(f"(status {reply.status})")


def submit_body(metadata: str, data: Sealed) -> Upload:
    """Of ``PUT /submissions/…``; the data's token is not copied once more."""
    chunks = (
        b'{"encryptedMetadata":"',
        metadata.encode(),
        b'","encryptedData":"',
        *data.pieces,
        b'"}',
    )

    async def stream() -> AsyncGenerator[bytes, None]:
        for chunk in chunks:
            yield chunk

    return Upload(open=stream, length=sum(len(chunk) for chunk in chunks))
