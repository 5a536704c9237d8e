"""The destination as FIT-Connect describes it, and whether a case fits it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.fitconnect.outbox.errors import (
    CounterpartUnfit,
    MetadataNotOffered,
    SchemaNotOffered,
    ServiceNotOffered,
)

ACTIVE: Final = "active"
FIRST_METADATA: Final = "1.0.0"
"""What a destination takes that names no versions, as the oldest ones do."""
NEWEST: Final = "newest"
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")
_KID = re.compile(r"[A-Za-z0-9._~-]{1,255}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One service that the destination takes, with its schemas (URI, media type)."""

    identifier: str
    schemas: frozenset[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counterpart:
    """A destination: whether it takes anything, what, and for which key."""

    id: str
    is_active: bool
    kid: str
    metadata_versions: tuple[str, ...]
    offers: tuple[Offer, ...]


def read_counterpart(answer: Mapping[str, object], destination: str) -> Counterpart:
    """Out of either generation's answer. Raises CounterpartUnfit."""
    if str(answer.get("destinationId") or destination).lower() != destination:
        raise CounterpartUnfit("destinationId")
    kid = answer.get("encryptionKid")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise CounterpartUnfit("encryptionKid")
    status = answer.get("status")
    if not isinstance(status, str):
        raise CounterpartUnfit("status")
    # v2 renamed it; both at once are read, for there is no harm in either.
    offered = [
        item
        for name in ("publicServices", "services")
        for item in _list(answer.get(name))
    ]
    return Counterpart(
        id=destination,
        is_active=status.lower() == ACTIVE,
        kid=kid,
        metadata_versions=tuple(_texts(answer.get("metadataVersions"))),
        offers=tuple(_offers(offered)),
    )


def must_take(
    counterpart: Counterpart, *, service: str, schema: str, mime: str
) -> None:
    """Raise ServiceNotOffered or SchemaNotOffered unless it takes such data."""
    offers = [offer for offer in counterpart.offers if offer.identifier == service]
    if not offers:
        raise ServiceNotOffered
    if not any((schema, mime) in offer.schemas for offer in offers):
        raise SchemaNotOffered


def metadata_version(
    counterpart: Counterpart, wanted: str, *, majors: frozenset[int]
) -> str:
    """The newest that it takes and we can write, or the one that is wanted.

    Raises MetadataNotOffered.
    """
    versions = counterpart.metadata_versions or (FIRST_METADATA,)
    known = {
        tuple(int(part) for part in found.groups()): version
        for version in versions
        if (found := _VERSION.fullmatch(version)) and int(found.group(1)) in majors
    }
    if wanted != NEWEST:
        known = {key: version for key, version in known.items() if version == wanted}
    if not known:
        raise MetadataNotOffered
    return known[max(known)]


def is_version(text: str) -> bool:
    """Whether the text is a version as destinations name them."""
    return _VERSION.fullmatch(text) is not None


def _offers(items: Iterable[object]) -> Iterable[Offer]:
    for item in items:
        if isinstance(item, Mapping):
            yield Offer(
                identifier=str(item.get("identifier") or ""),
                schemas=frozenset(_schemas(item.get("submissionSchemas"))),
            )


def _schemas(listed: object) -> Iterable[tuple[str, str]]:
    for item in _list(listed):
        match item:
            case {"schemaUri": str(uri), "mimeType": str(mime)}:
                yield uri, mime
            case _:
                continue


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [text for text in _list(value) if isinstance(text, str)]
