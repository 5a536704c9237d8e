"""The subscriber's desk: what lies there, a submission, its attachments."""

import json
from typing import Final

from adapters.fitconnect.sandbox.calls import Answer, Call, json_answer
from adapters.fitconnect.sandbox.database import State
from adapters.fitconnect.sandbox.event_log import tags_of
from adapters.fitconnect.sandbox.oauth import SUBSCRIBER, forbidden, role_of
from adapters.fitconnect.sandbox.parties import (
    SUBMISSION,
    Parcel,
    is_linked,
    not_found,
    readable,
)
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_EVERYTHING: Final = 1_000_000
"""v1 without a limit: the PyPI client knows no pages."""
_WAITING: Final = """
    FROM parcels JOIN links USING (destination_id)
    WHERE kind = 'submission' AND state = :state AND client_id = :client
      AND (:destination = '' OR destination_id = :destination)
"""


async def list_submissions(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/submissions``: what was submitted and not answered yet."""
    client = role_of(dienst, call, SUBSCRIBER)
    wanted = call.first("destinationId")
    if wanted and not is_linked(dienst, client, wanted):
        raise forbidden("The client is not linked to the destination.")
    offset, limit = (
        call.page(default=_EVERYTHING) if call.version == "v1" else call.page()
    )
    asked: dict[str, object] = {
        "state": State.SUBMITTED.value,
        "client": client.client_id,
        "destination": wanted,
    }
    order = "DESC" if dienst.switches.list_order == "reversed" else "ASC"
    rows = dienst.database.execute(
        "SELECT destination_id AS destinationId, parcel_id AS submissionId,"
        f" case_id AS caseId {_WAITING}"
        f" ORDER BY number {order} LIMIT :limit OFFSET :offset",
        {**asked, "limit": limit, "offset": offset},
    ).fetchall()
    (total,) = dienst.database.execute(
        f"SELECT count(*) {_WAITING}",
        asked,
    ).fetchone()
    found = [dict(row) for row in rows]
    if dienst.switches.list_twice:
        found += found
    return json_answer(
        {
            "offset": offset,
            "count": len(found),
            "totalCount": total,
            "submissions": found,
        }
    )


async def read_submission(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/submissions/{parcel}``."""
    parcel = readable(dienst, call, SUBMISSION)
    service = json.loads(parcel.service)
    name = "serviceType" if call.version == "v1" else "publicService"
    region = service.pop("region", None)
    shown = {
        "submissionId": parcel.parcel_id,
        "caseId": parcel.case_id,
        "destinationId": parcel.destination_id,
        name: service,
        **({"region": region} if region and call.version != "v1" else {}),
        **documents(dienst, parcel),
    }
    return json_answer(shown)


def documents(dienst: Zustelldienst, parcel: Parcel) -> dict[str, object]:
    """Metadata, data and ids of attachments."""
    tags = tags_of(parcel)
    attachments = tags["attachments"]
    shown: dict[str, object] = {
        "attachments": list(attachments) if isinstance(attachments, dict) else []
    }
    for part, name in (("metadata", "encryptedMetadata"), ("data", "encryptedData")):
        if part in tags:
            shown[name] = dienst.shelf.read(parcel.parcel_id, part, str(tags[part]))
    return shown


async def read_attachment(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/submissions/{parcel}/attachments/{attachment}``."""
    return attachment_of(dienst, call, readable(dienst, call, SUBMISSION))


def attachment_of(dienst: Zustelldienst, call: Call, parcel: Parcel) -> Answer:
    """The file, sent in pieces. Raises Refusal."""
    row = dienst.database.execute(
        "SELECT * FROM attachments WHERE parcel_id = ? AND attachment_id = ?",
        (parcel.parcel_id, call.names["attachment"]),
    ).fetchone()
    if row is None:
        raise not_found("attachment")
    path = dienst.shelf.path(parcel.parcel_id, row["attachment_id"], row["tag"])
    return Answer(file=path, media_type="application/jose")
