"""Events as an attacker would sign them, so that receivers can be tried."""

import json
import secrets
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.fitconnect.sandbox.keys import OwnKey, encoded
from adapters.fitconnect.sandbox.signatures import sign

Forgery: TypeAlias = Literal[
    "", "none", "rs256", "wrong-key", "unknown-kid", "foreign-tags"
]
_TAG_BYTES: Final = 16


def forge(
    how: Forgery, keys: tuple[OwnKey, OwnKey], claims: Mapping[str, object], *, typ: str
) -> str:
    """The right key comes first; "" signs as it should be."""
    own, other = keys
    match how:
        case "":
            return sign(own, claims, typ=typ)
        case "none":
            return f"{_head('none', own.kid, typ, claims)}."
        case "rs256":
            text = _head("RS256", own.kid, typ, claims)
            signed = own.private.sign(
                text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            return f"{text}.{encoded(signed)}"
        case "wrong-key":
            signature = sign(other, claims, typ=typ).rpartition(".")[2]
            return f"{_head('PS512', own.kid, typ, claims)}.{signature}"
        case "unknown-kid":
            return sign(other, claims, typ=typ)
        case "foreign-tags":
            return sign(own, _foreign(claims), typ=typ)


def _head(algorithm: str, kid: str, typ: str, claims: Mapping[str, object]) -> str:
    header = {"typ": typ, "kid": kid, "alg": algorithm}
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))


def _foreign(claims: Mapping[str, object]) -> Mapping[str, object]:
    """Every tag is another one."""
    return json.loads(json.dumps(claims), object_pairs_hook=_other_tags)  # type: ignore[no-any-return]


def _other_tags(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named = dict(pairs)
    for name in ("metadata", "data"):
        if name in named:
            named[name] = encoded(secrets.token_bytes(_TAG_BYTES))
    return named
