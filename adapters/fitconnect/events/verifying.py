"""Verifying single tokens: who may have signed what, and whether they did.

No token is believed before its signature holds under a key that *we* looked up for
an issuer that *we* know; nothing in a token says where a key is to be found.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias

from adapters.fitconnect.events.errors import ClaimsMalformed, Flaw, KeyNotPublished
from adapters.fitconnect.events.patterns import SUBJECT, is_uuid
from adapters.fitconnect.events.tokens import (
    MAJORS,
    Kind,
    SetClaims,
    read_claims,
)
from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.errors import KeyUnusable, SignatureInvalid
from adapters.fitconnect.jose.json_object import read_object
from adapters.fitconnect.jose.jws import SECURITY_EVENT, header_of, verify
from adapters.fitconnect.jose.keys import PublicKey

SERVICE: Final = "service"
SUBSCRIBER: Final = "subscriber"
MOST_BYTES: Final = 256 * 1024
"""Of one token; a hundred problems or tags take a tenth of it."""
SKEW: Final = timedelta(minutes=5)

_PARTS: Final = 3
_INLINE: Final = 16
"""A verification takes a tenth of a millisecond: so few are not worth a thread."""
_SEEN: Final = 4096
_ONLY: Final[Mapping[str, str]] = {
    Kind.CREATE.value: SERVICE,
    Kind.SUBMIT.value: SERVICE,
    Kind.NOTIFY.value: SERVICE,
    Kind.DELETE.value: SERVICE,
    Kind.ACCEPT.value: SUBSCRIBER,
}
"""Who alone may write an event; a rejection comes from either."""


class KeySource(Protocol):
    """Published keys. Both raise KeyNotPublished, and CounterpartAway."""

    async def service_key(self, kid: str) -> PublicKey:
        """Of the service's own JWK set."""
        ...

    async def destination_key(self, destination: str, kid: str) -> PublicKey:
        """Of those that this destination publishes, old ones included."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whom we believe, and when it is."""

    service_issuers: frozenset[str]
    destination: str
    now: datetime
    clock_skew: timedelta = SKEW
    majors: frozenset[int] = MAJORS


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEntry:
    """A token that verified."""

    claims: SetClaims
    author: str
    token: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class BadToken:
    """A token that proves nothing; ``submission`` is what it says it is about.

    "" where it is about nothing that can be read: it may be about any. A reply's
    id stands there for a token about a reply.
    """

    submission: str
    flaw: Flaw


Verified: TypeAlias = LogEntry | BadToken


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opened:
    """Read, and not yet believed."""

    claims: SetClaims
    author: str
    kid: str
    token: bytes

    def bad(self, flaw: Flaw) -> BadToken:
        return BadToken(submission=subject_of(self.claims), flaw=flaw)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signed:
    """A token, the key that must have signed it, and the mark of both."""

    token: bytes
    key: PublicKey
    mark: bytes


class SeenSignatures:
    """Which tokens held under which key, the latest of them: an LRU of hashes."""

    def __init__(self, most: int = _SEEN) -> None:
        self._most = most
        self._held: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, mark: bytes) -> bool:
        if mark in self._held:
            self._held.move_to_end(mark)
            return True
        return False

    def __len__(self) -> int:
        return len(self._held)

    def add(self, mark: bytes) -> None:
        """Push out the oldest beyond the limit."""
        self._held[mark] = None
        if len(self._held) > self._most:
            self._held.popitem(last=False)


_SEEN_HERE: Final = SeenSignatures()
"""Of this process: every poll reads the same events again."""


async def verified_tokens(
    tokens: Sequence[bytes],
    keys: KeySource,
    trust: Trust,
    seen: SeenSignatures = _SEEN_HERE,
) -> list[Verified]:
    """What each token is worth, in their order. Raises what ``keys`` raises."""
    read = [_open(token, trust) for token in tokens]
    opened = [one for one in read if isinstance(one, _Opened)]
    published = await _published(opened, keys, trust)
    signed = [
        _Signed(token=one.token, key=key, mark=_mark(one.token, key))
        for one in opened
        if (key := published[one.author, one.kid]) is not None
    ]
    held = {one.token for one in signed if one.mark in seen}
    fresh = [one for one in signed if one.token not in held]
    if len(fresh) <= _INLINE:
        new = _holding(fresh)
    else:
        new = await asyncio.to_thread(_holding, fresh)
    for one in new:
        seen.add(one.mark)
        held.add(one.token)
    keyless = {key for key, known in published.items() if known is None}
    return [
        _judged(one, held, keyless) if isinstance(one, _Opened) else one for one in read
    ]


