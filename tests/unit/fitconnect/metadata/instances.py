"""Metadata with everything in them that the schemas know, as plain JSON."""

import json
from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

URI_1 = "https://schema.fitko.de/fit-connect/metadata/1.0.0/metadata.schema.json"
URI_2 = "https://schema.fitko.de/fit-connect/metadata/2.1.0/metadata.schema.json"
ID = "0f9a5f2c-5d53-4a33-9b1f-6e2f8d0c7b11"
OTHER_ID = "7a1c6f0e-9a54-4a55-8a6c-0d3b2e1f4a22"

SIGNATURE: dict[str, Any] = {
    "signatureFormat": "cms",
    "detachedSignature": True,
    "eidasAdesProfile": "http://uri.etsi.org/ades/191x2/level/baseline/B-LT#",
    "content": "QUJD",
}
HASH: dict[str, Any] = {"type": "sha512", "content": "0a" * 64}
PAYMENT: dict[str, Any] = {
    "transactionUrl": "https://payment.example/1",
    "transactionId": "9xxd-432x",
    "transactionReference": "Kassenzeichen 12",
    "transactionTimestamp": "2026-11-21T10:00:00Z",
    "paymentMethod": "CREDITCARD",
    "paymentMethodDetail": "Visa",
    "status": "BOOKED",
    "grossAmount": Decimal("19.99"),
}
STRUCTURE: dict[str, Any] = {
    "data": {
        "hash": HASH,
        "signature": SIGNATURE,
        "submissionSchema": {
            "schemaUri": "urn:xoev-de:test:schema",
            "mimeType": "application/xml",
        },
    },
    "attachments": [
        {
            "attachmentId": ID,
            "hash": HASH,
            "signature": SIGNATURE,
            "purpose": "form",
            "filename": "Übersicht.pdf",
            "description": "Alles",
            "mimeType": "application/pdf",
        }
    ],
}
FIRST: dict[str, Any] = {
    "$schema": URI_1,
    "contentStructure": STRUCTURE,
    "publicServiceType": {
        "name": "Wohngeld",
        "description": "Antrag",
        "identifier": "urn:de:fim:leika:leistung:99107015017000",
    },
    "authenticationInformation": [
        {"type": "identificationReport", "version": "1.0.0", "content": "aGFsbG8"}
    ],
    "paymentInformation": PAYMENT,
    "replyChannel": {
        "eMail": {
            "address": "a@b.de",
            "pgpPublicKey": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc",
        }
    },
    "additionalReferenceInfo": {
        "senderReference": "AZ 1",
        "applicationDate": "2026-11-21",
    },
}
REPLY_KEY: dict[str, Any] = {
    "kty": "RSA",
    "key_ops": ["wrapKey"],
    "alg": "RSA-OAEP-256",
    "kid": "12345678",
    "n": "A" * 683,
    "e": "AQAB",
}
SECOND: dict[str, Any] = {
    "$schema": URI_2,
    "contentStructure": {
        **STRUCTURE,
        "attachments": [{**STRUCTURE["attachments"][0], "fragments": [OTHER_ID]}],
    },
    "paymentInformation": PAYMENT,
    "replyChannel": {
        "fitConnect": {
            "processStandards": ["urn:xoev-de:bmk:standard:xbau_2.4"],
            "encryptionPublicKey": REPLY_KEY,
        }
    },
    "additionalReferenceInfo": {
        "senderReference": "AZ 1",
        "applicationDate": "2026-11-21",
        "idBundDeApplicationId": OTHER_ID,
        "zustimmungZumDigitalenBescheid": True,
    },
    "author": {
        "name": "Portal",
        "description": "Ein Portal",
        "url": "https://portal.example",
        "product": {
            "name": "Formular",
            "description": "Ein Produkt",
            "version": "1",
            "manufacturer": "Firma",
        },
    },
    "dataSets": [
        {
            "dataSetId": OTHER_ID,
            "schema": {"schemaUri": "urn:x", "mimeType": "application/jose"},
            "hash": HASH,
            "description": "Nachweis",
            "content": {"any": ["thing"]},
        }
    ],
}
CHANNELS_1: list[dict[str, Any]] = [
    {"deMail": {"address": "a@b.de-mail.de"}},
    {"fink": {"finkPostfachRef": "hh/by/12345", "host": "https://konto.example/"}},
    {"elster": {"accountId": "1" * 10, "lieferTicket": "x", "geschaeftszeichen": "y"}},
]
CHANNELS_2: list[dict[str, Any]] = [
    FIRST["replyChannel"],
    *CHANNELS_1,
    {"idBundDeMailbox": {"mailboxUuid": ID}},
]


def every(version: int) -> list[dict[str, Any]]:
    """A valid instance for each reply channel, and the least that is valid."""
    whole, channels = (FIRST, CHANNELS_1) if version == 1 else (SECOND, CHANNELS_2)
    least = {
        "$schema": whole["$schema"],
        "contentStructure": {
            "attachments": [],
            **({} if version == 1 else {"data": STRUCTURE["data"]}),
        },
    }
    varied = [{**whole, "replyChannel": channel} for channel in channels]
    return deepcopy([whole, least, *varied])


def raw(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, default=float).encode()


def with_amount(amount: str) -> bytes:
    return raw(SECOND).replace(b"19.99", amount.encode())
