"""The header of a JWE: what FIT-Connect allows, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.errors import HeaderRefused, TokenMalformed
from adapters.fitconnect.jose.json_object import read_object, write_object

COMPRESSION: Final = "DEF"
_ALLOWED: Final = frozenset({"alg", "enc", "zip", "cty", "kid", "typ"})
# Members of the standards may be named; any other name is a stranger's text.
_STANDARD: Final = frozenset(
    {"apu", "apv", "crit", "epk", "iv", "jku", "jwk", "p2c", "p2s", "tag"}
    | {"x5c", "x5t", "x5t#S256", "x5u"}
)
_LONGEST_TEXT: Final = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class JweHeader:
    """What a header says."""

    algorithm: str
    content_encryption: str
    kid: str
    content_type: str
    """A stranger's text; "" where it says nothing."""
    is_compressed: bool


def read_header(part: bytes, algorithms: Algorithms) -> JweHeader:
    """The first part of a token. Raises TokenMalformed, HeaderRefused."""
    try:
        members = read_object(base64url.decode(part))
    except ValueError as error:
        raise TokenMalformed("The header is not a JSON object.") from error
    _refuse_unknown(members)
    algorithm = _allowed(members, "alg", algorithms.key_encryption)
    encryption = _allowed(members, "enc", algorithms.content_encryption)
    if members.get("zip", COMPRESSION) != COMPRESSION:
        raise HeaderRefused(f"`zip` is not {COMPRESSION}.")
    kid = _text(members, "kid")
    if not kid:
        raise HeaderRefused("`kid` is missing.")
    _text(members, "typ")
    return JweHeader(
        algorithm=algorithm,
        content_encryption=encryption,
        kid=kid,
        content_type=_text(members, "cty"),
        is_compressed="zip" in members,
    )


def write_header(header: JweHeader) -> bytes:
    """The first part of a token."""
    members = {
        "alg": header.algorithm,
        "enc": header.content_encryption,
        **({"zip": COMPRESSION} if header.is_compressed else {}),
        "cty": header.content_type,
        "kid": header.kid,
    }
    return base64url.encode(write_object(members))


def _refuse_unknown(members: Mapping[str, object]) -> None:
    unknown = sorted(members.keys() - _ALLOWED)
    if unknown:
        named = [name for name in unknown if name in _STANDARD]
        detail = f"`{named[0]}` is not allowed." if named else "A member is unknown."
        raise HeaderRefused(detail)


def _allowed(members: Mapping[str, object], name: str, allowed: Sequence[str]) -> str:
    value = members.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise HeaderRefused(f"`{name}` is not {' or '.join(allowed)}.")
    return value


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise HeaderRefused(f"`{name}` is not a short text.")
    return value
