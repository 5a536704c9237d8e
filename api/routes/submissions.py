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
from api.intake.headers import Envelope, collect_headers, read_envelope
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

_YEARS: Final = range(1970, 9999)
"""Nearer to the ends of the calendar, the bounds of a day would overflow."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def submission_routes(door: Door) -> APIRouter:
    """The resource, on these ports."""
    submissions = Submissions(door)
    router = APIRouter(prefix=SUBMISSIONS, tags=["submissions"])
    router.post("", **description.SUBMIT)(submissions.submit)
    router.get("", **description.DAY)(submissions.reconcile)
    router.get("/{tracking_id}", **description.STANDING)(submissions.standing)
    for path, route in (
        ("/{tracking_id}/corrections", submissions.correct),
        ("/{tracking_id}/approvals", submissions.approve),
    ):
        router.post(path, **description.LATER)(route)
    return router


class Submissions:
    """One method per route."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def submit(self, request: Request) -> Response:
        """Take one in; the body is not touched before the rest is in order."""
        headers = collect_headers(request.scope["headers"])
        token = await self._sender(request)
        envelope = read_envelope(
            headers, request.query_params.getlist("service"), self._door.limits
        )
        body = Body(request.receive, self._door.limits, declared=envelope.declared)
        reception = await take_submission(self._door, token, envelope, body)
        exchange_of(request).case = reception.case.number
        return await self._answer(request, envelope, reception)

    async def standing(self, request: Request, tracking_id: str) -> Response:
        """How one stands; another sender's is as unknown as none."""
        token = await self._sender(request)
        tracking = parse_tracking_id(tracking_id)
        case = await self._door.cases.of_sender(token.tenant, token.sender, tracking)
        return json_response(standing_of(case))

    async def reconcile(self, request: Request) -> Response:
        """What was taken on a day."""
        token = await self._sender(request)
        day = _day(request.query_params.getlist("day"))
        taken = await self._door.cases.day_of_sender(token.tenant, token.sender, day)
        # A long list is work for a thread.
        body = await asyncio.to_thread(_list_of, taken)
        return Response(body, media_type="application/json")

    async def correct(self, request: Request, tracking_id: str) -> Response:
        """Comes later."""
        await self._sender(request)
        parse_tracking_id(tracking_id)
        raise NotYet("Corrections under an existing Tracking-ID.")

    async def approve(self, request: Request, tracking_id: str) -> Response:
        """Comes later."""
        await self._sender(request)
        parse_tracking_id(tracking_id)
        raise NotYet("Approvals by a second person.")

    async def _sender(self, request: Request) -> SenderToken:
        headers = collect_headers(request.scope["headers"])
        token = await authenticate(headers, self._door.tokens)
        exchange_of(request).sender = token.sender
        return token

    async def _answer(
        self, request: Request, envelope: Envelope, reception: Accepted | Repeated
    ) -> Response:
        # The same answer to every repetition; where the case is by now, the
        # address in Location says.
        case, status = reception.case, status_of(Received())
        headers = {"Location": address_of(case.tracking_id)}
        if isinstance(reception, Repeated):
            headers["Idempotency-Replayed"] = "true"
        if envelope.wait is not None:
            headers["Preference-Applied"] = f"wait={envelope.wait}"
            case = await wait_for_check(self._door, case, envelope.wait)
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
        day = date.fromisoformat(values[0])
    except ValueError:
        raise DayMalformed from None
    if day.year not in _YEARS:
        raise DayMalformed
    return day


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
