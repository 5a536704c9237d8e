"""Tokens and logs for tests, signed with real keys by whom you like."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.events.log import VerifiedLog, verified_log
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.events.tokens import (
    SET_SCHEMA,
    Kind,
    SetClaims,
    make_claims,
)
from adapters.fitconnect.jose.jws import sign
from adapters.fitconnect.jose.keys import PrivateKey, PublicKey
from tests.fitconnect_keys import test_key

SERVICE: Final = "https://test.fit-connect.example/submission-api"
DESTINATION: Final = "d12caea8-f372-4eb1-b102-b0a228253a11"
SUBMISSION: Final = "f39ab143-d91a-474a-b69f-b00f1a1873c2"
NEIGHBOUR: Final = "0f9a5f2c-5d53-4a33-9b1f-6e2f8d0c7b11"
CASE: Final = "9eec7d3e-dc66-4f82-9f52-1520bf96a32e"
ATTACHMENT: Final = "7a1c6f0e-9a54-4a55-8a6c-0d3b2e1f4a22"
NOW: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TAGS: Final = Tags(metadata="m" * 22, data="d" * 22, attachments={ATTACHMENT: "a" * 22})
OTHER_TAGS: Final = replace(TAGS, data="x" * 22)


def service_key() -> PrivateKey:
    return test_key("service")


def destination_key() -> PrivateKey:
    return test_key("sign")


def said(kind: str, number: int = 1, **changes: object) -> SetClaims:
    """What the right author says at the right time; ``number`` makes the id."""
    is_ours = kind == Kind.ACCEPT
    claims = SetClaims(
        id=f"00000000-0000-4000-8000-{number:012d}",
        issuer=DESTINATION if is_ours else SERVICE,
        submission=SUBMISSION,
        case=CASE,
        kind=kind,
        at=NOW - timedelta(hours=1) + timedelta(seconds=number),
        tags=TAGS if kind in {Kind.SUBMIT, Kind.ACCEPT} else None,
        schema=SET_SCHEMA,
    )
    return replace(claims, **changes)  # type: ignore[arg-type]


def token(claims: SetClaims, key: PrivateKey | None = None) -> str:
    """Signed by whom it should be, or by another key."""
    fitting = destination_key() if claims.issuer == DESTINATION else service_key()
    return sign(key or fitting, make_claims(claims)).decode()


def create(**changes: object) -> str:
    return token(said(Kind.CREATE, 1, **changes))


def submit(**changes: object) -> str:
    return token(said(Kind.SUBMIT, 2, **changes))


def accept(**changes: object) -> str:
    return token(said(Kind.ACCEPT, 3, **changes))


def reject(**changes: object) -> str:
    return token(said(Kind.REJECT, 4, **{"issuer": DESTINATION, **changes}))


def delete(**changes: object) -> str:
    return token(said(Kind.DELETE, 5, **changes))


def _published(*keys: PrivateKey) -> dict[str, PublicKey]:
    return {key.kid: key.public() for key in keys}


@dataclass
class MemoryKeys:
    """Fills ``KeySource``; remembers what it was asked for."""

    service: Mapping[str, PublicKey] = field(
        default_factory=lambda: _published(service_key())
    )
    destinations: Mapping[str, Mapping[str, PublicKey]] = field(
        default_factory=lambda: {DESTINATION: _published(destination_key())}
    )
    asked: list[str] = field(default_factory=list)

    async def service_key(self, kid: str) -> PublicKey:
        self.asked.append(f"service {kid}")
        return _found(self.service, kid)

    async def destination_key(self, destination: str, kid: str) -> PublicKey:
        self.asked.append(f"{destination} {kid}")
        return _found(self.destinations[destination], kid)


async def read(
    *tokens: str, keys: MemoryKeys | None = None, case: str = CASE
) -> VerifiedLog:
    return await verified_log(
        tokens,
        keys or MemoryKeys(),
        service_issuers=frozenset({SERVICE}),
        destination=DESTINATION,
        now=NOW,
        case=case,
    )


def _found(keys: Mapping[str, PublicKey], kid: str) -> PublicKey:
    if kid not in keys:
        raise KeyNotPublished
    return keys[kid]
