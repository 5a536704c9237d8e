"""Handing in, asking how it stands, and reconciliation."""

import asyncio
import json
import re
from datetime import date
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.door import Door
from api.exchange import exchange_of
from api.intake.body import Body
from api.intake.headers import Envelope, Headers, collect_headers, read_envelope
from api.intake.receiving import take_submission
from api.intake.waiting import wait_for_check
from api.problems import json_response, problem_response
from api.refusals import CaseRefused, DayMalformed, NotYet
from api.routes import description
from api.standing import (
    SUBMISSIONS,
    Json,
    address_of,
    count_of,
    problems_of,
    receipt_of,
    standing_of,
    status_of,
)
from api.tokens import authenticate
from schemas.cases import Accepted, Case, Repeated
from schemas.ids import parse_tracking_id
from schemas.states import Received, Refused
from storage.ports import SenderDay, SenderToken

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def submission_routes(door: Door) -> APIRouter:
    """The resource, on these ports."""
    router = APIRouter(prefix=SUBMISSIONS, tags=["submissions"])

    @router.post("", **description.SUBMIT)
    async def submit(request: Request) -> Response:
        headers = collect_headers(request.scope["headers"])
        token = await _sender(door, request, headers)
        envelope = read_envelope(
            headers, request.query_params.getlist("service"), door.limits
        )
        body = Body(request.receive, door.limits, declared=envelope.declared)
        reception = await take_submission(door, token, envelope, body)
        exchange_of(request).case = reception.case.number
        return await _answer(door, request, envelope, reception)

    @router.get("", **description.DAY)
    async def reconcile(request: Request) -> Response:
        token = await _sender(door, request)
        day = _day(request.query_params.getlist("day"))
        taken = await door.cases.day_of_sender(token.tenant, token.sender, day)
        # A long list is work for a thread.
        body = await asyncio.to_thread(_list_of, taken)
        return Response(body, media_type="application/json")

    @router.get("/{tracking_id}", **description.STANDING)
    async def standing(request: Request, tracking_id: str) -> Response:
        token = await _sender(door, request)
        tracking = parse_tracking_id(tracking_id)
        case = await door.cases.of_sender(token.tenant, token.sender, tracking)
        return json_response(standing_of(case))

    @router.post("/{tracking_id}/corrections", **description.LATER)
    async def correct(request: Request, tracking_id: str) -> Response:
        await _sender(door, request)
        parse_tracking_id(tracking_id)
        raise NotYet("Corrections under an existing Tracking-ID.")

    @router.post("/{tracking_id}/approvals", **description.LATER)
    async def approve(request: Request, tracking_id: str) -> Response:
        await _sender(door, request)
        parse_tracking_id(tracking_id)
        raise NotYet("Approvals by a second person.")

    return router


async def _sender(
    door: Door, request: Request, headers: Headers | None = None
) -> SenderToken:
    if headers is None:
        headers = collect_headers(request.scope["headers"])
    token = await authenticate(headers, door.tokens)
    exchange_of(request).sender = token.sender
    return token


async def _answer(
    door: Door, request: Request, envelope: Envelope, reception: Accepted | Repeated
) -> Response:
    case, status = reception.case, status_of(Received())
    headers = {"Location": address_of(case.tracking_id)}
    if isinstance(reception, Repeated):
        headers["Idempotency-Replayed"] = "true"
    if envelope.wait is not None:
        headers["Preference-Applied"] = f"wait={envelope.wait}"
        case = await wait_for_check(door, case, envelope.wait)
        if isinstance(case.state, Refused):
            return _refusal(request, case, case.state, headers)
        status = status_of(case.state)
    return json_response(receipt_of(case, status), status=202, headers=headers)


def _refusal(
    request: Request, case: Case, refused: Refused, headers: dict[str, str]
) -> Response:
    more = receipt_of(case, status_of(refused)) | {"problems": problems_of(refused)}
    del more["status"]  # In a problem document it is the HTTP status.
    response = problem_response(CaseRefused(), exchange_of(request), more)
    response.headers.update(headers)
    return response


def _day(values: list[str]) -> date:
    if len(values) != 1 or not _DAY.fullmatch(values[0]):
        raise DayMalformed
    try:
        return date.fromisoformat(values[0])
    except ValueError:
        raise DayMalformed from None


def _list_of(taken: SenderDay) -> bytes:
    cases: list[Json] = [
        {
            "case_number": case.number,
            "tracking_id": case.tracking_id,
            "service": case.service,
            "status": status_of(case.state),
            "received_at": case.received_at.isoformat(),
        }
        for case in taken.cases
    ]
    document: dict[str, Json] = {
        "day": taken.day.isoformat(),
        "taken": taken.taken,
        "by_status": count_of(taken.cases),
        "submissions": cases,
    }
    return json.dumps(document, ensure_ascii=False).encode()
