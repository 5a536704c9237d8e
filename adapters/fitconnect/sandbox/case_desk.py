"""Cases of a sender; what the real answers hold is not known."""

import sqlite3

from adapters.fitconnect.sandbox.calls import Answer, Call, json_answer
from adapters.fitconnect.sandbox.oauth import client_of
from adapters.fitconnect.sandbox.parties import check_sees_case
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst


async def list_cases(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/cases``: those that the caller opened."""
    client = client_of(dienst, call)
    offset, limit = call.page()
    rows = dienst.database.execute(
        "SELECT * FROM cases WHERE sender = ? ORDER BY rowid", (client.client_id,)
    ).fetchall()
    page = [_shown(dienst, row) for row in rows[offset : offset + limit]]
    shown = {"offset": offset, "count": len(page), "totalCount": len(rows)}
    return json_answer({**shown, "cases": page})


async def read_case(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/cases/{case}``."""
    client = client_of(dienst, call)
    check_sees_case(dienst, client, call.names["case"])
    row = dienst.database.execute(
        "SELECT * FROM cases WHERE case_id = ?", (call.names["case"],)
    ).fetchone()
    return json_answer(_shown(dienst, row))


def _shown(dienst: Zustelldienst, row: sqlite3.Row) -> dict[str, object]:
    rows = dienst.database.execute(
        "SELECT parcel_id FROM parcels WHERE case_id = ? AND kind = 'submission'"
        " ORDER BY rowid",
        (row["case_id"],),
    )
    return {
        "caseId": row["case_id"],
        "destinationId": row["destination_id"],
        "submissions": [one["parcel_id"] for one in rows],
    }
