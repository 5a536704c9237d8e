"""Ways by which a case could come back: out by a destination, in by a source."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.services import Destination, Service
from schemas.sources import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring:
    """Where both are one mailbox, each delivery makes another case, for ever."""

    service: Service
    destination: Destination
    source: Source


def rings(
    services: Iterable[Service],
    destinations: Iterable[Destination],
    sources: Iterable[Source],
) -> Iterable[Ring]:
    """All that there could be; adapters say of each whether it is one.

    Tenants may well send to each other: whoever receives has services of their own.
    """
    known = {one.id: one for one in destinations}
    mailboxes = tuple(sources)
    for service in services:
        for name in service.destinations:
            for source in mailboxes:
                if source.tenant == service.tenant:
                    yield Ring(service=service, destination=known[name], source=source)
