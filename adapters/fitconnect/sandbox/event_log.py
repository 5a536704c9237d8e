"""The event log: events of the Zustelldienst are signed here, all are read here."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Final

from adapters.fitconnect.sandbox.calls import Answer, Call, json_answer
from adapters.fitconnect.sandbox.forging import forge
from adapters.fitconnect.sandbox.oauth import client_of
from adapters.fitconnect.sandbox.parties import (
    SUBMISSION,
    Parcel,
    check_sees_case,
    find_parcel,
)
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

EVENTS: Final = "https://schema.fitko.de/fit-connect/events/"
TOKEN_TYPE: Final = "secevent+jwt"  # noqa: S105 - a media type
_SCHEMA: Final = (
    "https://schema.fitko.de/fit-connect/set-payload/{}/set-payload.schema.json"
)
_SCHEMA_VERSIONS: Final = {"v1": "1.0.1", "v2": "1.2.2"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event with its token, not yet in the books."""

    jti: str
    case_id: str
    subject: str
    kind: str
    token: str


async def sign_event(
    dienst: Zustelldienst,
    parcel: Parcel,
    verb: str,
    payload: dict[str, object] | None = None,
) -> Event:
    """An event of the Zustelldienst's own, such as ``submit`` of a submission."""
    jti = str(uuid.uuid4())
    kind = f"{verb}-{parcel.kind}"
    claims: dict[str, object] = {
        "$schema": _SCHEMA.format(_SCHEMA_VERSIONS[parcel.version]),
        "iss": dienst.base_url,
        "iat": dienst.clock.stamp(),
        "jti": jti,
        "sub": parcel.subject,
        "txn": f"case:{parcel.case_id}",
        "events": {EVENTS + kind: payload or {}},
    }
    keys = (dienst.key, dienst.portal_key)
    token = await asyncio.to_thread(
        forge, dienst.switches.forge, keys, claims, typ=TOKEN_TYPE
    )
    return Event(
        jti=jti,
        case_id=parcel.case_id,
        subject=parcel.subject,
        kind=kind,
        token=token,
    )


def write_event(dienst: Zustelldienst, event: Event) -> int:
    """Into the books, inside the caller's transaction; its number."""
    written = dienst.database.execute(
        "INSERT INTO events (jti, case_id, subject, kind, token, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(event.jti, event.case_id, event.subject, event.kind, event.token),
            dienst.clock.now(),
        ),
    )
    return written.lastrowid or 0


async def case_events(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/cases/{case}/events``."""
    client = client_of(dienst, call)
    check_sees_case(dienst, client, call.names["case"])
    return _page(dienst, call, "case_id", call.names["case"])


async def submission_events(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/submissions/{parcel}/events``."""
    return parcel_events(dienst, call, SUBMISSION)


def parcel_events(dienst: Zustelldienst, call: Call, kind: str) -> Answer:
    """Events of one submission or reply."""
    client = client_of(dienst, call)
    parcel = find_parcel(dienst, kind, call.names["parcel"])
    check_sees_case(dienst, client, parcel.case_id)
    return _page(dienst, call, "subject", parcel.subject)


def _page(dienst: Zustelldienst, call: Call, column: str, value: str) -> Answer:
    offset, limit = call.page()
    order = "DESC" if dienst.switches.events_order == "reversed" else "ASC"
    # The column is one of two words of ours.
    where = f"FROM events WHERE {column} = ?"
    rows = dienst.database.execute(
        f"SELECT token {where} ORDER BY number {order} LIMIT ? OFFSET ?",
        (value, limit, offset),
    ).fetchall()
    (total,) = dienst.database.execute(f"SELECT count(*) {where}", (value,)).fetchone()
    return json_answer(
        {
            "offset": offset,
            "count": len(rows),
            "totalCount": total,
            "eventLog": [row["token"] for row in rows],
        }
    )


def tags_of(parcel: Parcel) -> dict[str, object]:
    """Authentication tags of what was submitted."""
    tags: dict[str, object] = json.loads(parcel.tags)
    return tags
