"""Replies within a case, behind a switch: their paths and bodies are from memory."""

import uuid
from dataclasses import replace
from typing import Final

from adapters.fitconnect.sandbox.announcing import announced_ids, write_announced
from adapters.fitconnect.sandbox.calls import Answer, Call, Refusal, json_answer
from adapters.fitconnect.sandbox.collecting import attachment_of, documents
from adapters.fitconnect.sandbox.courier import tell_sender
from adapters.fitconnect.sandbox.database import State, transaction
from adapters.fitconnect.sandbox.event_log import parcel_events, sign_event, write_event
from adapters.fitconnect.sandbox.event_log import tags_of as tags_of_parcel
from adapters.fitconnect.sandbox.oauth import SUBSCRIBER, client_of, role_of
from adapters.fitconnect.sandbox.parties import (
    REPLY,
    Parcel,
    authored,
    check_sees_case,
    not_found,
    readable,
)
from adapters.fitconnect.sandbox.posted_sets import are_problems
from adapters.fitconnect.sandbox.sending import take_attachment, take_documents
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_LARGEST: Final = 256 * 1024


async def announce_reply(dienst: Zustelldienst, call: Call) -> Answer:
    """``POST /{version}/replies``: a subscriber answers within a case."""
    _check_on(dienst)
    client = role_of(dienst, call, SUBSCRIBER)
    body = await call.read_object(_LARGEST)
    case_id = str(body.get("caseId"))
    check_sees_case(dienst, client, case_id)
    attachments = announced_ids(dienst, body)
    case = dienst.database.execute(
        "SELECT * FROM cases WHERE case_id = ?", (case_id,)
    ).fetchone()
    parcel = Parcel(
        parcel_id=str(uuid.uuid4()),
        kind=REPLY,
        case_id=case_id,
        destination_id=case["destination_id"],
        author=client.client_id,
        reader=case["sender"],
        version=call.version,
        state=State.ANNOUNCED,
        service="{}",
        callback="",
        tags="",
        number=0,
        since=dienst.clock.now(),
    )
    await write_announced(dienst, parcel, attachments, new_case=False)
    return json_answer({"replyId": parcel.parcel_id, "caseId": case_id}, 201)


async def attach(dienst: Zustelldienst, call: Call) -> Answer:
    """``PUT /{version}/replies/{parcel}/attachments/{attachment}``."""
    _check_on(dienst)
    return await take_attachment(dienst, call, authored(dienst, call, REPLY))


async def submit(dienst: Zustelldienst, call: Call) -> Answer:
    """``PUT /{version}/replies/{parcel}``."""
    _check_on(dienst)
    parcel = authored(dienst, call, REPLY)
    await take_documents(dienst, call, parcel, data_needed=True)
    return json_answer({"replyId": parcel.parcel_id, "caseId": parcel.case_id})


async def list_replies(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/replies``: those for the caller, not answered yet."""
    _check_on(dienst)
    client = client_of(dienst, call)
    offset, limit = call.page()
    rows = dienst.database.execute(
        "SELECT parcel_id AS replyId, case_id AS caseId,"
        " destination_id AS destinationId FROM parcels"
        " WHERE kind = ? AND state = ? AND reader = ? ORDER BY number",
        (REPLY, State.SUBMITTED.value, client.client_id),
    ).fetchall()
    page = [dict(row) for row in rows[offset : offset + limit]]
    shown = {"offset": offset, "count": len(page), "totalCount": len(rows)}
    return json_answer({**shown, "replies": page})


async def read_reply(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/replies/{parcel}``."""
    _check_on(dienst)
    parcel = readable(dienst, call, REPLY)
    names = {"replyId": parcel.parcel_id, "caseId": parcel.case_id}
    return json_answer({**names, **documents(dienst, parcel)})


async def read_attachment(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/replies/{parcel}/attachments/{attachment}``."""
    _check_on(dienst)
    return attachment_of(dienst, call, readable(dienst, call, REPLY))


async def accept(dienst: Zustelldienst, call: Call) -> Answer:
    """``PUT /{version}/replies/{parcel}/accept``."""
    _check_on(dienst)
    parcel = readable(dienst, call, REPLY)
    payload: dict[str, object] = {"authenticationTags": tags_of_parcel(parcel)}
    return await _answered(dienst, replace(parcel, state=State.ACCEPTED), payload)


async def reject(dienst: Zustelldienst, call: Call) -> Answer:
    """``PUT /{version}/replies/{parcel}/reject``."""
    _check_on(dienst)
    parcel = readable(dienst, call, REPLY)
    problems = (await call.read_object(_LARGEST)).get("problems")
    if not are_problems(problems):
        raise Refusal(400, "bad-request", detail="problems is a list of problems.")
    payload: dict[str, object] = {"problems": problems}
    return await _answered(dienst, replace(parcel, state=State.REJECTED), payload)


async def events(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/replies/{parcel}/events``."""
    _check_on(dienst)
    return parcel_events(dienst, call, REPLY)


async def _answered(
    dienst: Zustelldienst, parcel: Parcel, payload: dict[str, object]
) -> Answer:
    """Who signs these events is not known; here it is the Zustelldienst."""
    verb = "accept" if parcel.state is State.ACCEPTED else "reject"
    event = await sign_event(dienst, parcel, verb, payload)
    with transaction(dienst.database):
        done = dienst.database.execute(
            "UPDATE parcels SET state = ?, since = ? WHERE parcel_id = ? AND state = ?",
            (
                *(parcel.state.value, dienst.clock.now()),
                *(parcel.parcel_id, State.SUBMITTED.value),
            ),
        )
        if not done.rowcount:
            raise Refusal(409, "already-answered")
        write_event(dienst, event)
        tell_sender(dienst, parcel)
    return Answer(status=204)


def _check_on(dienst: Zustelldienst) -> None:
    if not dienst.switches.replies:
        raise not_found("path")
