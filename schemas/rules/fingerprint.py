"""When two submissions are the same: over what was said, not how it was sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.documents import Role
from schemas.ids import ServiceKey


@dataclass(frozen=True, kw_only=True, slots=True)
class PartPrint:
    """What of one part counts; multipart boundaries and header order do not."""

    role: Role
    media_type: str
    filename: str
    sha256: str


def fingerprint(service: ServiceKey, parts: Sequence[PartPrint]) -> str:
    """SHA-256 over service and ordered parts, in hex.

    Every field goes in with its length, so that no two lists of fields can
    read the same.
    """
    digest = hashlib.sha256(b"amtsweg-fingerprint-1")
    _add(digest, service)
    for part in parts:
        for field in (part.role.value, part.media_type, part.filename, part.sha256):
            _add(digest, field)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", field: str) -> None:
    encoded = field.encode()
    digest.update(len(encoded).to_bytes(8, "big"))
    digest.update(encoded)
