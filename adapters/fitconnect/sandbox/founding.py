"""The first start: keys, clients and destinations; every later one finds them."""

import base64
import json
import secrets
import sqlite3
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.fitconnect.sandbox.database import read_fact, transaction, write_fact
from adapters.fitconnect.sandbox.destinations import insert_destination
from adapters.fitconnect.sandbox.keys import make_missing, read_key
from adapters.fitconnect.sandbox.oauth import SENDER, SUBSCRIBER

SERVICE: Final = "urn:de:fim:leika:leistung:99107023017000"
_TYPES: Final = ("application/json", "application/xml")
_SECRET_BYTES: Final = 32
_FOUNDED: Final = "destinations"


@dataclass(frozen=True, kw_only=True, slots=True)
class Foundation:
    """What is made once and stays."""

    sender: tuple[str, str]
    """Id and secret."""
    subscriber: tuple[str, str]
    callback_secret: str
    destinations: tuple[tuple[str, str], ...]
    """Ids, and the beginning of the names of their key files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the first start is to make."""

    destinations: int = 1
    own_keys: bool = False
    service: str = SERVICE
    schema_uris: tuple[str, ...] = ()
    """What destinations say they take; () = one made-up JSON and XML schema."""


def key_path(folder: Path, name: str) -> Path:
    """Where a key lies, such as ``service`` or ``destination-decryption``."""
    return folder / "keys" / f"{name}.jwk.json"


def found(database: sqlite3.Connection, folder: Path, wishes: Wishes) -> Foundation:
    """Make what is missing; what is there stays, and destinations are only added."""
    known = read_fact(database, _FOUNDED)
    before = [(str(a), str(b)) for a, b in known] if isinstance(known, list) else []
    count = max(wishes.destinations, len(before), 1)
    prefixes = [
        before[n][1]
        if n < len(before)
        else f"destination-{n + 1}"
        if wishes.own_keys and n
        else "destination"
        for n in range(count)
    ]
    halves = [f"{one}-{what}" for one in prefixes for what in _HALVES]
    names = dict.fromkeys(["service", "portal", *halves])
    make_missing(key_path(folder, name) for name in names)
    _secrets(database)
    subscriber = _client(database, SUBSCRIBER)
    destinations = list(before)
    for prefix in prefixes[len(before) :]:
        made = _destination(
            database, folder, prefix, owner=subscriber[0], wishes=wishes
        )
        destinations.append((made, prefix))
        write_fact(database, _FOUNDED, destinations)
    return Foundation(
        sender=_client(database, SENDER),
        subscriber=subscriber,
        callback_secret=str(read_fact(database, "callback_secret")),
        destinations=tuple(destinations),
    )


_HALVES: Final = ("decryption", "signing")


def _secrets(database: sqlite3.Connection) -> None:
    with transaction(database):
        if read_fact(database, "token_secret") is None:
            random = secrets.token_bytes(_SECRET_BYTES)
            write_fact(database, "token_secret", base64.b64encode(random).decode())
            write_fact(
                database, "callback_secret", secrets.token_urlsafe(_SECRET_BYTES)
            )


def _client(database: sqlite3.Connection, role: str) -> tuple[str, str]:
    row = database.execute(
        "SELECT * FROM clients WHERE role = ? ORDER BY rowid", (role,)
    ).fetchone()
    if row is not None:
        return row["client_id"], row["secret"]
    made = (str(uuid.uuid4()), secrets.token_urlsafe(_SECRET_BYTES))
    database.execute(
        "INSERT INTO clients (client_id, secret, role) VALUES (?, ?, ?)", (*made, role)
    )
    return made


def _destination(
    database: sqlite3.Connection,
    folder: Path,
    prefix: str,
    *,
    owner: str,
    wishes: Wishes,
) -> str:
    destination = str(uuid.uuid4())
    sealing, signing = (
        read_key(key_path(folder, f"{prefix}-{half}")).certified(f"Sandbox {half}")
        for half in _HALVES
    )
    insert_destination(
        database,
        (destination, owner),
        _body(wishes),
        (sealing, signing),
        status="active",
        at=time.time(),
    )
    return destination


def _body(wishes: Wishes) -> dict[str, object]:
    """What it says of itself."""
    uris = wishes.schema_uris or ("https://schema.example/sandbox/1.0.0",)
    schemas = [
        {"schemaUri": uri, "mimeType": media_type}
        for uri in uris
        for media_type in _TYPES
    ]
    service = {
        "identifier": wishes.service,
        "submissionSchemas": schemas,
        "regions": ["DE000000000000"],
    }
    return {
        "name": "Sandkasten",
        "contactInformation": {
            "legalName": "Kreis Prüfstein",
            "email": "sandbox@kreis-pruefstein.example",
        },
        "services": [service],
        "metadataVersions": ["1.0.0", "1.1.0", "2.0.0", "2.1.0"],
    }


def described(foundation: Foundation, folder: Path, base_url: str) -> dict[str, object]:
    """The line that a start prints; every client can be pointed there with it."""
    destination, prefix = foundation.destinations[0]
    return {
        "base_url": base_url,
        "token_url": f"{base_url}/token",
        "sender": _credentials(foundation.sender),
        "subscriber": _credentials(foundation.subscriber),
        "destination_id": destination,
        "private_keys": _key_paths(folder, prefix),
        "callback": {"secret": foundation.callback_secret},
    }


def write_description(
    foundation: Foundation, folder: Path, base_url: str
) -> dict[str, object]:
    """``sandbox.json``: the same line, and all that it leaves out; returns the line."""
    line = described(foundation, folder, base_url)
    whole = {
        **line,
        "destination_api_url": f"{base_url}/destination-api",
        "routing_url": f"{base_url}/routing-api",
        "portal_url": f"{base_url}/portal",
        "control_url": f"{base_url}/_sandbox",
        "destinations": [
            {"destination_id": one, "private_keys": _key_paths(folder, prefix)}
            for one, prefix in foundation.destinations
        ],
    }
    part = folder / "sandbox.json.part"
    part.touch(mode=0o600)
    part.write_text(json.dumps(whole, indent=2, ensure_ascii=False), encoding="utf-8")
    part.replace(folder / "sandbox.json")
    return line


def _credentials(client: tuple[str, str]) -> dict[str, str]:
    return {"client_id": client[0], "client_secret": client[1]}


def _key_paths(folder: Path, prefix: str) -> dict[str, str]:
    return {half: str(key_path(folder, f"{prefix}-{half}")) for half in _HALVES}