def subject_of(claims: SetClaims) -> str:
    """The submission's or the reply's id."""
    return claims.submission or claims.reply


def _open(token: bytes, trust: Trust) -> Verified | _Opened:
    about = ""
    try:
        payload = _payload(token)
        about = _about(payload)
        kid = _kid(token)
        claims = read_claims(payload, majors=trust.majors)
    except (ValueError, SignatureInvalid, ClaimsMalformed):
        return BadToken(submission=about, flaw=Flaw.UNREADABLE)
    author = _author(claims.issuer, trust)
    opened = _Opened(claims=claims, author=author, kid=kid, token=token)
    if not author:
        return opened.bad(Flaw.FOREIGN_ISSUER)
    if _ONLY.get(claims.kind, author) != author:
        return opened.bad(Flaw.WRONG_AUTHOR)
    if claims.at > trust.now + trust.clock_skew:
        return opened.bad(Flaw.FUTURE)
    return opened


def _payload(token: bytes) -> dict[str, object]:
    parts = token.split(b".") if len(token) <= MOST_BYTES else []
    if len(parts) != _PARTS:
        raise ValueError("not a compact JWS")
    return read_object(base64url.decode(parts[1]))


def _kid(token: bytes) -> str:
    header = header_of(token)
    if header["typ"] != SECURITY_EVENT:
        raise SignatureInvalid
    return str(header["kid"])


def _about(payload: Mapping[str, object]) -> str:
    """What even a token with other faults says it is about."""
    sub = payload.get("sub")
    found = SUBJECT.fullmatch(sub) if isinstance(sub, str) else None
    return found.group(2).lower() if found else ""


def _author(issuer: str, trust: Trust) -> str:
    if is_uuid(issuer):
        return SUBSCRIBER if issuer == trust.destination.lower() else ""
    known = {one.rstrip("/") for one in trust.service_issuers}
    return SERVICE if issuer.rstrip("/") in known else ""


async def _published(
    opened: Sequence[_Opened], keys: KeySource, trust: Trust
) -> dict[tuple[str, str], PublicKey | None]:
    """Each key once; None where the issuer has none to verify with."""
    found: dict[tuple[str, str], PublicKey | None] = {}
    for author, kid in dict.fromkeys((one.author, one.kid) for one in opened):
        try:
            if author == SERVICE:
                key = await keys.service_key(kid)
            else:
                key = await keys.destination_key(trust.destination, kid)
        except (KeyNotPublished, KeyUnusable):
            found[author, kid] = None
            continue
        fits = key.kid == kid and not key.is_for_encryption
        found[author, kid] = key if fits and "verify" in key.operations else None
    return found


def _mark(token: bytes, key: PublicKey) -> bytes:
    """Names token and key; by the kid alone another key would profit.

    The same number is another key where another algorithm is allowed for it.
    """
    number = key.rsa.public_numbers().n
    digest = hashlib.sha256(number.to_bytes((number.bit_length() + 7) // 8, "big"))
    digest.update(key.algorithm.encode())
    digest.update(token)
    return digest.digest()


def _holding(fresh: Sequence[_Signed]) -> list[_Signed]:
    return [one for one in fresh if _holds(one)]


def _holds(one: _Signed) -> bool:
    try:
        verify(one.token, one.key, kind=SECURITY_EVENT)
    except SignatureInvalid:
        return False
    return True


def _judged(one: _Opened, held: set[bytes], keyless: set[tuple[str, str]]) -> Verified:
    if (one.author, one.kid) in keyless:
        return one.bad(Flaw.UNKNOWN_KEY)
    if one.token not in held:
        return one.bad(Flaw.SIGNATURE)
    return LogEntry(claims=one.claims, author=one.author, token=one.token)
