"""Identifiers: what they look like, and how new ones come to be."""

import hashlib
import re
from collections.abc import Callable
from typing import NewType, TypeAlias

from schemas.errors import MalformedTrackingId

TenantId = NewType("TenantId", str)
OfficeId = NewType("OfficeId", str)
SenderId = NewType("SenderId", str)
CaseId = NewType("CaseId", str)
"""Random UUID in hex; names the case in keys, paths and tables."""
CaseNumber = NewType("CaseNumber", str)
"""What people say: ``2026-000123``, gapless per year."""
TrackingId = NewType("TrackingId", str)
"""What citizens and senders hold: random, checkable, tells nothing."""
DocumentId = NewType("DocumentId", str)
ServiceKey = NewType("ServiceKey", str)
"""LeiKa key, 14 digits."""
ServiceId: TypeAlias = tuple[TenantId, ServiceKey]
"""A service of this installation: two tenants may offer the same key."""
DestinationId = NewType("DestinationId", str)
SourceId = NewType("SourceId", str)
"""Name of a configured way in that we go and fetch from."""
DeliveryId = NewType("DeliveryId", str)
SnapshotHash = NewType("SnapshotHash", str)
WorkerId = NewType("WorkerId", str)
"""One start of a worker process (an incarnation), never a machine."""
StepName = NewType("StepName", str)
KeyName = NewType("KeyName", str)
"""Name of a key-encryption key."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS = _ALPHABET + "*~$=U"
_RANDOM_LENGTH = 13
_GROUP = 5
_LOOKALIKES = str.maketrans("OIL", "011")

RandomBytes = Callable[[int], bytes]


def new_tracking_id(random_bytes: RandomBytes) -> TrackingId:
    """65 random bits in Crockford's base32 with his check character.

    Values whose check character is one of the five symbols beyond the alphabet
    are drawn again: they would need escaping in URLs. That costs 0.2 bits.
    """
    while True:
        number = int.from_bytes(random_bytes(9), "big") >> 7
        if number % 37 < len(_ALPHABET):
            digits = "".join(
                _ALPHABET[(number >> (5 * place)) & 31]
                for place in reversed(range(_RANDOM_LENGTH))
            )
            return _grouped(digits + _CHECKS[number % 37])


def parse_tracking_id(text: str) -> TrackingId:
    """Read what a person typed: any case, any dashes, O for 0, I and L for 1."""
    bare = re.sub(r"[\s-]", "", text).upper().translate(_LOOKALIKES)
    if len(bare) != _RANDOM_LENGTH + 1 or any(c not in _ALPHABET for c in bare):
        raise MalformedTrackingId
    number = 0
    for character in bare[:-1]:
        number = number * 32 + _ALPHABET.index(character)
    if _CHECKS[number % 37] != bare[-1]:
        raise MalformedTrackingId
    return _grouped(bare)


def delivery_id(
    case: CaseId, destination: DestinationId, generation: int
) -> DeliveryId:
    """The same for every retry and replay; only a new generation changes it."""
    name = f"{case}\n{destination}\n{generation}".encode()
    return DeliveryId(hashlib.sha256(name).hexdigest()[:32])


def _grouped(bare: str) -> TrackingId:
    parts = (bare[i : i + _GROUP] for i in range(0, len(bare), _GROUP))
    return TrackingId("-".join(parts))
