"""JWS in compact form, by RSASSA-PSS: a key signs by its own algorithm, and no other.

Ours and no library's: the signature is one call of ``cryptography``, and all that
is left is what to refuse, which a library would not know.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.algorithms import KNOWN, pss
from adapters.fitconnect.jose.errors import KeyUnusable, SignatureInvalid
from adapters.fitconnect.jose.json_object import read_object, write_object
from adapters.fitconnect.jose.keys import PrivateKey, PublicKey
from schemas.limits import MIB

SECURITY_EVENT: Final = "secevent+jwt"
MOST_BYTES: Final = 1 * MIB
"""The tags of 100 attachments take seven kilobytes."""
_PARTS: Final = 3
# Members that would choose another key or another way to read the token.
_REFUSED: Final = ("b64", "crit", "jku", "jwk", "x5c", "x5u")
_LONGEST_TEXT: Final = 255


def sign(
    key: PrivateKey, claims: Mapping[str, object], *, kind: str = SECURITY_EVENT
) -> bytes:
    """A signed token; ``kind`` is its ``typ``. Raises KeyUnusable."""
    if key.is_for_encryption:
        raise KeyUnusable("A key for decryption cannot sign.")
    header = {"alg": key.algorithm, "typ": kind, "kid": key.kid}
    parts = (write_object(header), write_object(dict(claims)))
    signed = b".".join(base64url.encode(part) for part in parts)
    signature = key.rsa.sign(signed, *pss(key.algorithm))
    return signed + b"." + base64url.encode(signature)


def header_of(token: bytes | str) -> Mapping[str, object]:
    """The header of a token that is not verified yet, to find its key by ``kid``.

    ``alg``, ``typ`` and ``kid`` are there. Raises SignatureInvalid. Whether ``alg``
    is allowed is known with the key: it has one algorithm, and was read under a list.
    """
    return _header(_split(token)[0], KNOWN.signature)


def verify(token: bytes | str, key: PublicKey, *, kind: str) -> dict[str, object]:
    """The claims of a token that this key has signed. Raises SignatureInvalid.

    Whether it is the right key is for the caller to know; here it must only be one
    for signatures, called as the token calls it.
    """
    header_part, payload, signature = _split(token)
    if key.is_for_encryption or "verify" not in key.operations:
        raise SignatureInvalid("Its key is none for signatures.")
    header = _header(header_part, (key.algorithm,))
    if header["typ"] != kind:
        raise SignatureInvalid(f"`typ` is not {kind}.")
    if header["kid"] != key.kid:
        raise SignatureInvalid("It names another key.")
    signed = header_part + b"." + payload
    try:
        raw = base64url.decode(signature)
        key.rsa.verify(raw, signed, *pss(key.algorithm))
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid from error
    try:
        return read_object(base64url.decode(payload))
    except ValueError as error:
        raise SignatureInvalid("Its claims are not a JSON object.") from error


def _split(token: bytes | str) -> list[bytes]:
    try:
        raw = token.encode("ascii") if isinstance(token, str) else token
    except UnicodeEncodeError as error:
        raise SignatureInvalid("It is not in compact form.") from error
    parts = raw.split(b".", _PARTS)
    if len(parts) != _PARTS or len(raw) > MOST_BYTES:
        raise SignatureInvalid("It is not in compact form.")
    return parts


def _header(part: bytes, allowed: tuple[str, ...]) -> Mapping[str, object]:
    try:
        header = read_object(base64url.decode(part))
    except ValueError as error:
        raise SignatureInvalid("Its header is not a JSON object.") from error
    for name in _REFUSED:
        if name in header:
            raise SignatureInvalid(f"`{name}` is not allowed.")
    if header.get("alg") not in allowed:
        raise SignatureInvalid(f"`alg` is not {' or '.join(allowed)}.")
    for name in ("typ", "kid"):
        value = header.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
            raise SignatureInvalid(f"`{name}` is missing.")
    return header
