"""Finds the destination, its description and its key, and keeps them for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from adapters.fitconnect.client.failures import DestinationInactive, StrangeAnswer
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.keyring.faults import CertificateFault
from adapters.fitconnect.outbox.counterpart import Counterpart, read_counterpart
from adapters.fitconnect.outbox.errors import KeyRefused
from adapters.fitconnect.outbox.settings import FitConnectMapping, Named, Routed
from adapters.fitconnect.routing.directory import RouteDirectory
from adapters.fitconnect.routing.questions import RouteQuestion
from adapters.fitconnect.routing.territory import LEIKA_URN
from schemas.clock import Clock

LIFE: Final = timedelta(minutes=1)
"""A description is used so long: an inactive destination refuses by itself."""
_UNPUBLISHED: Final = (
    "It is not published, or not as RSA-4096 for `wrapKey` by an allowed algorithm."
)
_OTHER_USE: Final = "It is none for encryption."
KEY_LIFE: Final = timedelta(hours=1)
"""So long a key that was found well is not looked at again."""


class KeyJudge(Protocol):
    """Decides whether a destination's key may be encrypted for."""

    async def fault(self, key: PublicKey) -> CertificateFault | None:
        """The first thing that stops us; None where nothing does."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    counterpart: Counterpart
    until: datetime


class Counterparts:
    """Of one way out."""

    def __init__(
        self,
        client: FitConnectClient,
        routes: RouteDirectory,
        judge: KeyJudge,
        clock: Clock,
    ) -> None:
        self._client = client
        self._routes = routes
        self._judge = judge
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._judged: dict[tuple[str, str], datetime] = {}

    async def find(self, mapping: FitConnectMapping, leika: str) -> str:
        """The destination's id. Raises what routing raises."""
        match mapping.target:
            case Named(destination=destination):
                return destination
            case Routed(place=place):
                key = mapping.service.removeprefix(LEIKA_URN) or leika
                question = RouteQuestion(leika=key, place=place)
                return (await self._routes.destination(question)).destination

    async def describe(self, destination: str) -> Counterpart:
        """As FIT-Connect describes it now, or did a moment ago.

        Raises CounterpartUnfit and ApiFailure.
        """
        now = self._clock.now()
        known = self._known.get(destination)
        if known is not None and now < known.until:
            return known.counterpart
        answer = await self._client.get_json(
            f"/destinations/{destination}",
            is_anonymous=self._client.environment.is_anonymous,
        )
        if not isinstance(answer, Mapping):
            raise StrangeAnswer("(destination)")
        counterpart = read_counterpart(answer, destination)
        self._known[destination] = _Known(counterpart=counterpart, until=now + LIFE)
        return counterpart

    async def describe_active(self, destination: str) -> Counterpart:
        """The same; raises DestinationInactive where it takes nothing now."""
        counterpart = await self.describe(destination)
        if not counterpart.is_active:
            self.forget(destination)
            raise DestinationInactive(sent=False)
        return counterpart

    async def key(self, counterpart: Counterpart) -> PublicKey:
        """What to encrypt with. Raises KeyRefused and ApiFailure."""
        try:
            key = await self._client.destination_key(counterpart.id, counterpart.kid)
        except KeyNotPublished as error:
            self.forget(counterpart.id)
            raise KeyRefused(_UNPUBLISHED, sent=False) from error
        if not key.is_for_encryption:
            raise KeyRefused(_OTHER_USE, sent=False)
        place, now = (counterpart.id, counterpart.kid), self._clock.now()
        if self._judged.get(place, now) <= now:
            fault = await self._judge.fault(key)
            if fault is not None:
                self.forget(counterpart.id)
                raise KeyRefused(fault.value, sent=False)
            self._judged[place] = now + KEY_LIFE
        return key

    def forget(self, destination: str) -> None:
        """Whatever was known of it proved wrong: read it anew next time."""
        self._known.pop(destination, None)
