"""A submission as a sender makes it, with real cryptography."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import uuid4

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.jwe import encrypt, tag_of
from schemas.channels import Announced
from tests.fakes.fitconnect_api import HOST
from tests.fitconnect_keys import public_key

Change = Callable[[dict[str, object]], object]
DESTINATION: Final = "d12caea8-f372-4eb1-b102-b0a228253a11"
SERVICE: Final = "urn:de:fim:leika:leistung:99400048079000"
SCHEMA: Final = "https://schema.example.org/antrag/1.0.0/antrag.schema.json"
METADATA: Final = "https://schema.fitko.de/fit-connect/metadata/{}/metadata.schema.json"
ISSUER: Final = f"{HOST}/submission-api"
DATA: Final = '{"name":"Jörg Groß","ort":"Würzburg"}'.encode()


@dataclass
class File:
    """An attachment as the sender has it."""

    content: bytes = b"%PDF-1.7 attachment"
    filename: str = "Beleg Müller.pdf"
    mime: str = "application/pdf"
    id: str = field(default_factory=lambda: str(uuid4()))
    cuts: int = 1
    """Into so many fragments."""


@dataclass
class Deposit:
    """A submission as the service holds it; change what you like."""

    submission: str
    case: str
    body: dict[str, object]
    attachments: dict[str, bytes]
    log: list[bytes]
    tags: Tags
    metadata: dict[str, object]

    @property
    def announced(self) -> Announced:
        return Announced(submission=self.submission, case=self.case)


def sealed(
    plain: bytes,
    key: str = "destination",
    *,
    algorithms: Algorithms = PRESCRIBED,
    compress: bool = False,
) -> str:
    return encrypt(
        public_key(key, algorithms),
        plain,
        content_type="application/json",
        compress=compress,
    )


def make_deposit(
    data: bytes,
    files: tuple[File, ...],
    *,
    version: str,
    case: str,
    key: str,
    metadata_version: str,
    change: Change,
    algorithms: Algorithms,
    compress: bool,
) -> Deposit:
    """Everything but the events."""
    uploads: dict[str, bytes] = {}
    seal = partial(sealed, key=key, algorithms=algorithms)
    described = [_upload(one, uploads, seal) for one in files]
    metadata = metadata_of(data, described, version=metadata_version)
    change(metadata)
    sealed_metadata = seal(json.dumps(metadata).encode(), compress=compress)
    sealed_data = seal(data, compress=compress)
    tags = Tags(
        metadata=tag_of(sealed_metadata),
        data=tag_of(sealed_data),
        attachments={id_: tag_of(jwe) for id_, jwe in uploads.items()},
    )
    submission = str(uuid4())
    service = "publicService" if version == "v2" else "serviceType"
    body: dict[str, object] = {
        "submissionId": submission,
        "caseId": case,
        "destinationId": DESTINATION,
        "attachments": list(uploads),
        "encryptedMetadata": sealed_metadata,
        "encryptedData": sealed_data,
        service: {"name": "", "identifier": SERVICE},
    }
    return Deposit(submission, case, body, uploads, [], tags, metadata)


def metadata_of(
    data: bytes, described: list[dict[str, object]], *, version: str
) -> dict[str, object]:
    """With right hashes."""
    mime = "application/xml" if data.startswith(b"<") else "application/json"
    return {
        "$schema": METADATA.format(version),
        "contentStructure": {
            "data": {
                "hash": _hash(data),
                "submissionSchema": {"schemaUri": SCHEMA, "mimeType": mime},
            },
            "attachments": described,
        },
    }


def _upload(
    one: File, uploads: dict[str, bytes], seal: Callable[[bytes], str]
) -> dict[str, object]:
    step = -(-len(one.content) // one.cuts) or 1
    pieces = [
        one.content[at : at + step] for at in range(0, len(one.content), step)
    ] or [b""]
    ids = [one.id] if one.cuts == 1 else [str(uuid4()) for _ in pieces]
    for id_, piece in zip(ids, pieces, strict=True):
        uploads[id_] = seal(piece).encode()
    return {
        "attachmentId": one.id,
        "purpose": "attachment",
        "filename": one.filename,
        "mimeType": one.mime,
        "hash": _hash(one.content),
        **({"fragments": ids} if one.cuts > 1 else {}),
    }


def _hash(content: bytes) -> dict[str, str]:
    return {"type": "sha512", "content": hashlib.sha512(content).hexdigest()}
