"""Which of our services a channel's identifier of a public service means."""

import re
from collections.abc import Container
from typing import Final

from schemas.ids import ServiceId, ServiceKey
from schemas.sources import Source

_LEIKA: Final = re.compile(r"urn:de:fim:leika:leistung:([0-9]{14})", re.ASCII)


def service_of(
    source: Source, identifier: str, services: Container[ServiceId]
) -> ServiceId | None:
    """The service, where the source's tenant has it; ``identifier`` is hostile text.

    What the source's ``[services]`` says goes before the digits of the identifier.
    """
    named = source.services.get(identifier) or leika_of(identifier)
    if named is None or (source.tenant, named) not in services:
        return None
    return source.tenant, named


def leika_of(identifier: str) -> ServiceKey | None:
    """The 14 digits; all of the identifier that may be told to anybody."""
    leika = _LEIKA.fullmatch(identifier)
    return ServiceKey(leika.group(1)) if leika else None
