"""Tokens that say of themselves what is not so, and what is made of them."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.fitconnect.events.errors import Flaw
from adapters.fitconnect.events.tokens import Kind, make_claims
from adapters.fitconnect.events.verifying import (
    BadToken,
    SeenSignatures,
    Trust,
    verified_tokens,
)
from adapters.fitconnect.jose import base64url
from tests.unit.fitconnect.events.logs import (
    DESTINATION,
    NOW,
    SERVICE,
    MemoryKeys,
    said,
    service_key,
)

TRUST = Trust(service_issuers=frozenset({SERVICE}), destination=DESTINATION, now=NOW)
HEADER = {"alg": "PS512", "typ": "secevent+jwt", "kid": service_key().kid}
CLAIMS = make_claims(said(Kind.CREATE))


def signed(
    header: Mapping[str, Any] | None = None,
    claims: object = CLAIMS,
    *,
    scheme: padding.AsymmetricPadding | None = None,
    digest: hashes.HashAlgorithm | None = None,
) -> str:
    """A token of the service's key, whatever it says of itself."""
    digest = digest or hashes.SHA512()
    scheme = scheme or padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    parts = [
        base64url.encode(json.dumps(one).encode())
        for one in (HEADER if header is None else header, claims)
    ]
    body = b".".join(parts)
    signature = service_key().rsa.sign(body, scheme, digest)
    return (body + b"." + base64url.encode(signature)).decode()


async def flaw_of(token_: str, keys: MemoryKeys | None = None) -> Flaw | None:
    """None where it is believed; never from the memory of earlier tests."""
    [result] = await verified_tokens(
        [token_.encode()], keys or MemoryKeys(), TRUST, SeenSignatures()
    )
    return result.flaw if isinstance(result, BadToken) else None
