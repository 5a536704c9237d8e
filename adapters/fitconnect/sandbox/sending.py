"""The sender's desk: attach and submit. Replies pass over it as well."""

import asyncio
import json
from dataclasses import replace
from typing import Final

from adapters.fitconnect.sandbox.calls import (
    Answer,
    Call,
    Refusal,
    json_answer,
    too_large,
)
from adapters.fitconnect.sandbox.courier import tell_readers
from adapters.fitconnect.sandbox.database import State, transaction
from adapters.fitconnect.sandbox.event_log import sign_event, write_event
from adapters.fitconnect.sandbox.parties import (
    REPLY,
    SUBMISSION,
    Parcel,
    authored,
    not_found,
)
from adapters.fitconnect.sandbox.sealed import Sealed, look_at
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_IN_A_THREAD: Final = 256 * 1024
"""Longer documents are looked at beside the loop."""


async def attach(dienst: Zustelldienst, call: Call) -> Answer:
    """``PUT /{version}/submissions/{parcel}/attachments/{attachment}``."""
    return await take_attachment(dienst, call, authored(dienst, call, SUBMISSION))


async def take_attachment(dienst: Zustelldienst, call: Call, parcel: Parcel) -> Answer:
    """Onto the shelf, in pieces."""
    call.must_be("application/jose")
    _check_open(parcel)
    known = dienst.database.execute(
        "SELECT * FROM attachments WHERE parcel_id = ? AND attachment_id = ?",
        (parcel.parcel_id, call.names["attachment"]),
    ).fetchone()
    if known is None:
        raise not_found("attachment")
    limit = dienst.switches.max_attachment_bytes
    if int(call.headers.get("content-length", "0")) > limit:
        raise too_large()
    one = known["attachment_id"]
    sealed = await dienst.shelf.take(parcel.parcel_id, one, call.chunks, limit=limit)
    try:
        check_sealed(dienst, parcel, sealed, document=False)
        _write_attached(dienst, parcel, one, sealed)
    except Refusal:
        if sealed.tag != known["tag"]:
            dienst.shelf.drop(parcel.parcel_id, one, sealed.tag)
        raise
    if known["tag"] not in {"", sealed.tag}:
        dienst.shelf.drop(parcel.parcel_id, one, known["tag"])
    return Answer(status=204)


async def submit(dienst: Zustelldienst, call: Call) -> Answer:
    """``PUT /{version}/submissions/{parcel}``."""
    parcel = authored(dienst, call, SUBMISSION)
    await take_documents(dienst, call, parcel, data_needed=call.version != "v1")
    shown = {
        "submissionId": parcel.parcel_id,
        "caseId": parcel.case_id,
        "destinationId": parcel.destination_id,
    }
    return json_answer(shown)


async def take_documents(
    dienst: Zustelldienst, call: Call, parcel: Parcel, *, data_needed: bool
) -> None:
    """Metadata and data; with them it is complete."""
    body = await call.read_object(dienst.switches.max_document_bytes)
    # That a second one is refused is an assumption.
    _check_open(parcel)
    tags: dict[str, object] = {}
    for part, name in (("metadata", "encryptedMetadata"), ("data", "encryptedData")):
        token = body.get(name)
        if token is None and part == "data" and not data_needed:
            continue
        if not isinstance(token, str):
            raise Refusal(400, "bad-request", detail=f"{name} is missing.")
        sealed = (
            await asyncio.to_thread(look_at, token)
            if len(token) > _IN_A_THREAD
            else look_at(token)
        )
        check_sealed(dienst, parcel, sealed, document=True, version=call.version)
        dienst.shelf.put(parcel.parcel_id, part, sealed.tag, token)
        tags[part] = sealed.tag
    tags["attachments"] = _attached(dienst, parcel)
    event = await sign_event(dienst, parcel, "submit", {"authenticationTags": tags})
    with transaction(dienst.database):
        number = write_event(dienst, event)
        done = dienst.database.execute(
            "UPDATE parcels SET state = ?, tags = ?, number = ?, since = ?"
            " WHERE parcel_id = ? AND state = ?",
            (
                *(State.SUBMITTED.value, json.dumps(tags), number, dienst.clock.now()),
                *(parcel.parcel_id, State.ANNOUNCED.value),
            ),
        )
        if not done.rowcount:
            raise _submitted()
        tell_readers(dienst, replace(parcel, state=State.SUBMITTED))


def check_sealed(
    dienst: Zustelldienst,
    parcel: Parcel,
    sealed: Sealed,
    *,
    document: bool,
    version: str = "",
) -> None:
    """Raises Refusal."""
    sealed.check(
        version=version or parcel.version,
        document=document,
        allow_zip=not dienst.switches.zip_refused,
    )
    if dienst.switches.kid_enforced and parcel.kind != REPLY:
        known = dienst.database.execute(
            "SELECT 1 FROM keys WHERE destination_id = ? AND kid = ?",
            (parcel.destination_id, sealed.header["kid"]),
        ).fetchone()
        if known is None:
            raise Refusal(422, "invalid-jwe-header", "Invalid JWE Header 'kid'")


def _write_attached(
    dienst: Zustelldienst, parcel: Parcel, attachment: str, sealed: Sealed
) -> None:
    with transaction(dienst.database):
        dienst.database.execute(
            "UPDATE attachments SET tag = ?, size = ?"
            " WHERE parcel_id = ? AND attachment_id = ?",
            (sealed.tag, sealed.size, parcel.parcel_id, attachment),
        )
        total, state = dienst.database.execute(
            "SELECT (SELECT sum(size) FROM attachments WHERE parcel_id = :one), state"
            " FROM parcels WHERE parcel_id = :one",
            {"one": parcel.parcel_id},
        ).fetchone()
        if total > dienst.switches.max_sum_bytes:
            raise too_large()
        if state != State.ANNOUNCED.value:
            raise _submitted()


def _attached(dienst: Zustelldienst, parcel: Parcel) -> dict[str, str]:
    """Tags of attachments, of which none may be missing. Raises Refusal."""
    rows = dienst.database.execute(
        "SELECT * FROM attachments WHERE parcel_id = ? ORDER BY place",
        (parcel.parcel_id,),
    ).fetchall()
    tags = {row["attachment_id"]: row["tag"] for row in rows}
    if not all(tags.values()):
        raise Refusal(
            422, "attachments-missing", detail="Announced attachments are missing."
        )
    return tags


def _check_open(parcel: Parcel) -> None:
    match parcel.state:
        case State.ANNOUNCED:
            return
        case State.DELETED:
            raise not_found(parcel.kind)
        case _:
            raise _submitted()


def _submitted() -> Refusal:
    return Refusal(409, "already-submitted", detail="It was submitted before.")
