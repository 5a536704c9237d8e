"""A plain sender and subscriber over bare HTTP, to play the other side of a test."""

import hashlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from adapters.fitconnect.jose.jwe import encrypt, tag_of
from adapters.fitconnect.jose.jws import header_of, sign, verify
from adapters.fitconnect.jose.keys import read_private, read_public
from adapters.fitconnect.sandbox import Switches, Wishes
from tests.counterparts.fitconnect import NO_TLS, Credentials, Pointed, fitconnect_here
from tests.fitconnect_keys import test_key

SERVICE: Final = "urn:de:fim:leika:leistung:99107023017000"
SCHEMA_URI: Final = "https://schema.example/sandbox/1.0.0"
SET_SCHEMA: Final = (
    "https://schema.fitko.de/fit-connect/set-payload/1.2.2/set-payload.schema.json"
)
EVENTS: Final = "https://schema.fitko.de/fit-connect/events/"
PROBLEM: Final = {
    "type": "https://schema.fitko.de/fit-connect/events/problems/technical-error",
    "title": "Technischer Fehler",
    "detail": "Ein technischer Fehler ist aufgetreten.",
    "instance": "other",
}
JOSE: Final = {"Content-Type": "application/jose"}
EVENT: Final = "secevent+jwt"
_PATIENCE: Final = 30.0
_PUBLISHED: Final = {
    key.kid: key
    for key in (test_key(name).public() for name in ("service", "sign-destination"))
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What was announced, and the JWEs that were sent."""

    submission: str
    case: str
    metadata: str = ""
    data: str = ""
    attachments: Mapping[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> dict[str, object]:
        """As the service must have them in its event."""
        return {
            "metadata": tag_of(self.metadata),
            "data": tag_of(self.data),
            "attachments": {one: tag_of(jwe) for one, jwe in self.attachments.items()},
        }


class Party:
    """One API client with a token of its own; ``http`` carries it."""

    def __init__(
        self, sandbox: Pointed, credentials: Credentials, *, version: str = "v2"
    ) -> None:
        self.sandbox = sandbox
        self.version = version
        self._credentials = credentials
        self.http = httpx.AsyncClient(
            base_url=f"{sandbox.base_url}/{version}",
            trust_env=False,
            timeout=_PATIENCE,
            verify=NO_TLS,
        )

    async def __aenter__(self) -> Self:
        await self.authenticate()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def authenticate(self) -> None:
        """A fresh token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
        }
        answer = await self.http.post(self.sandbox.token_url, data=form)
        token = answer.json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    async def seal(
        self,
        plain: bytes,
        content_type: str = "application/json",
        *,
        zipped: bool = False,
    ) -> str:
        """A JWE for the destination."""
        place = f"/destinations/{self.sandbox.destination}"
        kid = (await self.http.get(place)).json()["encryptionKid"]
        jwk = (await self.http.get(f"{place}/keys/{kid}")).json()
        return encrypt(
            read_public(jwk), plain, content_type=content_type, compress=zipped
        )

    async def announce(
        self, attachments: Sequence[str] = (), **more: object
    ) -> httpx.Response:
        """The bare answer."""
        service = {"name": "Wohngeld", "identifier": SERVICE}
        name = "serviceType" if self.version == "v1" else "publicService"
        body = {
            "destinationId": self.sandbox.destination,
            "announcedAttachments": list(attachments),
            name: service,
            **more,
        }
        return await self.http.post("/submissions", json=body)

    async def announced(self, attachments: Sequence[str] = (), **more: object) -> Sent:
        """One that went well."""
        answer = await self.announce(attachments, **more)
        assert answer.status_code == 201, answer.text
        shown = answer.json()
        return Sent(submission=shown["submissionId"], case=shown["caseId"])

    async def attach(
        self, sent: Sent, attachment: str, jwe: str, headers: Mapping[str, str] = JOSE
    ) -> httpx.Response:
        """Upload one."""
        path = f"/submissions/{sent.submission}/attachments/{attachment}"
        return await self.http.put(path, content=jwe, headers=dict(headers))

    async def submit(self, sent: Sent, metadata: str, data: str) -> httpx.Response:
        """The last step of sending."""
        body = {"encryptedMetadata": metadata, "encryptedData": data}
        return await self.http.put(f"/submissions/{sent.submission}", json=body)

    async def send(
        self,
        data: bytes = b'{"antrag":"Wohngeld"}',
        attachments: Sequence[bytes] = (),
        *,
        metadata: bytes | None = None,
        mime: str = "application/json",
        **more: object,
    ) -> Sent:
        """Everything a sender does; metadata of 2.1.0 unless they are given."""
        ids = [str(uuid.uuid4()) for _ in attachments]
        sent = await self.announced(ids, **more)
        jwes = {}
        for one, plain in zip(ids, attachments, strict=True):
            jwes[one] = await self.seal(plain)
            answer = await self.attach(sent, one, jwes[one])
            assert answer.status_code == 204, answer.text
        pairs = dict(zip(ids, attachments, strict=True))
        described = metadata or metadata_of(data, pairs, mime=mime)
        sealed = await self.seal(described), await self.seal(data, mime)
        answer = await self.submit(sent, *sealed)
        assert answer.status_code == 200, answer.text
        return Sent(
            submission=sent.submission,
            case=sent.case,
            metadata=sealed[0],
            data=sealed[1],
            attachments=jwes,
        )

    async def log(self, sent: Sent) -> list[str]:
        """Tokens of the case's events."""
        answer = await self.http.get(f"/cases/{sent.case}/events")
        assert answer.status_code == 200, answer.text
        tokens: list[str] = answer.json()["eventLog"]
        return tokens

    async def answer(self, sent: Sent, token: bytes | str) -> httpx.Response:
        """Post an event."""
        path = f"/cases/{sent.case}/events"
        return await self.http.post(path, content=token, headers=JOSE)

    async def accept(self, sent: Sent) -> httpx.Response:
        """With the tags of what was sent."""
        return await self.answer(sent, self.signed(accepting(self.sandbox, sent)))

    async def reject(self, sent: Sent) -> httpx.Response:
        """For technical reasons."""
        return await self.answer(sent, self.signed(rejecting(self.sandbox, sent)))

    def signed(self, claims: Mapping[str, Any]) -> bytes:
        """By the destination."""
        text = self.sandbox.signing_key.read_text(encoding="ascii")
        return sign(read_private(text), claims)


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """A sandbox, and both who use it."""

    sandbox: Pointed
    sender: Party
    subscriber: Party


