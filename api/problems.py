"""Errors as problem documents (RFC 9457), the same shape for every one."""

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.exchange import Exchange, exchange_of
from api.refusals import (
    NO_HEADERS,
    DoorRefusal,
    MethodRefused,
    NoSuchAddress,
    ParameterWrong,
    RequestRefused,
)
from api.standing import Json
from schemas.errors import (
    DatabaseAway,
    EngineError,
    MalformedTrackingId,
    StorageFull,
    UnknownCase,
)

PROBLEM_JSON: Final = "application/problem+json"
INTERNAL: Final = "E-INTERNAL"
_AGAIN: Final = "Send it again later under the same Idempotency-Key."
_log = structlog.get_logger("door")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """How an error that is not the door's own looks from outside."""

    status: int
    remedy: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


ANSWERS: Final[Mapping[type[EngineError], _Answer]] = {
    MalformedTrackingId: _Answer(status=400),
    UnknownCase: _Answer(status=404),
    StorageFull: _Answer(status=507, remedy=_AGAIN),
    DatabaseAway: _Answer(status=503, remedy=_AGAIN, headers={"Retry-After": "10"}),
}
"""Every other error of ours is E-INTERNAL outside; its code is in the log."""


def problem_response(
    error: EngineError, exchange: Exchange, more: Mapping[str, Json] = NO_HEADERS
) -> Response:
    """The problem document of an error, or of an incident where it is ours."""
    if isinstance(error, DoorRefusal):
        answer = _Answer(status=error.status, headers=error.headers)
    elif type(error) in ANSWERS:
        answer = ANSWERS[type(error)]
    else:
        return incident_response(error, exchange)
    exchange.code = error.code
    document: dict[str, Json] = {
        "type": f"urn:amtsweg:problem:{error.code}",
        "title": error.sentence,
        "status": answer.status,
        "detail": error.detail or error.sentence,
        "instance": f"urn:amtsweg:request:{exchange.id}",
        "code": error.code,
        "next": answer.remedy or error.remedy,
    }
    return json_response(
        document | dict(more),
        status=answer.status,
        headers=answer.headers,
        media_type=PROBLEM_JSON,
    )


def incident_response(error: Exception, exchange: Exchange) -> Response:
    """An answer that tells nothing; the log has the same number and the place.

    The log names types and places only: messages of foreign errors quote values.
    """
    exchange.code = INTERNAL
    _log.error(
        "incident",
        incident=exchange.id,
        error=type(error).__name__,
        cause=error.code if isinstance(error, EngineError) else "",
        places=_places(error),
    )
    return json_response(
        {
            "type": f"urn:amtsweg:problem:{INTERNAL}",
            "title": "Something failed inside Amtsweg.",
            "status": 500,
            "detail": "The fault is ours; the log has it under the incident.",
            "instance": f"urn:amtsweg:request:{exchange.id}",
            "code": INTERNAL,
            "next": f"{_AGAIN} Tell the administrator the incident.",
            "incident": exchange.id,
        },
        status=500,
        media_type=PROBLEM_JSON,
    )


def json_response(
    document: Mapping[str, Json],
    *,
    status: int = 200,
    headers: Mapping[str, str] = NO_HEADERS,
    media_type: str = "application/json",
) -> Response:
    """A JSON answer without detours."""
    return Response(
        json.dumps(document, ensure_ascii=False).encode(),
        status_code=status,
        headers=dict(headers),
        media_type=media_type,
    )


def install_problems(app: FastAPI) -> None:
    """Let every error, the framework's too, end as a problem document."""
    app.add_exception_handler(EngineError, _engine_error)
    app.add_exception_handler(HTTPException, _framework_error)
    app.add_exception_handler(RequestValidationError, _parameter_error)


async def _engine_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, EngineError):
        raise error
    return problem_response(error, exchange_of(request))


async def _framework_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    refusals = {404: NoSuchAddress, 405: MethodRefused}
    refusal = refusals.get(error.status_code, RequestRefused)()
    response = problem_response(refusal, exchange_of(request))
    response.headers.update(error.headers or {})
    return response


async def _parameter_error(request: Request, _: Exception) -> Response:
    # The framework's own list quotes the values.
    return problem_response(ParameterWrong(), exchange_of(request))


def _places(error: Exception) -> list[str]:
    return [
        f"{frame.f_code.co_filename}:{line}:{frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
