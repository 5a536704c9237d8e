"""No token is believed but by a signature of its key's kind, under the right key."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.fitconnect.events.errors import Flaw
from adapters.fitconnect.events.tokens import Kind, make_claims
from adapters.fitconnect.events.verifying import (
    LogEntry,
    SeenSignatures,
    verified_tokens,
)
from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.algorithms import pss
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.keys import PublicKey
from schemas.errors import CounterpartAway
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.events.hostile import CLAIMS, HEADER, TRUST, flaw_of, signed
from tests.unit.fitconnect.events.logs import (
    DESTINATION,
    NEIGHBOUR,
    MemoryKeys,
    accept,
    create,
    destination_key,
    said,
    service_key,
    submit,
    token,
)


async def test_a_changed_token_is_not_believed() -> None:
    head, body, signature = submit().split(".")
    other = accept().split(".")[2]
    claims = make_claims(said(Kind.SUBMIT, 2, submission=NEIGHBOUR))
    forged = base64url.encode(json.dumps(claims).encode()).decode()

    assert await flaw_of(f"{head}.{forged}.{signature}") is Flaw.SIGNATURE
    assert await flaw_of(f"{head}.{body}.{other}") is Flaw.SIGNATURE
    assert await flaw_of(f"{head}.{body}.") is Flaw.SIGNATURE


async def test_alg_none_is_not_read() -> None:
    head = base64url.encode(json.dumps({**HEADER, "alg": "none"}).encode()).decode()
    _, body, _ = signed().split(".")

    assert await flaw_of(f"{head}.{body}.") is Flaw.UNREADABLE
    assert await flaw_of(signed({**HEADER, "alg": "none"})) is Flaw.UNREADABLE


@pytest.mark.parametrize("alg", ["RS256", "PS1", "RS512", "HS512", "ps512", 5, None])
async def test_an_algorithm_that_we_do_not_know_is_not_read(alg: object) -> None:
    assert await flaw_of(signed({**HEADER, "alg": alg})) is Flaw.UNREADABLE


@pytest.mark.parametrize("alg", ["PS256", "PS384"])
async def test_another_algorithm_than_its_keys_proves_nothing(alg: str) -> None:
    scheme, digest = pss(alg)
    other = {**HEADER, "alg": alg}
    truly = signed(other, scheme=scheme, digest=digest)
    silently = signed(scheme=scheme, digest=digest)

    assert await flaw_of(signed(other)) is Flaw.SIGNATURE
    assert await flaw_of(truly) is Flaw.SIGNATURE
    assert await flaw_of(silently) is Flaw.SIGNATURE


@pytest.mark.parametrize(
    ("scheme", "digest"),
    [
        (padding.PKCS1v15(), hashes.SHA256()),
        (padding.PKCS1v15(), hashes.SHA512()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        (padding.PSS(padding.MGF1(hashes.SHA512()), 32), hashes.SHA512()),
    ],
)
async def test_a_signature_of_another_algorithm_does_not_hold(
    scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm
) -> None:
    assert await flaw_of(signed(scheme=scheme, digest=digest)) is Flaw.SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"typ": "JWT"},
        {"typ": "application/secevent+jwt"},
        {"typ": None},
        {"kid": ""},
        {"kid": 7},
        {"crit": ["exp"]},
        {"jwk": {"kty": "RSA"}},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert"},
    ],
)
async def test_a_header_that_says_more_or_less_is_not_read(
    header: Mapping[str, Any],
) -> None:
    assert await flaw_of(signed({**HEADER, **header} if header else {})) is (
        Flaw.UNREADABLE
    )


async def test_the_services_key_signs_nothing_of_a_subscriber() -> None:
    forged = token(said(Kind.ACCEPT), service_key())

    assert await flaw_of(forged) is Flaw.UNKNOWN_KEY


async def test_a_subscribers_key_signs_nothing_of_the_service() -> None:
    assert await flaw_of(token(said(Kind.SUBMIT), destination_key())) is (
        Flaw.UNKNOWN_KEY
    )


async def test_a_key_that_borrows_anothers_id_does_not_hold() -> None:
    thief = replace(test_key("sign-foreign"), kid=service_key().kid)

    assert await flaw_of(token(said(Kind.SUBMIT), thief)) is Flaw.SIGNATURE


async def test_a_source_that_gives_the_wrong_key_is_not_followed() -> None:
    foreign = test_key("sign-foreign")
    keys = MemoryKeys(service={service_key().kid: foreign.public()})
    forged = token(said(Kind.SUBMIT), replace(foreign, kid=service_key().kid))

    assert await flaw_of(forged, keys) is Flaw.UNKNOWN_KEY


async def test_what_held_by_one_algorithm_is_not_remembered_for_another() -> None:
    by_another = replace(service_key(), algorithm="PS256")
    raw = token(said(Kind.CREATE), by_another).encode()
    seen = SeenSignatures()
    results = [
        await verified_tokens(
            [raw], MemoryKeys(service={key.kid: key.public()}), TRUST, seen
        )
        for key in (by_another, service_key())
    ]

    assert [isinstance(one, LogEntry) for [one] in results] == [True, False]


@pytest.mark.parametrize(
    ("algorithm", "operation"), [("RSA-OAEP-256", "verify"), ("PS512", "wrapKey")]
)
async def test_a_key_for_encryption_verifies_nothing(
    algorithm: str, operation: str
) -> None:
    public = replace(
        service_key().public(),
        algorithm=algorithm,
        operations=frozenset({operation}),
    )
    keys = MemoryKeys(service={public.kid: public})

    assert await flaw_of(create(), keys) is Flaw.UNKNOWN_KEY


async def test_an_old_key_that_is_still_published_verifies() -> None:
    old = test_key("sign-foreign")
    keys = MemoryKeys(destinations={DESTINATION: {old.kid: old.public()}})

    assert await flaw_of(token(said(Kind.ACCEPT), old), keys) is None


async def test_a_published_key_that_cannot_be_used_is_none() -> None:
    class Unusable(MemoryKeys):
        async def service_key(self, kid: str) -> PublicKey:
            raise KeyUnusable

    assert await flaw_of(create(), Unusable()) is Flaw.UNKNOWN_KEY


async def test_that_keys_cannot_be_asked_for_is_no_flaw_of_the_log() -> None:
    class Away(MemoryKeys):
        async def service_key(self, kid: str) -> PublicKey:
            raise CounterpartAway

    with pytest.raises(CounterpartAway):
        await flaw_of(create(), Away())


@pytest.mark.parametrize("claims", [[], "x", None, {**CLAIMS, "iat": "now"}])
async def test_signed_nonsense_is_nonsense(claims: object) -> None:
    assert await flaw_of(signed(claims=claims)) is Flaw.UNREADABLE


async def test_a_token_beyond_all_measure_is_not_read() -> None:
    assert await flaw_of(signed(claims={**CLAIMS, "more": "x" * 100_000})) is None
    assert await flaw_of(signed(claims={**CLAIMS, "more": "x" * 200_000})) is (
        Flaw.UNREADABLE
    )


async def test_a_claim_that_stands_twice_is_not_read() -> None:
    body = json.dumps(CLAIMS)[:-1] + f', "sub": "submission:{NEIGHBOUR}"}}'
    parts = [
        base64url.encode(json.dumps(HEADER).encode()),
        base64url.encode(body.encode()),
    ]
    signature = service_key().rsa.sign(
        b".".join(parts),
        padding.PSS(padding.MGF1(hashes.SHA512()), 64),
        hashes.SHA512(),
    )
    twice = b".".join((*parts, base64url.encode(signature))).decode()

    assert await flaw_of(twice) is Flaw.UNREADABLE
