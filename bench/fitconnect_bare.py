"""Sending and receiving over FIT-Connect in the fewest lines that do the same.

The same requests with bare httpx, the same cryptography with bare ``cryptography``
(three JWEs of RSA-4096 and AES-GCM, hashes, signed events verified and made), one
durable write of the same bytes with bare asyncpg. Nothing is checked beyond that,
nothing is remembered, and nothing may go wrong.

    python -m bench.fitconnect_bare send|receive <folder> <destination> <count>
"""

import asyncio
import base64
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.fitconnect.jose.keys import PrivateKey, read_public
from bench.fitconnect_load import (
    AT_ONCE,
    SCHEMA,
    SERVICE,
    WARM_UP,
    Access,
    attachment,
    data,
)

_OAEP: Final = padding.OAEP(
    mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None
)
_PSS: Final = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
_EVENTS: Final = "https://schema.fitko.de/fit-connect/events/"
_JOSE: Final = {"Content-Type": "application/jose"}


@dataclass(kw_only=True)
class Bare:
    """A client, its keys, and where it writes."""

    client: httpx.AsyncClient
    database: asyncpg.Pool
    destination: str
    service_key: rsa.RSAPublicKey
    sealing_key: rsa.RSAPublicKey
    sealing_kid: str
    opening_key: rsa.RSAPrivateKey
    signing_key: rsa.RSAPrivateKey
    signing_kid: str

    async def send(self, main: bytes, extra: bytes) -> None:
        """Announce, upload, submit, prove, write."""
        name = str(uuid.uuid4())
        announced = await self._post(
            "/v2/submissions",
            {
                "destinationId": self.destination,
                "announcedAttachments": [name],
                "publicService": {"name": "Bench", "identifier": SERVICE},
            },
        )
        submission = announced["submissionId"]
        sealed = self._seal(extra, "application/pdf")
        path = f"/v2/submissions/{submission}"
        await self._put(f"{path}/attachments/{name}", sealed, _JOSE)
        metadata = _metadata(main, extra, name)
        body = {
            "encryptedMetadata": self._seal(metadata, "application/json"),
            "encryptedData": self._seal(main, "application/json"),
        }
        await self._put(path, json.dumps(body), {"Content-Type": "application/json"})
        log = (await self._get(f"{path}/events?limit=500"))["eventLog"]
        for token in log:
            _verify(token, self.service_key)
        await self._write(submission, json.dumps(log).encode())

    async def receive(self, announced: dict[str, str]) -> None:
        """Fetch, verify, open, write, accept."""
        submission = announced["submissionId"]
        path = f"/v2/submissions/{submission}"
        found = await self._get(path)
        log = (await self._get(f"{path}/events?limit=500"))["eventLog"]
        claims = [_verify(token, self.service_key) for token in log]
        tags = next(
            event[_EVENTS + "submit-submission"]["authenticationTags"]
            for event in (one["events"] for one in claims)
            if _EVENTS + "submit-submission" in event
        )
        metadata = json.loads(self._open(found["encryptedMetadata"]))
        main = self._open(found["encryptedData"])
        structure = metadata["contentStructure"]
        assert hashlib.sha512(main).hexdigest() == structure["data"]["hash"]["content"]
        kept = [main]
        for one in structure["attachments"]:
            url = f"{path}/attachments/{one['attachmentId']}"
            answer = await self.client.get(url)
            answer.raise_for_status()
            plain = self._open(answer.text)
            assert hashlib.sha512(plain).hexdigest() == one["hash"]["content"]
            kept.append(plain)
        await self._write(submission, b"".join(kept))
        case = announced["caseId"]
        token = self._accept(submission, case, tags, claims[-1]["$schema"])
        answer = await self.client.post(
            f"/v2/cases/{case}/events", content=token, headers=_JOSE
        )
        answer.raise_for_status()

    async def listing(self) -> list[dict[str, str]]:
        """Everything that waits."""
        found: list[dict[str, str]] = []
        while True:
            page = await self._get(
                f"/v2/submissions?destinationId={self.destination}"
                f"&offset={len(found)}&limit=100"
            )
            found += page["submissions"]
            if not page["submissions"] or len(found) >= page["totalCount"]:
                return found

    def _seal(self, plain: bytes, content_type: str) -> str:
        header = _b64(
            json.dumps(
                {
                    "alg": "RSA-OAEP-256",
                    "enc": "A256GCM",
                    "cty": content_type,
                    "kid": self.sealing_kid,
                }
            ).encode()
        )
        key, iv = os.urandom(32), os.urandom(12)
        sealed = AESGCM(key).encrypt(iv, plain, header.encode())
        wrapped = self.sealing_key.encrypt(key, _OAEP)
        return ".".join(
            (header, _b64(wrapped), _b64(iv), _b64(sealed[:-16]), _b64(sealed[-16:]))
        )

    def _open(self, token: str) -> bytes:
        header, wrapped, iv, sealed, tag = token.split(".")
        key = self.opening_key.decrypt(_plain(wrapped), _OAEP)
        return AESGCM(key).decrypt(
            _plain(iv), _plain(sealed) + _plain(tag), header.encode()
        )

    def _accept(self, submission: str, case: str, tags: object, schema: str) -> str:
        header = {"alg": "PS512", "typ": "secevent+jwt", "kid": self.signing_kid}
        claims = {
            "$schema": schema,
            "iss": self.destination,
            "iat": int(time.time()),
            "jti": str(uuid.uuid4()),
            "sub": f"submission:{submission}",
            "txn": f"case:{case}",
            "events": {_EVENTS + "accept-submission": {"authenticationTags": tags}},
        }
        signed = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
        signature = self.signing_key.sign(signed.encode(), _PSS, hashes.SHA512())
        return f"{signed}.{_b64(signature)}"

    async def _write(self, submission: str, content: bytes) -> None:
        await self.database.execute(
            "INSERT INTO bare VALUES ($1, $2)", submission, content
        )

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self.client.get(url)
        answer.raise_for_status()
        return dict(answer.json())

    async def _post(self, url: str, body: dict[str, object]) -> dict[str, Any]:
        answer = await self.client.post(url, json=body)
        answer.raise_for_status()
        return dict(answer.json())

    async def _put(self, url: str, body: str, headers: dict[str, str]) -> None:
        answer = await self.client.put(url, content=body, headers=headers)
        answer.raise_for_status()


