"""The sender's first step: announcing what will come."""

import json
import re
import uuid
from typing import Final

from adapters.fitconnect.sandbox.calls import (
    Answer,
    Call,
    Refusal,
    json_answer,
    too_large,
)
from adapters.fitconnect.sandbox.database import State, transaction
from adapters.fitconnect.sandbox.event_log import sign_event, write_event
from adapters.fitconnect.sandbox.oauth import SENDER, forbidden, role_of
from adapters.fitconnect.sandbox.parties import SUBMISSION, Parcel, not_found
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_ANNOUNCEMENT_BYTES: Final = 256 * 1024
_SERVICE: Final = re.compile(
    r"urn:[a-z0-9][a-z0-9-]{0,31}:[a-z0-9()+,.:=@;$_!*'%/?#-]+", re.IGNORECASE
)
_SERVICE_LENGTHS: Final = range(7, 256)
_UUID_VERSION: Final = 4


async def announce(dienst: Zustelldienst, call: Call) -> Answer:
    """``POST /{version}/submissions``."""
    client = role_of(dienst, call, SENDER)
    body = await call.read_object(_ANNOUNCEMENT_BYTES)
    service = _service(call, body)
    attachments = announced_ids(dienst, body)
    destination = _active_destination(dienst, body.get("destinationId"))
    case_id = _case(dienst, client.client_id, destination, body.get("caseId"))
    parcel = Parcel(
        parcel_id=str(uuid.uuid4()),
        kind=SUBMISSION,
        case_id=case_id or str(uuid.uuid4()),
        destination_id=destination,
        author=client.client_id,
        reader="",
        version=call.version,
        state=State.ANNOUNCED,
        service=json.dumps(service),
        callback=_callback(body),
        tags="",
        number=0,
        since=dienst.clock.now(),
    )
    await write_announced(dienst, parcel, attachments, new_case=not case_id)
    shown = {
        "submissionId": parcel.parcel_id,
        "caseId": parcel.case_id,
        "destinationId": destination,
        "announcedAttachments": attachments,
    }
    return json_answer(shown, 201)


async def write_announced(
    dienst: Zustelldienst, parcel: Parcel, attachments: list[str], *, new_case: bool
) -> None:
    """Into the books, with its first event."""
    event = await sign_event(dienst, parcel, "create")
    database = dienst.database
    with transaction(database):
        if new_case:
            database.execute(
                "INSERT INTO cases VALUES (?, ?, ?)",
                (parcel.case_id, parcel.author, parcel.destination_id),
            )
        database.execute(
            "INSERT INTO parcels VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(parcel.parcel_id, parcel.kind, parcel.case_id),
                *(parcel.destination_id, parcel.author, parcel.reader, parcel.version),
                *(parcel.state.value, parcel.service, parcel.callback),
                *(parcel.tags, parcel.number, parcel.since),
            ),
        )
        for place, one in enumerate(attachments):
            done = database.execute(
                "INSERT OR IGNORE INTO attachments (parcel_id, attachment_id, place)"
                " VALUES (?, ?, ?)",
                (parcel.parcel_id, one, place),
            )
            if not done.rowcount:
                raise Refusal(422, "attachment-id-used", detail="Used before.")
        write_event(dienst, event)


def announced_ids(dienst: Zustelldienst, body: dict[str, object]) -> list[str]:
    """Ids that the sender gives to attachments. Raises Refusal."""
    given = body.get("announcedAttachments", [])
    if not isinstance(given, list):
        raise _bad("announcedAttachments is a list.")
    if len(given) > dienst.switches.max_attachments:
        raise too_large()
    if not all(isinstance(one, str) and is_uuid4(one) for one in given):
        raise _bad("Ids of attachments are UUIDs of version 4.")
    if len(set(given)) != len(given):
        raise _bad("Ids of attachments are unique.")
    return given


def is_uuid4(text: str) -> bool:
    """In the one way in which ids are written."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return False
    return str(found) == text.lower() and found.version == _UUID_VERSION


def _service(call: Call, body: dict[str, object]) -> dict[str, object]:
    """``serviceType`` until v1, ``publicService`` since v2."""
    name = "serviceType" if call.version == "v1" else "publicService"
    service = body.get(name)
    identifier = service.get("identifier") if isinstance(service, dict) else None
    if (
        not isinstance(service, dict)
        or not isinstance(identifier, str)
        or len(identifier) not in _SERVICE_LENGTHS
        or _SERVICE.fullmatch(identifier) is None
    ):
        raise _bad(f"{name} names a service by its URN.")
    region = body.get("region")
    return {"name": "", **service, **({"region": region} if region else {})}


def _active_destination(dienst: Zustelldienst, given: object) -> str:
    row = dienst.database.execute(
        "SELECT * FROM destinations WHERE destination_id = ?", (str(given),)
    ).fetchone()
    if row is None:
        raise not_found("destination")
    if row["status"] != "active":
        raise Refusal(
            422, "destination-state-invalid", "Destination state is not active"
        )
    found: str = row["destination_id"]
    return found


def _case(dienst: Zustelldienst, client: str, destination: str, given: object) -> str:
    """The case that is gone on with; "" = a new one."""
    if given is None:
        return ""
    row = dienst.database.execute(
        "SELECT * FROM cases WHERE case_id = ?", (str(given),)
    ).fetchone()
    if row is None:
        raise not_found("case")
    if row["sender"] != client or row["destination_id"] != destination:
        raise forbidden("The case is between others.")
    return str(given)


def _callback(body: dict[str, object]) -> str:
    """Where the sender wants to hear of events; the member's name is from memory."""
    given = body.get("callback")
    if given is None:
        return ""
    if not isinstance(given, dict) or not {"url", "secret"} <= given.keys():
        raise _bad("A callback has url and secret.")
    return json.dumps({"url": str(given["url"]), "secret": str(given["secret"])})


def _bad(detail: str) -> Refusal:
    return Refusal(400, "bad-request", detail=detail)
