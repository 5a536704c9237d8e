"""Which of our services a channel's identifier of a public service means."""

import re
from collections.abc import Container
from typing import Final

from schemas.ids import ServiceKey
from schemas.sources import Source

_LEIKA: Final = re.compile(r"urn:de:fim:leika:leistung:([0-9]{14})", re.ASCII)


def service_of(
    source: Source, identifier: str, services: Container[ServiceKey]
) -> ServiceKey | None:
    """The service, where it is one of ours; ``identifier`` is hostile text.

    What the source's ``[services]`` says goes before the digits of the identifier.
    """
    named = source.services.get(identifier)
    if named is None and (leika := _LEIKA.fullmatch(identifier)):
        named = ServiceKey(leika.group(1))
    return named if named is not None and named in services else None
