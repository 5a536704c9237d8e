"""Writing metadata for what we send; what is written is read again before it leaves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import version as installed
from typing import Final

from adapters.fitconnect.metadata.models import Models, our_models
from adapters.fitconnect.metadata.reading import Problems, Supported, read_metadata
from adapters.fitconnect.metadata.values import (
    FIT_CONNECT,
    AttachmentPart,
    DataPart,
    Metadata,
    Payment,
    metadata_uri,
    version_of,
)
from schemas.errors import Ours

_AUTHORED: Final = 2
"""From this major on the author is told, and the service no more."""


class MetadataUnfit(Ours):
    """``detail`` names places of the schema, and no value."""

    code = "E-FIT-METADATA"
    sentence = "The metadata of a submission of ours would not fulfil their schema."
    remedy = "Compare the destination's mapping with docs/fit-connect.md."


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who sends, as told to recipients from 2.0 on: systems, never people."""

    name: str = "Amtsweg"
    manufacturer: str = "Amtsweg"


OURSELVES: Final = Author()


def make_metadata(
    metadata: Metadata,
    *,
    author: Author = OURSELVES,
    offers_reply: bool = False,
    models: Models | None = None,
) -> bytes:
    """The bytes to encrypt, which ``read_metadata`` reads as the same value.

    A reply over FIT-Connect is offered only where ``offers_reply`` says so: how it
    comes back is unconfirmed. Raises MetadataUnfit.
    """
    version = version_of(metadata_uri(metadata.version))
    if version is None:
        raise MetadataUnfit("version")
    if metadata.reply_channel == FIT_CONNECT and not offers_reply:
        raise MetadataUnfit("replyChannel/fitConnect is switched off")
    written = {
        "$schema": metadata_uri(metadata.version),
        "contentStructure": {
            **({"data": _data(metadata.data)} if metadata.data else {}),
            "attachments": [_attachment(one) for one in metadata.attachments],
        },
        **(_author(author) if version[0] >= _AUTHORED else _service(metadata)),
        **(
            {"paymentInformation": _payment(metadata.payment)}
            if metadata.payment
            else {}
        ),
        **_reply(metadata),
        **_references(metadata),
    }
    try:
        raw = _json(written).encode()
    except UnicodeEncodeError as error:
        raise MetadataUnfit("half a character") from error
    _prove(raw, metadata, version[0], models or our_models())
    return raw


def _prove(raw: bytes, meant: Metadata, major: int, models: Models) -> None:
    """By reading it: what the recipient's eyes will see is what was meant."""
    read = read_metadata(
        raw, supported=Supported(majors=frozenset({major}), models=models)
    )
    if isinstance(read, Problems):
        places = {f"{one.location or '/'} {one.detail}" for one in read.found}
        raise MetadataUnfit(", ".join(sorted(places)))
    if read != meant:
        raise MetadataUnfit("this version cannot say all of it")


def _data(data: DataPart) -> dict[str, object]:
    return {
        "hash": _hash(data.hash),
        "submissionSchema": {"schemaUri": data.schema_uri, "mimeType": data.mime},
    }


def _attachment(one: AttachmentPart) -> dict[str, object]:
    return {
        "attachmentId": one.id,
        "purpose": one.purpose,
        "mimeType": one.mime,
        "hash": _hash(one.hash),
        **({"filename": one.filename} if one.filename else {}),
        **({"fragments": list(one.fragments)} if one.fragments else {}),
    }


def _hash(content: str) -> dict[str, object]:
    return {"type": "sha512", "content": content}


def _author(author: Author) -> dict[str, object]:
    product = {
        "name": "Amtsweg",
        "version": _own_version(),
        "manufacturer": author.manufacturer,
    }
    return {"author": {"name": author.name, "product": product}}


@cache
def _own_version() -> str:
    """Read once: looking it up takes as long as encrypting does."""
    return installed("amtsweg")


def _service(metadata: Metadata) -> dict[str, object]:
    if not metadata.service:
        return {}
    return {"publicServiceType": {"identifier": metadata.service}}


def _payment(payment: Payment) -> dict[str, object]:
    return {
        "transactionReference": payment.reference,
        "transactionId": payment.transaction,
        "paymentMethod": payment.method,
        "status": payment.status,
        **({} if payment.amount is None else {"grossAmount": payment.amount}),
    }


def _reply(metadata: Metadata) -> dict[str, object]:
    if metadata.reply is None:
        return {}
    return {"replyChannel": {metadata.reply.kind: metadata.reply.content}}


def _references(metadata: Metadata) -> dict[str, object]:
    told = {
        "senderReference": metadata.reference,
        "applicationDate": metadata.application_date,
    }
    said = {name: text for name, text in told.items() if text}
    return {"additionalReferenceInfo": said} if said else {}


def _json(value: object) -> str:
    """As ``json`` writes it, but a Decimal exactly: 19.99 and no float near it."""
    match value:
        case Decimal() if value.is_finite():
            return f"{value:f}"
        case Mapping():
            pairs = (f"{_json(str(key))}:{_json(one)}" for key, one in value.items())
            return f"{{{','.join(pairs)}}}"
        case list() | tuple():
            return f"[{','.join(map(_json, value))}]"
        case str() | bool() | int() | None:
            return json.dumps(value, ensure_ascii=False)
        case _:
            raise MetadataUnfit("a value that JSON does not have")
