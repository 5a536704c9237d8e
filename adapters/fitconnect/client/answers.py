"""What an answer of FIT-Connect's interfaces says, or the lack of one.

status                       failure
---------------------------  ---------------------------------------------------
2xx                          none
401                          LoginRefused (once the token has been renewed)
403                          NotLinked
404 410                      NotThere and below it, by the problem's type
409                          Conflicting
413                          TooLarge
408 421 423 425 429 503 507  Busy
400 405 406 411 412 414      RequestWrong; "destination-state-invalid" is
  415 416 417 428 431          DestinationInactive whatever the status
other 4xx, 422 among them    FitRefused; "Payload Schema not supported" is
                               PayloadSchemaRefused
5xx                          ServerError
anything else, and 4xx as    StrangeAnswer: some gateway's word
  a web page
"""

import json
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from adapters.fitconnect.client.failures import (
    ApiFailure,
    ApiProblem,
    BrokenOff,
    Busy,
    Conflicting,
    DestinationInactive,
    DestinationNotThere,
    FitRefused,
    KeyNotThere,
    LoginRefused,
    NoAnswerInTime,
    NotLinked,
    NotThere,
    PayloadSchemaRefused,
    RequestWrong,
    ServerError,
    StrangeAnswer,
    SubmissionNotThere,
    TooLarge,
    Unreachable,
)
from schemas.limits import MAX_JSON_DEPTH

_BY_STATUS: Final[dict[int, type[ApiFailure]]] = {
    401: LoginRefused,
    403: NotLinked,
    404: NotThere,
    409: Conflicting,
    410: NotThere,
    413: TooLarge,
    **dict.fromkeys((408, 421, 423, 425, 429, 503, 507), Busy),
    **dict.fromkeys(
        (400, 405, 406, 411, 412, 414, 415, 416, 417, 428, 431), RequestWrong
    ),
}
_NOT_THERE: Final[dict[str, type[NotThere]]] = {
    "submission-not-found": SubmissionNotThere,
    "destination-not-found": DestinationNotThere,
    "key-not-found": KeyNotThere,
}
_INACTIVE: Final = "destination-state-invalid"
_OLD_SCHEMA: Final = "payload schema not supported"
_MAX_TEXT: Final = 300


class NoJson(ValueError):
    """Bytes that are no JSON, or nested too deeply."""


def parse_json(body: bytes) -> object:
    """The value. Raises NoJson."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoJson from error
    if _is_deep(value):
        raise NoJson
    return value


def failure_of(
    status: int, headers: httpx.Headers, body: bytes, *, retry_after: float = 0.0
) -> ApiFailure | None:
    """The table above; None for a success."""
    if httpx.codes.is_success(status):
        return None
    problem = problem_of(status, body)
    kind = _kind_of(problem)
    is_page = "html" in headers.get("content-type", "").lower()
    if is_page and not issubclass(kind, ServerError | Busy):
        # A firewall that dislikes something must not make a citizen correct it.
        kind = StrangeAnswer
    return kind(f"(status {status})", problem=problem, retry_after=retry_after)


def problem_of(status: int, body: bytes) -> ApiProblem:
    """What the answer's body says of itself, cut; nothing where it is no problem."""
    try:
        value = parse_json(body)
    except NoJson:
        return ApiProblem(status=status)
    found = value if isinstance(value, dict) else {}
    return ApiProblem(
        status=status, type=_text(found, "type"), title=_text(found, "title")
    )


def broken_off(error: Exception) -> ApiFailure:
    """What an exception of the network or of httpx means."""
    match error:
        case TimeoutError():
            return NoAnswerInTime()
        case httpx.ConnectTimeout():
            return Unreachable("(timeout)", sent=False)
        case httpx.ConnectError() | httpx.ProxyError():
            return Unreachable(_why(error), sent=False)
        case httpx.PoolTimeout():
            return Busy(sent=False)
        case httpx.TimeoutException():
            return NoAnswerInTime()
        case (
            httpx.LocalProtocolError()
            | httpx.UnsupportedProtocol()
            | httpx.InvalidURL()
        ):
            return RequestWrong(sent=False)
        case _:
            return BrokenOff()


def _kind_of(problem: ApiProblem) -> type[ApiFailure]:
    status = problem.status
    if problem.name == _INACTIVE:
        return DestinationInactive
    if _OLD_SCHEMA in problem.title.lower():
        return PayloadSchemaRefused
    kind = _BY_STATUS.get(status)
    if kind is NotThere:
        return _NOT_THERE.get(problem.name, NotThere)
    if kind is not None:
        return kind
    match status // 100:
        case 4:
            return FitRefused
        case 5:
            return ServerError
        case _:
            return StrangeAnswer


def _text(found: dict[object, object], name: str) -> str:
    value = found.get(name)
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_JSON_DEPTH + 1):
        level = [
            one
            for holder in level
            for one in _inside(holder)
            if isinstance(one, (dict, list))
        ]
        if not level:
            return False
    return True


def _inside(holder: object) -> list[object]:
    if isinstance(holder, dict):
        return list(holder.values())
    return holder if isinstance(holder, list) else []


def _why(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return "(TLS)"
        if isinstance(cause, socket.gaierror):
            return "(DNS)"
    return "(refused)"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend(
            e for e in (current.__cause__, current.__context__) if e is not None
        )