@asynccontextmanager
async def town(
    folder: Path,
    *,
    version: str = "v2",
    switches: Switches | None = None,
    wishes: Wishes | None = None,
) -> AsyncIterator[Town]:
    """Everything for one test."""
    async with (
        fitconnect_here(folder, switches=switches, wishes=wishes) as sandbox,
        Party(sandbox, sandbox.sender, version=version) as sender,
        Party(sandbox, sandbox.subscriber, version=version) as subscriber,
    ):
        yield Town(sandbox=sandbox, sender=sender, subscriber=subscriber)


def read(token: str) -> dict[str, Any]:
    """Claims of an event, by a key that is published."""
    return verify(token, _PUBLISHED[str(header_of(token)["kid"])], kind=EVENT)


def kinds_of(tokens: Sequence[str]) -> list[str]:
    """Names of events, such as ``submit-submission``."""
    return [uri.removeprefix(EVENTS) for one in tokens for uri in read(one)["events"]]


def problem_in(answer: httpx.Response) -> dict[str, Any]:
    """Every refusal is a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= found.keys()
    assert found["status"] == answer.status_code
    return found


def accepting(sandbox: Pointed, sent: Sent) -> dict[str, Any]:
    """Claims of the event."""
    payload = {"authenticationTags": sent.tags}
    return claims_of(sandbox, sent, {f"{EVENTS}accept-submission": payload})


def rejecting(sandbox: Pointed, sent: Sent) -> dict[str, Any]:
    """Claims of the event."""
    payload = {"problems": [PROBLEM]}
    return claims_of(sandbox, sent, {f"{EVENTS}reject-submission": payload})


def claims_of(
    sandbox: Pointed, sent: Sent, events: Mapping[str, object]
) -> dict[str, Any]:
    """What every event of a subscriber says."""
    return {
        "$schema": SET_SCHEMA,
        "iss": sandbox.destination,
        "iat": int(time.time()),
        "jti": str(uuid.uuid4()),
        "sub": f"submission:{sent.submission}",
        "txn": f"case:{sent.case}",
        "events": dict(events),
    }


def metadata_of(
    data: bytes, attachments: Mapping[str, bytes], *, mime: str = "application/json"
) -> bytes:
    """Metadata 2.1.0 with right hashes."""
    described = [
        {
            "attachmentId": one,
            "hash": _hash(plain),
            "purpose": "attachment",
            "mimeType": "application/octet-stream",
            "filename": f"Anlage {number}.bin",
        }
        for number, (one, plain) in enumerate(attachments.items(), 1)
    ]
    schema = {"schemaUri": SCHEMA_URI, "mimeType": mime}
    whole = {
        "$schema": "https://schema.fitko.de/fit-connect/metadata/2.1.0"
        "/metadata.schema.json",
        "contentStructure": {
            "data": {"hash": _hash(data), "submissionSchema": schema},
            "attachments": described,
        },
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def _hash(plain: bytes) -> dict[str, str]:
    return {"type": "sha512", "content": hashlib.sha512(plain).hexdigest()}
