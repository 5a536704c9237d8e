"""Asks the routing API: which destination is competent, which areas there are."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from adapters.fitconnect.client.requests import Api, Reply, Request
from adapters.fitconnect.client.settings import Environment
from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.keys import PublicKey, read_public
from adapters.fitconnect.routing.answers import (
    Area,
    Route,
    read_areas,
    read_routes,
    the_only,
)
from adapters.fitconnect.routing.errors import RouteUnproven, RoutingUnset
from adapters.fitconnect.routing.questions import AreaQuestion, RouteQuestion
from adapters.fitconnect.routing.signatures import kid_of, prove, prove_parameters
from schemas.clock import Clock

LIFE: Final = timedelta(minutes=5)
"""A route found is used so long: competence changes rarely, and never in a rush."""
MOST_KEPT: Final = 256
UNKNOWN_KID_PAUSE: Final = timedelta(minutes=1)
"""A stranger's ``kid`` makes us ask the portal for its keys so often, no more."""
JWKS: Final = "/.well-known/jwks.json"
"""Below the portal's address: from memory, unconfirmed."""


class Wire(Protocol):
    """Whoever carries requests; fails with errors of its own."""

    async def send(self, request: Request) -> Reply:
        """Raises ApiFailure."""
        ...

    async def service_key(self, kid: str) -> PublicKey:
        """The delivery service's. Raises KeyNotPublished, ApiFailure."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    route: Route
    until: datetime


class PortalKeySet:
    """The Self-Service-Portal's keys, read again when an id is unknown."""

    def __init__(self, wire: Wire, algorithms: Algorithms, clock: Clock) -> None:
        self._wire = wire
        self._algorithms = algorithms
        self._clock = clock
        self._keys: Mapping[str, PublicKey] = {}
        self._not_before: datetime | None = None
        self._reading = asyncio.Lock()

    async def key(self, kid: str) -> PublicKey | None:
        """The key of this id; None where the portal publishes none such."""
        async with self._reading:
            now = self._clock.now()
            rested = self._not_before is None or now >= self._not_before
            if kid not in self._keys and rested:
                reply = await self._wire.send(
                    Request(method="GET", path=JWKS, api=Api.PORTAL, is_anonymous=True)
                )
                self._keys = _keys(reply.json(), self._algorithms)
                self._not_before = now + UNKNOWN_KID_PAUSE
            return self._keys.get(kid)


class RouteDirectory:
    """Finds destinations and proves them; a route found is kept for a while."""

    def __init__(self, wire: Wire, environment: Environment, clock: Clock) -> None:
        self._wire = wire
        self._environment = environment
        self._clock = clock
        self._portal = PortalKeySet(wire, environment.algorithms, clock)
        self._kept: dict[RouteQuestion, _Kept] = {}

    async def destination(self, question: RouteQuestion) -> Route:
        """The one competent destination, proved by the portal's signature.

        Raises RoutingUnset, NoRoute, RouteAmbiguous, RouteUnproven, RoutingStrange,
        and ApiFailure.
        """
        if not self._environment.routing_url:
            raise RoutingUnset
        if not self._environment.self_service_issuer:
            raise RoutingUnset("`self_service_issuer` is not set.")
        now = self._clock.now()
        kept = self._kept.get(question)
        if kept is not None and now < kept.until:
            return kept.route
        route = await self._find(question)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[question] = _Kept(route=route, until=now + LIFE)
        return route

    async def areas(self, question: AreaQuestion) -> tuple[Area, ...]:
        """Places by name. Raises RoutingUnset, RoutingStrange, ApiFailure."""
        if not self._environment.routing_url:
            raise RoutingUnset
        reply = await self._ask("/areas", question.parameters())
        return read_areas(reply.json())

    async def _find(self, question: RouteQuestion) -> Route:
        reply = await self._ask("/routes", question.parameters())
        route = the_only(read_routes(reply.json()))
        issuer = self._environment.self_service_issuer
        await prove(route, question, keys=self._portal, issuer=issuer)
        if route.parameters_signature:
            await self._prove_parameters(route)
        return route

    async def _prove_parameters(self, route: Route) -> None:
        """The first generation signs them too; nothing of them is used here."""
        try:
            key = await self._wire.service_key(kid_of(route.parameters_signature))
        except KeyNotPublished as error:
            raise RouteUnproven("destinationParametersSignature") from error
        await prove_parameters(route, key)

    async def _ask(
        self, path: str, query: Mapping[str, str | int | tuple[str, ...]]
    ) -> Reply:
        return await self._wire.send(
            Request(
                method="GET",
                path=path,
                api=Api.ROUTING,
                query=query,
                is_anonymous=True,
            )
        )


def _keys(answer: object, algorithms: Algorithms) -> dict[str, PublicKey]:
    """Every key that can be used; others in the set do no harm."""
    listed = answer.get("keys") if isinstance(answer, Mapping) else None
    found = {}
    for jwk in listed if isinstance(listed, list) else []:
        try:
            key = read_public(jwk, algorithms=algorithms)
        except (KeyUnusable, AttributeError, TypeError):
            continue
        found[key.kid] = key
    return found
