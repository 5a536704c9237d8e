"""Which path leads to which desk."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from adapters.fitconnect.sandbox import (
    announcing,
    case_desk,
    collecting,
    destinations,
    event_log,
    oauth,
    posted_sets,
    public_desk,
    replying,
    routing,
    sending,
)
from adapters.fitconnect.sandbox.calls import Answer, Call
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

Handler: TypeAlias = Callable[[Zustelldienst, Call], Awaitable[Answer]]

_SUBMISSION: Final = "/{version}/submissions/{parcel}"
_DESTINATIONS: Final = "/{version}/destinations"
_MANAGED: Final = "/destination-api/{version}/destinations"
_ONE: Final = "/{destination}"
_REPLIES: Final = "/{version}/replies"
_REPLY: Final = "/{version}/replies/{parcel}"
_ATTACHMENT: Final = "/attachments/{attachment}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A path's pattern, what may be done there, and the desk that chaos names."""

    method: str
    pattern: re.Pattern[str]
    desk: str
    handler: Handler


def _route(method: str, path: str, desk: str, handler: Handler) -> Route:
    pattern = path.replace(".", r"\.").replace("{version}", "(?P<version>v1|v2)")
    pattern = pattern.replace("/v1/", "/(?P<version>v1)/")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return Route(method=method, pattern=re.compile(pattern), desk=desk, handler=handler)


def _managing(base: str) -> tuple[Route, ...]:
    """The Destination API; on v1 the Submission API has the same paths."""
    one = base + _ONE
    return (
        _route("POST", base, "manage", destinations.create_destination),
        _route("GET", base, "manage", destinations.own_destinations),
        _route("PATCH", one, "manage", destinations.patch_destination),
        _route("PUT", one, "manage", destinations.patch_destination),
        _route("DELETE", one, "manage", destinations.delete_destination),
        _route("POST", f"{one}/keys", "manage", destinations.add_key),
    )


def _reading(base: str) -> tuple[Route, ...]:
    one = base + _ONE
    return (
        _route("GET", one, "destinations", destinations.read_destination),
        _route("GET", f"{one}/keys/{{kid}}", "keys", destinations.read_key),
    )


ROUTES: Final = (
    _route("POST", "/token", "token", oauth.token),
    _route("GET", "/{version}/submissions", "list", collecting.list_submissions),
    _route("POST", "/{version}/submissions", "announce", announcing.announce),
    _route("GET", _SUBMISSION, "read", collecting.read_submission),
    _route("PUT", _SUBMISSION, "submit", sending.submit),
    _route(
        "GET",
        f"{_SUBMISSION}{_ATTACHMENT}",
        "attachment",
        collecting.read_attachment,
    ),
    _route("PUT", f"{_SUBMISSION}{_ATTACHMENT}", "attach", sending.attach),
    _route("GET", f"{_SUBMISSION}/events", "events", event_log.submission_events),
    _route("GET", "/{version}/cases", "cases", case_desk.list_cases),
    _route("GET", "/{version}/cases/{case}", "cases", case_desk.read_case),
    _route("GET", "/{version}/cases/{case}/events", "events", event_log.case_events),
    _route("POST", "/{version}/cases/{case}/events", "answer", posted_sets.post_event),
    _route("GET", _REPLIES, "replies", replying.list_replies),
    _route("POST", _REPLIES, "replies", replying.announce_reply),
    _route("GET", _REPLY, "replies", replying.read_reply),
    _route("PUT", _REPLY, "replies", replying.submit),
    _route("PUT", f"{_REPLY}/accept", "replies", replying.accept),
    _route("PUT", f"{_REPLY}/reject", "replies", replying.reject),
    _route("GET", f"{_REPLY}/events", "replies", replying.events),
    _route("GET", f"{_REPLY}{_ATTACHMENT}", "replies", replying.read_attachment),
    _route("PUT", f"{_REPLY}{_ATTACHMENT}", "replies", replying.attach),
    *_reading(_DESTINATIONS),
    *_reading(_MANAGED),
    *_managing("/v1/destinations"),
    *_managing(_MANAGED),
    _route("GET", f"{_MANAGED}{_ONE}/keys", "keys", destinations.read_keys),
    _route("GET", "/.well-known/jwks.json", "keys", public_desk.service_keys),
    _route("GET", "/portal/.well-known/jwks.json", "keys", public_desk.portal_keys),
    _route("GET", "/{version}/info", "info", public_desk.info),
    _route("GET", "/routing-api/{version}/info", "info", public_desk.info),
    _route("GET", "/status", "info", public_desk.status),
    _route("GET", "/routing-api/{version}/routes", "routing", routing.routes),
    _route("GET", "/routing-api/{version}/areas", "routing", routing.areas),
)
DESKS: Final = frozenset(route.desk for route in ROUTES)


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | set[str]:
    """The route and what its places hold; else the methods that would do."""
    others = set()
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found is None:
            continue
        if route.method == method:
            return route, found.groupdict()
        others.add(route.method)
    return others
