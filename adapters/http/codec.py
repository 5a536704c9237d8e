"""What an answer, or the lack of one, says about a delivery.

The question is never "did it work?" but "can they have it?". *Failed* stands only
where they certainly do not; whoever repeats after *failed* risks no second copy.

status                     outcome   why
-------------------------  --------  -----------------------------------------------
2xx                        taken     unless it is a web page (a login page, say) or
                                     its body breaks off: then unknown
301 307 308                away !    not processed, the address is wrong
other 3xx                  unknown   303 may mean "done, look here"; never followed
401 403 407                away !    login refused
404 410                    away      nothing there that could have taken it
405 426 501 505 511        away !    nothing behind this address takes deliveries
408 421 423 425 429 503    away      said before anything was done
507                        away      they have no room
409                        see below
406 411 412 414 416 417    ours      the form of our request
  428 431
other 4xx                  sender    they looked at it and refused it; but as a web
                                     page it is some gateway's word: then away
500 502 504, other 5xx     unknown   it may have been stored before something broke;
                                     a gateway does not know either
anything else              unknown   no answer by the book

"!" = the whole destination: no case could pass now. 500, 502 and 504 stay unknown
where the counterpart is idempotent too: a repetition under the same id is then
harmless, and the rule that allows it (schemas/rules/attempts.py) looks at the
declared certainty. Said here, it would be a lie in the ledger, and a later *deliver
again* under a new generation would trust it.

409 means "I have this id already" or "I refuse this". Where a receipt can be
asked for, the counterpart is asked. Where not, an idempotent one has it already (the
id is the only thing that can be in conflict), any other refuses it.

Without an answer: nothing was sent -> away; the first byte of the body had left
-> unknown.
"""

import socket
import ssl
from collections.abc import Iterator
from enum import Enum
from typing import Final

import httpx

from schemas.errors import EngineError, FailureKind, SecretMissing
from schemas.outcomes import (
    AttemptOutcome,
    Certainty,
    DeliveryFailed,
    NoAnswer,
    OutcomeUnknown,
)

ADDRESS: Final = "E-HTTP-ADDRESS"
BROKEN: Final = "E-HTTP-BROKEN"
BUSY: Final = "E-HTTP-BUSY"
CANNOT_BE_ASKED: Final = "E-HTTP-CANNOT-BE-ASKED"
CONFLICT: Final = "E-HTTP-CONFLICT"
DNS: Final = "E-HTTP-DNS"
GATEWAY: Final = "E-HTTP-GATEWAY"
LOGIN: Final = "E-HTTP-LOGIN"
NO_ANSWER: Final = "E-HTTP-NO-ANSWER"
NO_CONNECTION: Final = "E-HTTP-NO-CONNECTION"
REDIRECT: Final = "E-HTTP-REDIRECT"
REFUSED: Final = "E-HTTP-REFUSED"
REJECTED: Final = "E-HTTP-REJECTED"
REQUEST: Final = "E-HTTP-REQUEST"
SERVER_ERROR: Final = "E-HTTP-SERVER-ERROR"
STRANGE: Final = "E-HTTP-STRANGE"
TIMEOUT: Final = "E-HTTP-TIMEOUT"
TLS: Final = "E-HTTP-TLS"

RENEWABLE: Final = frozenset({BROKEN, LOGIN, TLS})
"""Reading credentials and certificates again may help. A server that refuses a
certificate under TLS 1.3 often just resets the connection."""

_LOGIN = frozenset({401, 403, 407})
_MOVED = frozenset({301, 307, 308})
_NOT_THERE = frozenset({404, 410})
_NO_DOOR = frozenset({405, 426, 501, 505, 511})
_BUSY = frozenset({408, 421, 423, 425, 429, 503, 507})
_OUR_FORM = frozenset({406, 411, 412, 414, 416, 417, 428, 431})
_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE")


class Progress(Enum):
    """How far a request had come when it broke off."""

    NOT_CONNECTED = "not_connected"
    CONNECTED = "connected"
    SENDING = "sending"
    """The first byte of the body was given to the network."""


class Taken(Enum):
    """A status that is no refusal: what to look at next."""

    LOOK_AT_RECEIPT = "look_at_receipt"
    ASK = "ask"


def sort_status(
    status: int, *, certainty: Certainty, askable: bool, unsure: frozenset[int]
) -> AttemptOutcome | Taken:
    """The table above."""
    if status in unsure:
        return OutcomeUnknown(code=STRANGE)
    if httpx.codes.is_success(status):
        return Taken.LOOK_AT_RECEIPT
    if status == httpx.codes.CONFLICT:
        return _conflict(certainty, askable=askable)
    return _refusal(status)


