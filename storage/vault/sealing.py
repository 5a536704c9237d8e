"""Short secrets under AES-256-GCM: data keys and texts, each bound to its place."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import ObjectDamaged

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_VERSION: Final = b"\x01"


def bind(*parts: bytes) -> bytes:
    """Associated data of which no two different lists of parts give the same."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal_small(key: bytes, plain: bytes, *place: str) -> bytes:
    """Version, random nonce, ciphertext and tag; opens only for the same place."""
    nonce = os.urandom(NONCE_BYTES)
    bound = bind(_VERSION, *(part.encode() for part in place))
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, bound)


def open_small(key: bytes, sealed: bytes, *place: str) -> bytes:
    """The plain bytes. Raises ObjectDamaged."""
    if sealed[:1] != _VERSION or len(sealed) < 1 + NONCE_BYTES + TAG_BYTES:
        raise ObjectDamaged
    nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    bound = bind(_VERSION, *(part.encode() for part in place))
    try:
        return AESGCM(key).decrypt(nonce, rest, bound)
    except InvalidTag as error:
        raise ObjectDamaged from error
