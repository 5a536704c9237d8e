"""Destinations and their keys: read by everybody, managed by their owner."""

import json
import sqlite3
import uuid
from typing import Final

from adapters.fitconnect.sandbox.calls import Answer, Call, Refusal, json_answer
from adapters.fitconnect.sandbox.database import transaction
from adapters.fitconnect.sandbox.keys import Jwk
from adapters.fitconnect.sandbox.oauth import (
    SUBSCRIBER,
    Client,
    client_of,
    forbidden,
    role_of,
)
from adapters.fitconnect.sandbox.parties import not_found
from adapters.fitconnect.sandbox.published import check_published
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_LARGEST: Final = 1024 * 1024
_KEPT: Final = ("name", "contactInformation", "services", "metadataVersions")
_MOVES: Final = {
    "created": {"created", "active", "decommissioned"},
    "active": {"active", "inactive"},
    "inactive": {"inactive", "active", "decommissioned"},
    "decommissioned": {"decommissioned"},
}


async def read_destination(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/destinations/{destination}``; on v2 nobody needs a token."""
    if call.version == "v1":
        client_of(dienst, call)
    return json_answer(_shown(_row(dienst, call.names["destination"]), call.version))


async def read_key(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/destinations/{destination}/keys/{kid}``."""
    if call.version == "v1":
        client_of(dienst, call)
    row = _row(dienst, call.names["destination"])
    jwk = published_key(dienst, row["destination_id"], call.names["kid"])
    if jwk is None:
        raise not_found("key")
    return json_answer(jwk)


async def read_keys(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET …/keys``: at the Destination API; the Submission API has no such path."""
    row, _ = _owned(dienst, call)
    rows = dienst.database.execute(
        "SELECT jwk FROM keys WHERE destination_id = ?", (row["destination_id"],)
    )
    return json_answer({"keys": [json.loads(one["jwk"]) for one in rows]})


async def own_destinations(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/destinations``: those of the caller."""
    client = role_of(dienst, call, SUBSCRIBER)
    offset, limit = call.page()
    rows = dienst.database.execute(
        "SELECT * FROM destinations WHERE owner = ? ORDER BY rowid", (client.client_id,)
    ).fetchall()
    page = [_shown(row, call.version) for row in rows[offset : offset + limit]]
    return json_answer(
        {
            "offset": offset,
            "count": len(page),
            "totalCount": len(rows),
            "destinations": page,
        }
    )


async def create_destination(dienst: Zustelldienst, call: Call) -> Answer:
    """``POST …/destinations``."""
    client = role_of(dienst, call, SUBSCRIBER)
    body = await call.read_object(_LARGEST)
    sealing = check_published(body.get("encryptionPublicKey"), "wrapKey")
    signing = check_published(body.get("signingPublicKey"), "verify")
    if body.get("encryptionKid", sealing["kid"]) != sealing["kid"]:
        raise _bad("encryptionKid is not the kid of encryptionPublicKey.")
    if "publicServices" in body:
        body["services"] = body.pop("publicServices")
    kept: dict[str, object] = {name: body[name] for name in _KEPT if name in body}
    _check_services(kept)
    destination = str(uuid.uuid4())
    insert_destination(
        dienst.database,
        (destination, client.client_id),
        kept,
        (sealing, signing),
        status="created",
        at=dienst.clock.now(),
    )
    return json_answer(_shown(_row(dienst, destination), call.version), 201)


def insert_destination(
    database: sqlite3.Connection,
    names: tuple[str, str],
    body: dict[str, object],
    keys: tuple[Jwk, Jwk],
    *,
    status: str,
    at: float,
) -> None:
    """Destination and owner, who is linked to it; the first key is for encryption."""
    destination, owner = names
    with transaction(database):
        database.execute(
            "INSERT INTO destinations VALUES (?, ?, ?, ?, ?, ?, '')",
            (destination, owner, status, keys[0]["kid"], json.dumps(body), at),
        )
        database.execute("INSERT INTO links VALUES (?, ?)", (owner, destination))
        for jwk in keys:
            database.execute(
                "INSERT INTO keys VALUES (?, ?, ?)",
                (destination, jwk["kid"], json.dumps(jwk)),
            )


async def patch_destination(dienst: Zustelldienst, call: Call) -> Answer:
    """``PATCH …/destinations/{destination}``; null removes, as merge-patch has it."""
    row, _ = _owned(dienst, call)
    call.must_be("application/merge-patch+json", "application/json")
    changes = await call.read_object(_LARGEST)
    _change(dienst, row, changes)
    return json_answer(_shown(_row(dienst, row["destination_id"]), call.version))


async def delete_destination(dienst: Zustelldienst, call: Call) -> Answer:
    """``DELETE …/destinations/{destination}``: taken out of service for good."""
    row, _ = _owned(dienst, call)
    _change(dienst, row, {"status": "decommissioned"})
    return Answer(status=204)


async def add_key(dienst: Zustelldienst, call: Call) -> Answer:
    """``POST …/destinations/{destination}/keys``."""
    row, _ = _owned(dienst, call)
    body = await call.read_object(_LARGEST)
    jwk = check_published(body, "wrapKey", "verify")
    known = published_key(dienst, row["destination_id"], str(jwk["kid"]))
    if known is not None and known["n"] != jwk["n"]:
        raise Refusal(409, "key-exists", detail="Another key has this kid.")
    dienst.database.execute(
        "INSERT OR REPLACE INTO keys VALUES (?, ?, ?)",
        (row["destination_id"], jwk["kid"], json.dumps(jwk)),
    )
    return json_answer(jwk, 201)


def published_key(dienst: Zustelldienst, destination: str, kid: str) -> Jwk | None:
    """A public key of this destination."""
    row = dienst.database.execute(
        "SELECT jwk FROM keys WHERE destination_id = ? AND kid = ?", (destination, kid)
    ).fetchone()
    return None if row is None else json.loads(row["jwk"])


def _change(
    dienst: Zustelldienst, row: sqlite3.Row, changes: dict[str, object]
) -> None:
    if "publicServices" in changes:
        changes["services"] = changes.pop("publicServices")
    _check_services(changes)
    status = str(changes.get("status", row["status"]))
    if status not in _MOVES[row["status"]]:
        raise Refusal(422, "destination-state-invalid", "Destination state is invalid")
    kid = str(changes.get("encryptionKid", row["encryption_kid"]))
    jwk = published_key(dienst, row["destination_id"], kid)
    if jwk is None or jwk["key_ops"] != ["wrapKey"]:
        raise _bad("encryptionKid names no published key for encryption.")
    given = {name: changes[name] for name in _KEPT if name in changes}
    body = {**json.loads(row["body"]), **given}
    kept = {name: value for name, value in body.items() if value is not None}
    callback = row["callback"]
    if "callback" in changes:
        callback = _callback(changes["callback"])
    changed = row["changed"] if status == row["status"] else dienst.clock.now()
    dienst.database.execute(
        "UPDATE destinations SET status = ?, encryption_kid = ?, body = ?,"
        " callback = ?, changed = ? WHERE destination_id = ?",
        (status, kid, json.dumps(kept), callback, changed, row["destination_id"]),
    )


def _check_services(body: dict[str, object]) -> None:
    """Each names a service; where is a list of regions."""
    services = body.get("services") or []
    if not isinstance(services, list):
        raise _bad("Services are a list.")
    for one in services:
        regions = one.get("regions", []) if isinstance(one, dict) else None
        if not (
            isinstance(regions, list)
            and all(isinstance(region, str) for region in regions)
            and isinstance(one.get("identifier"), str)
        ):
            raise _bad("A service has an identifier and regions.")


def _callback(value: object) -> str:
    """Address and secret; the secret is never shown again."""
    if value is None:
        return ""
    if not isinstance(value, dict) or not value.get("url") or not value.get("secret"):
        raise _bad("A callback has url and secret.")
    return json.dumps({"url": str(value["url"]), "secret": str(value["secret"])})


def _row(dienst: Zustelldienst, destination: str) -> sqlite3.Row:
    row: sqlite3.Row | None = dienst.database.execute(
        "SELECT * FROM destinations WHERE destination_id = ?", (destination,)
    ).fetchone()
    if row is None:
        raise not_found("destination")
    return row


def _owned(dienst: Zustelldienst, call: Call) -> tuple[sqlite3.Row, Client]:
    client = role_of(dienst, call, SUBSCRIBER)
    row = _row(dienst, call.names["destination"])
    if row["owner"] != client.client_id:
        raise forbidden("The destination belongs to others.")
    return row, client


def _shown(row: sqlite3.Row, version: str) -> dict[str, object]:
    body = json.loads(row["body"])
    services = body.pop("services", [])
    shown: dict[str, object] = {
        "destinationId": row["destination_id"],
        "status": row["status"],
        "encryptionKid": row["encryption_kid"],
        **body,
        "services" if version == "v1" else "publicServices": services,
    }
    if version == "v1" and row["callback"]:
        shown["callback"] = {"url": json.loads(row["callback"])["url"]}
    return shown


def _bad(detail: str) -> Refusal:
    return Refusal(422, "destination-invalid", "Invalid destination", detail)
