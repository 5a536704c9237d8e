"""Tokens that no honest library makes, well encrypted all the same."""

import json
import zlib
from collections.abc import Mapping
from random import Random
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.jwe import Keyring
from tests.fitconnect_keys import test_key

LIMIT: Final = 10_000_000
KEY: Final = test_key("decryption")
OTHER: Final = test_key("decryption-2")
SIGNING: Final = test_key("signing")
RING: Final = Keyring([KEY])
HEADER: Final = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": KEY.kid}


def crafted(
    header: Mapping[str, object] | bytes = HEADER,
    plain: bytes = b"{}",
    *,
    secret: bytes = bytes(32),
    iv: bytes = bytes(12),
    hashing: hashes.HashAlgorithm | None = None,
) -> str:
    """A token with this header, and with exactly these parts."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    first = base64url.encode(raw)
    used = hashing or hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(used), used, None)
    wrapped = KEY.rsa.public_key().encrypt(secret, oaep)
    sealing = secret if len(secret) in {16, 24, 32} else bytes(32)
    sealed = AESGCM(sealing).encrypt(iv, plain, first)
    parts = (raw, wrapped, iv, sealed[:-16], sealed[-16:])
    return b".".join(base64url.encode(part) for part in parts).decode()


def deflated(plain: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(plain) + packing.flush()


def noise(size: int) -> bytes:
    """Nothing that can be compressed; the same in every process."""
    return Random(size).randbytes(size)
