"""Compact JWS as FIT-Connect uses it: PS512 and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.fitconnect.sandbox.calls import parse_json
from adapters.fitconnect.sandbox.keys import Jwk, OwnKey, decoded, encoded, public_key

ALGORITHM: Final = "PS512"
_HASH: Final = hashes.SHA512()
_PADDING: Final = padding.PSS(mgf=padding.MGF1(_HASH), salt_length=_HASH.digest_size)
_PARTS: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A JWS taken apart; nothing of it is believed yet."""

    header: dict[str, object]
    claims: dict[str, object]
    signed: bytes
    signature: bytes


def sign(key: OwnKey, claims: Mapping[str, object], *, typ: str) -> str:
    """Some milliseconds of arithmetic."""
    header = {"typ": typ, "kid": key.kid, "alg": ALGORITHM}
    text = f"{_part(header)}.{_part(claims)}"
    signature = key.private.sign(text.encode(), _PADDING, _HASH)
    return f"{text}.{encoded(signature)}"


def take_apart(token: str) -> Signed:
    """Raises ValueError where it is no compact JWS of JSON objects."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise ValueError("Not three parts.")
    header, claims = (_object(part) for part in parts[:2])
    return Signed(
        header=header,
        claims=claims,
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=decoded(parts[2]),
    )


def is_signed_by(jwk: Jwk, token: Signed) -> bool:
    """Whether the published key made this signature."""
    try:
        public_key(jwk).verify(token.signature, token.signed, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True


def _part(value: Mapping[str, object]) -> str:
    return encoded(json.dumps(value, separators=(",", ":")).encode())


def _object(part: str) -> dict[str, object]:
    value = parse_json(decoded(part))
    if not isinstance(value, dict):
        raise ValueError("Not an object.")  # noqa: TRY004 - one error for callers
    return value
