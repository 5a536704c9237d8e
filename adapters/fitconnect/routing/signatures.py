"""Proof of a route: what the Self-Service-Portal signed about a destination.

``destinationSignature`` is a JWS of the portal: destination, services and
regions. Whoever rewrites a route's answer can thus send nobody to a stranger.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Final, Protocol

from adapters.fitconnect.jose import base64url, jws
from adapters.fitconnect.jose.errors import KeyUnusable, SignatureInvalid
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.routing.answers import Route
from adapters.fitconnect.routing.errors import RouteUnproven
from adapters.fitconnect.routing.questions import RouteQuestion
from adapters.fitconnect.routing.territory import LEIKA_URN, REGION_URN, covers

KINDS: Final = frozenset({"jwt", "JWT"})
"""Both have been seen."""
_DETACHED_PARTS: Final = 3


class PortalKeys(Protocol):
    """The Self-Service-Portal's published keys."""

    async def key(self, kid: str) -> PublicKey | None:
        """The key of this id; None where the portal publishes none such."""
        ...


async def prove(
    route: Route, question: RouteQuestion, *, keys: PortalKeys, issuer: str
) -> None:
    """Raise RouteUnproven unless the portal signed just this."""
    header = _header(route.signature)
    key = await _key(header, keys)
    try:
        claims = await asyncio.to_thread(
            jws.verify, route.signature.encode(), key, kind=str(header["typ"])
        )
    except (SignatureInvalid, KeyUnusable) as error:
        raise RouteUnproven("signature") from error
    judge(claims, route, question, issuer=issuer)


def judge(
    claims: Mapping[str, object], route: Route, question: RouteQuestion, *, issuer: str
) -> None:
    """Raise RouteUnproven unless the verified claims are about this question."""
    if not issuer or claims.get("iss") != issuer:
        raise RouteUnproven("iss")
    if str(claims.get("destinationId") or "").lower() != route.destination:
        raise RouteUnproven("destinationId")
    offered = claims.get("services")
    services = offered if isinstance(offered, list) else []
    if not any(_offers(service, question) for service in services):
        raise RouteUnproven("services")


async def prove_parameters(route: Route, key: PublicKey) -> None:
    """v1: the delivery service signed the destination's parameters, detached.

    They are signed in canonical form: members sorted, no white space.
    """
    head, _, rest = route.parameters_signature.partition(".")
    payload, _, signature = rest.partition(".")
    parts = route.parameters_signature.count(".") + 1
    if parts != _DETACHED_PARTS or payload or route.parameters is None:
        raise RouteUnproven("destinationParametersSignature")
    text = json.dumps(
        route.parameters, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    body = base64url.encode(text.encode()).decode()
    token = f"{head}.{body}.{signature}"
    kind = str(_header(token).get("typ"))
    try:
        await asyncio.to_thread(jws.verify, token.encode(), key, kind=kind)
    except SignatureInvalid as error:
        raise RouteUnproven("destinationParametersSignature") from error


def kid_of(token: str) -> str:
    """Which key signed it. Raises RouteUnproven."""
    head, _, rest = token.partition(".")
    # A detached one has nothing between its dots; its header is looked at alone.
    whole = f"{head}.e30.{rest.rpartition('.')[2]}"
    return str(_header(whole).get("kid") or "")


def _header(token: str) -> Mapping[str, object]:
    try:
        header = jws.header_of(token)
    except SignatureInvalid as error:
        raise RouteUnproven("header") from error
    if header.get("typ") not in KINDS:
        raise RouteUnproven("typ")
    return header


async def _key(header: Mapping[str, object], keys: PortalKeys) -> PublicKey:
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise RouteUnproven("kid")
    key = await keys.key(kid)
    if key is None:
        raise RouteUnproven("kid")
    return key


def _offers(service: object, question: RouteQuestion) -> bool:
    if not isinstance(service, Mapping):
        return False
    leika = LEIKA_URN + question.leika
    if leika not in _texts(service.get("leistungIDs")):
        return False
    regions = [
        found.group(1)
        for text in _texts(service.get("gebietIDs"))
        if (found := REGION_URN.fullmatch(text))
    ]
    return any(covers(region, question.place) for region in regions)


def _texts(value: object) -> list[str]:
    return (
        [text for text in value if isinstance(text, str)]
        if (isinstance(value, list))
        else []
    )
