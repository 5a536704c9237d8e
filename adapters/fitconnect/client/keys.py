"""Published keys: the service's and the destinations', kept for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from adapters.base import Surroundings
from adapters.fitconnect.client.failures import NotThere
from adapters.fitconnect.client.requests import Api
from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.keys import LEAST_BITS, PublicKey, read_public

AGAIN: Final = timedelta(minutes=1)
"""A key id that nobody knows makes us ask once in this time, however often it comes."""
MOST_KEYS: Final = 1_000
_LONGEST_KID: Final = 255
_KEYS: Final = "/.well-known/jwks.json"

Ask = Callable[[Api, str], Awaitable[object]]
"""Reads JSON of an interface."""


class PublishedKeys:
    """What issuers publish. A key never changes under its id, so it may be kept."""

    def __init__(
        self,
        ask: Ask,
        surroundings: Surroundings,
        *,
        algorithms: Algorithms = PRESCRIBED,
        least_bits: int = LEAST_BITS,
    ) -> None:
        self._ask = ask
        self._algorithms = algorithms
        self._clock = surroundings.clock
        self._least_bits = least_bits
        self._reading = asyncio.Lock()
        self._service: dict[str, PublicKey] = {}
        self._service_at: datetime | None = None
        self._destinations: OrderedDict[tuple[str, str], PublicKey | datetime] = (
            OrderedDict()
        )

    async def service_key(self, kid: str) -> PublicKey:
        """The service's. Raises KeyNotPublished and ApiFailure."""
        if kid not in self._service:
            async with self._reading:
                if kid not in self._service and self._is_due(self._service_at):
                    await self._read_service()
        if kid not in self._service:
            raise KeyNotPublished
        return self._service[kid]

    async def destination_key(self, destination: str, kid: str) -> PublicKey:
        """A destination's. Raises KeyNotPublished and ApiFailure."""
        if not 0 < len(kid) <= _LONGEST_KID or kid in {".", ".."}:
            raise KeyNotPublished
        place = (destination, kid)
        known = self._destinations.get(place)
        if isinstance(known, PublicKey):
            self._destinations.move_to_end(place)
            return known
        if not self._is_due(known):
            raise KeyNotPublished
        try:
            found = await self._read_destination(destination, kid)
        except KeyNotPublished:
            self._keep(place, self._clock.now())
            raise
        self._keep(place, found)
        return found

    async def _read_service(self) -> None:
        answer = await self._ask(Api.SERVICE, _KEYS)
        listed = answer.get("keys") if isinstance(answer, Mapping) else None
        found: dict[str, PublicKey] = {}
        for jwk in listed if isinstance(listed, list) else []:
            try:
                key = self._opened(jwk)
            except (KeyUnusable, AttributeError):
                # Keys for other purposes may stand beside it.
                continue
            found[key.kid] = key
        self._service = found
        self._service_at = self._clock.now()

    async def _read_destination(self, destination: str, kid: str) -> PublicKey:
        path = f"/destinations/{quote(destination, safe='')}/keys/{quote(kid, safe='')}"
        try:
            jwk = await self._ask(Api.SUBMISSION, path)
        except NotThere as error:
            raise KeyNotPublished from error
        try:
            key = self._opened(jwk if isinstance(jwk, Mapping) else {})
        except KeyUnusable as error:
            raise KeyNotPublished from error
        if key.kid != kid:
            raise KeyNotPublished
        return key

    def _opened(self, jwk: Mapping[str, object]) -> PublicKey:
        return read_public(
            jwk, algorithms=self._algorithms, least_bits=self._least_bits
        )

    def _is_due(self, known: object) -> bool:
        since = known if isinstance(known, datetime) else None
        return since is None or not since <= self._clock.now() < since + AGAIN

    def _keep(self, place: tuple[str, str], found: PublicKey | datetime) -> None:
        self._destinations[place] = found
        self._destinations.move_to_end(place)
        while len(self._destinations) > MOST_KEYS:
            self._destinations.popitem(last=False)
