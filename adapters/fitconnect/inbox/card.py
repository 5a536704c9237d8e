"""What our destination says of itself at the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.base import Surroundings
from adapters.fitconnect.client.wire import FitConnectClient

FRESH: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Hostile text as all that comes from outside; only compared."""

    status: str
    encryption_kid: str
    majors: frozenset[int]
    """Of the versions of metadata that it announces."""
    schemas: frozenset[tuple[str, str]]
    """Service and the address of a schema that it takes there."""

    def announces(self, service: str, uri: str) -> bool:
        """Whether data of this schema may come for this service."""
        here = {schema for name, schema in self.schemas if name == service}
        return uri in (here or {schema for _, schema in self.schemas})


class CardIndex:
    """Reads the card, at most every ten minutes."""

    def __init__(
        self, client: FitConnectClient, destination: str, surroundings: Surroundings
    ) -> None:
        self._client = client
        self._destination = destination
        self._clock = surroundings.clock
        self._known: tuple[datetime, Card] | None = None

    async def card(self) -> Card:
        """Raises ApiFailure."""
        now = self._clock.now()
        if self._known is None or not self._known[0] <= now < self._known[0] + FRESH:
            self._known = (now, await self.fresh())
        return self._known[1]

    async def fresh(self) -> Card:
        """As it stands there now. Raises ApiFailure."""
        return _card(await self._client.destination(self._destination))


def _card(found: Mapping[str, object]) -> Card:
    services = found.get("publicServices", found.get("services"))
    return Card(
        status=str(found.get("status", "")),
        encryption_kid=str(found.get("encryptionKid", "")),
        majors=frozenset(
            int(major)
            for one in _listed(found.get("metadataVersions"))
            if (major := str(one).partition(".")[0]).isascii() and major.isdigit()
        ),
        schemas=frozenset(
            (str(service.get("identifier", "")), str(schema.get("schemaUri", "")))
            for service in _listed(services)
            if isinstance(service, Mapping)
            for schema in _listed(service.get("submissionSchemas"))
            if isinstance(schema, Mapping)
        ),
    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