def wants_receipt(status: int) -> bool:
    """Whether the body of this answer to a delivery is read at all."""
    return httpx.codes.is_success(status) or status == httpx.codes.CONFLICT


def broken_off(error: Exception, progress: Progress) -> DeliveryFailed | OutcomeUnknown:
    """What an exception of the network or the protocol means."""
    causes = tuple(_causes(error))
    if any(isinstance(cause, ssl.SSLError) and _is_alert(cause) for cause in causes):
        # TLS 1.3 tells of a refused client certificate after we began to send.
        return _away(TLS, whole=True)
    match error:
        case httpx.ConnectError() | httpx.ProxyError():
            return _away(_why_no_connection(causes), whole=True)
        case httpx.ConnectTimeout():
            return _away(NO_CONNECTION, whole=True)
        case httpx.PoolTimeout():
            return _away(BUSY)
        case _ if progress is Progress.SENDING:
            return OutcomeUnknown(code=BROKEN)
        case (
            httpx.LocalProtocolError()
            | httpx.UnsupportedProtocol()
            | httpx.InvalidURL()
        ):
            return DeliveryFailed(kind=FailureKind.OURS, code=REQUEST)
        case _:
            return _away(BROKEN)


def out_of_time(progress: Progress) -> DeliveryFailed | OutcomeUnknown:
    """What it means that the total deadline has passed."""
    match progress:
        case Progress.NOT_CONNECTED:
            return _away(NO_CONNECTION, whole=True)
        case Progress.CONNECTED:
            return _away(TIMEOUT)
        case Progress.SENDING:
            return OutcomeUnknown(code=NO_ANSWER)


def refused_by_page(verdict: AttemptOutcome) -> AttemptOutcome:
    """The verdict where the answer was a web page: no specialist system's.

    A firewall that dislikes a word, or a proxy that wants another certificate, must
    not make a citizen correct an application.
    """
    match verdict:
        case DeliveryFailed(kind=FailureKind.SENDER):
            return _away(GATEWAY)
        case _:
            return verdict


def our_failure(error: EngineError) -> DeliveryFailed:
    """A document could not be read: what left is shorter than announced, so void."""
    ours = error.kind is FailureKind.SENDER
    kind = FailureKind.OURS if ours else error.kind
    return DeliveryFailed(kind=kind, code=error.code)


def secret_missing(error: SecretMissing) -> DeliveryFailed:
    """We cannot say who we are: the administrator must act, and nothing is lost."""
    return _away(error.code, whole=True)


def sort_question(status: int) -> NoAnswer:
    """Neither "here it is" nor "there is none": why a question had no answer."""
    return NoAnswer(code=_refusal(status).code)


def _conflict(certainty: Certainty, *, askable: bool) -> AttemptOutcome | Taken:
    if askable:
        return Taken.ASK
    if certainty is Certainty.IDEMPOTENT:
        return Taken.LOOK_AT_RECEIPT
    return DeliveryFailed(kind=FailureKind.SENDER, code=CONFLICT)


def _refusal(status: int) -> DeliveryFailed | OutcomeUnknown:
    if status in _LOGIN:
        return _away(LOGIN, whole=True)
    if status in _MOVED or status in _NO_DOOR:
        return _away(ADDRESS, whole=True)
    if status in _NOT_THERE:
        return _away(ADDRESS)
    if status in _BUSY:
        return _away(BUSY)
    if status in _OUR_FORM:
        return DeliveryFailed(kind=FailureKind.OURS, code=REQUEST)
    match status // 100:
        case 3:
            return OutcomeUnknown(code=REDIRECT)
        case 4:
            return DeliveryFailed(kind=FailureKind.SENDER, code=REJECTED)
        case 5:
            return OutcomeUnknown(code=SERVER_ERROR)
        case _:
            return OutcomeUnknown(code=STRANGE)


def _away(code: str, *, whole: bool = False) -> DeliveryFailed:
    return DeliveryFailed(kind=FailureKind.AWAY, code=code, whole_destination=whole)


def _why_no_connection(causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return TLS
        if isinstance(cause, socket.gaierror):
            return DNS
    return REFUSED


def _is_alert(error: ssl.SSLError) -> bool:
    # Only errors that OpenSSL itself raised have a reason.
    reason = str(getattr(error, "reason", None) or "")
    return "ALERT" in reason and any(word in reason for word in _ALERTS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it; groups are opened."""
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
