"""One request and its answer: its number, who asked, what came of it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from schemas.ids import CaseNumber, SenderId

_PLACE = "amtsweg.exchange"


@dataclass(kw_only=True, slots=True)
class Exchange:
    """What the log may know; filled in while the request is worked on."""

    id: str
    sender: SenderId | None = None
    case: CaseNumber | None = None
    code: str = ""


def open_exchange(scope: Scope, number: str) -> Exchange:
    """Begin one, and keep it with the request."""
    exchange = Exchange(id=number)
    scope[_PLACE] = exchange
    return exchange


def exchange_of(request: Request) -> Exchange:
    """The one this request belongs to."""
    exchange = request.scope[_PLACE]
    if not isinstance(exchange, Exchange):
        raise TypeError(_PLACE)
    return exchange