def _metadata(main: bytes, extra: bytes, name: str) -> bytes:
    version = "https://schema.fitko.de/fit-connect/metadata/2.1.0/metadata.schema.json"
    structure = {
        "data": {
            "hash": {"type": "sha512", "content": hashlib.sha512(main).hexdigest()},
            "submissionSchema": {"schemaUri": SCHEMA, "mimeType": "application/json"},
        },
        "attachments": [
            {
                "hash": {
                    "type": "sha512",
                    "content": hashlib.sha512(extra).hexdigest(),
                },
                "purpose": "attachment",
                "mimeType": "application/pdf",
                "attachmentId": name,
            }
        ],
    }
    return json.dumps({"$schema": version, "contentStructure": structure}).encode()


def _verify(token: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    signed, _, signature = token.rpartition(".")
    key.verify(_plain(signature), signed.encode(), _PSS, hashes.SHA512())
    return dict(json.loads(_plain(signed.partition(".")[2])))


def _b64(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def _opened(
    access: Access, keys: tuple[PrivateKey, PrivateKey], who: tuple[str, str]
) -> Bare:
    destination, role = who
    client = httpx.AsyncClient(base_url=access.base_url, timeout=60)
    answer = await client.post(
        access.token_url,
        data={"grant_type": "client_credentials", **access.credentials(role)},
    )
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    about = (await client.get(f"/v2/destinations/{destination}")).json()
    kid = about["encryptionKid"]
    jwk = (await client.get(f"/v2/destinations/{destination}/keys/{kid}")).json()
    [service] = (await client.get("/.well-known/jwks.json")).json()["keys"][:1]
    opening, signing = keys
    return Bare(
        client=client,
        database=await asyncpg.create_pool(
            access.postgres, min_size=AT_ONCE, max_size=AT_ONCE
        ),
        destination=destination,
        service_key=read_public(service).rsa,
        sealing_key=read_public(jwk).rsa,
        sealing_kid=kid,
        opening_key=opening.rsa,
        signing_key=signing.rsa,
        signing_kid=signing.kid,
    )


async def _cpu(works: Sequence[Awaitable[None]]) -> float:
    """Some at a time; the first of them are not counted."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(work: Awaitable[None]) -> None:
        async with turn:
            await work

    for work in works[:WARM_UP]:
        await work
    began = time.process_time()
    await asyncio.gather(*map(one, works[WARM_UP:]))
    return time.process_time() - began


async def _main(what: str, folder: Path, destination: str, count: int) -> None:
    role = "sender" if what == "send" else "subscriber"
    access = Access.read(folder)
    bare = await _opened(access, access.private_keys(destination), (destination, role))
    if what == "send":
        numbers = range(count + WARM_UP)
        works = [bare.send(data(one), attachment(one)) for one in numbers]
    else:
        works = [bare.receive(one) for one in await bare.listing()]
    used = await _cpu(works)
    print(json.dumps({"cpu": used, "count": len(works) - WARM_UP}))


if __name__ == "__main__":
    _what, _folder, _destination, _count = sys.argv[1:]
    asyncio.run(_main(_what, Path(_folder), _destination, int(_count)))
