"""What the routing API answers, read strictly where it matters (Routing API 2.0.0).

Names and addresses of an answer are shown to an operator only; what decides is the
destination's id, which its signature proves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.fitconnect.routing.errors import NoRoute, RouteAmbiguous, RoutingStrange

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_SIGNATURE: Final = 64 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
_NAME_CHARACTERS: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One destination that is said to be competent; nothing is proved yet."""

    destination: str
    signature: str
    """``destinationSignature``, a JWS."""
    name: str = ""
    """Hostile text, for people to look at."""
    parameters: Mapping[str, object] | None = None
    """v1: ``destinationParameters``."""
    parameters_signature: str = ""
    """v1: over them, a detached JWS."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """A place the routing service knows by an id of its own."""

    id: str
    name: str
    type: str


def read_routes(answer: object) -> tuple[Route, ...]:
    """Every route of the answer. Raises RoutingStrange."""
    return tuple(_route(item) for item in _list(answer, "routes"))


def read_areas(answer: object) -> tuple[Area, ...]:
    """Every area of the answer. Raises RoutingStrange."""
    return tuple(
        Area(
            id=_text(item, "id"),
            name=_printable(_text(item, "name")),
            type=_printable(_text(item, "type")),
        )
        for item in _list(answer, "areas")
    )


def the_only(routes: tuple[Route, ...]) -> Route:
    """The one competent destination. Raises NoRoute, RouteAmbiguous.

    The same destination listed twice is one; two different ones are a decision for
    people: the first by chance may be the wrong authority.
    """
    destinations = {route.destination for route in routes}
    if not destinations:
        raise NoRoute
    if len(destinations) > 1:
        raise RouteAmbiguous(str(len(destinations)))
    return routes[0]


def _route(item: object) -> Route:
    destination = _text(item, "destinationId").lower()
    signature = _text(item, "destinationSignature")
    if not UUID.fullmatch(destination):
        raise RoutingStrange("destinationId")
    if len(signature) > MOST_SIGNATURE or not _TOKEN.fullmatch(signature):
        raise RoutingStrange("destinationSignature")
    values = item if isinstance(item, Mapping) else {}
    parameters = values.get("destinationParameters")
    return Route(
        destination=destination,
        signature=signature,
        name=_printable(str(values.get("destinationName") or "")),
        parameters=parameters if isinstance(parameters, Mapping) else None,
        parameters_signature=str(values.get("destinationParametersSignature") or ""),
    )


def _list(answer: object, name: str) -> list[object]:
    found = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(found, list):
        raise RoutingStrange(name)
    return found


def _text(item: object, name: str) -> str:
    found = item.get(name) if isinstance(item, Mapping) else None
    if not isinstance(found, str) or not found:
        raise RoutingStrange(name)
    return found


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:_NAME_CHARACTERS]
