"""No token is believed but from whom it may come, by whose key it is signed."""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.events.errors import Flaw
from adapters.fitconnect.events.tokens import SET_SCHEMA, Kind, make_claims
from adapters.fitconnect.events.verifying import (
    BadToken,
    LogEntry,
    SeenSignatures,
    Trust,
    verified_tokens,
)
from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.keys import PublicKey
from schemas.errors import CounterpartAway
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.events.logs import (
    DESTINATION,
    NEIGHBOUR,
    NOW,
    SERVICE,
    SUBMISSION,
    MemoryKeys,
    accept,
    create,
    destination_key,
    read,
    reject,
    said,
    service_key,
    submit,
    token,
)

FOREIGN = "22222222-2222-4222-8222-222222222222"
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


async def test_what_is_as_it_should_be_is_believed() -> None:
    for good in (create(), submit(), accept(), reject(), signed()):
        assert await flaw_of(good) is None
    assert await flaw_of(reject(issuer=SERVICE)) is None


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


@pytest.mark.parametrize("alg", ["RS256", "PS256", "RS512", "HS512", "ps512", 5, None])
async def test_another_algorithm_is_not_read(alg: object) -> None:
    assert await flaw_of(signed({**HEADER, "alg": alg})) is Flaw.UNREADABLE


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


async def test_no_key_is_asked_for_before_the_issuer_is_known() -> None:
    keys = MemoryKeys()
    evil = token(said(Kind.CREATE, issuer="https://evil.example"))

    assert await flaw_of(evil, keys) is Flaw.FOREIGN_ISSUER
    assert keys.asked == []


@pytest.mark.parametrize(
    "issuer",
    [
        FOREIGN,
        "http" + SERVICE.removeprefix("https"),
        SERVICE + ".evil.example",
        SERVICE + "/v2",
        SERVICE.replace("https://", "https://x@"),
        "service",
    ],
)
async def test_an_issuer_that_is_not_ours_is_not_believed(issuer: str) -> None:
    stranger = token(said(Kind.REJECT, issuer=issuer))

    assert await flaw_of(stranger) is Flaw.FOREIGN_ISSUER


async def test_a_slash_at_the_end_makes_no_other_issuer() -> None:
    assert await flaw_of(create(issuer=SERVICE + "/")) is None


@pytest.mark.parametrize("kind", [Kind.CREATE, Kind.SUBMIT, Kind.NOTIFY, Kind.DELETE])
async def test_a_subscriber_cannot_write_the_services_events(kind: Kind) -> None:
    assert await flaw_of(token(said(kind, issuer=DESTINATION))) is Flaw.WRONG_AUTHOR


async def test_the_service_cannot_accept_for_a_subscriber() -> None:
    assert await flaw_of(accept(issuer=SERVICE)) is Flaw.WRONG_AUTHOR


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


async def test_a_key_for_encryption_verifies_nothing() -> None:
    public = replace(
        service_key().public(), algorithm="RSA-OAEP-256", operations=frozenset()
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


@pytest.mark.parametrize(
    ("ahead", "flaw"),
    [(299, None), (300, None), (301, Flaw.FUTURE), (10**6, Flaw.FUTURE)],
)
async def test_clocks_may_differ_a_little(ahead: int, flaw: Flaw | None) -> None:
    at = NOW + timedelta(seconds=ahead)

    assert await flaw_of(create(at=at)) is flaw


async def test_how_much_clocks_may_differ_is_a_setting() -> None:
    trust = replace(TRUST, clock_skew=timedelta(hours=1))
    late = create(at=NOW + timedelta(minutes=59)).encode()
    [result] = await verified_tokens([late], MemoryKeys(), trust, SeenSignatures())

    assert isinstance(result, LogEntry)


async def test_a_newer_set_payload_is_a_setting_too() -> None:
    newer = create(schema=SET_SCHEMA.replace("1.2.2", "2.0.0"))
    trust = replace(TRUST, majors=frozenset({1, 2}))
    [result] = await verified_tokens(
        [newer.encode()], MemoryKeys(), trust, SeenSignatures()
    )

    assert await flaw_of(newer) is Flaw.UNREADABLE
    assert isinstance(result, LogEntry)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b", "a.b.c.d", "....", "é.é.é", "\ud800", "x" * 300_000],
)
async def test_what_is_no_token_is_about_nobody(text: str) -> None:
    log = await read(text)

    assert log.bad == {"": frozenset({Flaw.UNREADABLE})}


@pytest.mark.parametrize("claims", [[], "x", None, {**CLAIMS, "iat": "now"}])
async def test_signed_nonsense_is_nonsense(claims: object) -> None:
    assert await flaw_of(signed(claims=claims)) is Flaw.UNREADABLE


async def test_a_token_with_a_fault_spoils_only_whom_it_names() -> None:
    [result] = await verified_tokens(
        [signed(claims={**CLAIMS, "iat": 5}).encode()],
        MemoryKeys(),
        TRUST,
        SeenSignatures(),
    )

    assert result == BadToken(submission=SUBMISSION, flaw=Flaw.UNREADABLE)


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


async def test_each_key_is_asked_for_once() -> None:
    keys = MemoryKeys()
    await read(create(), submit(), accept(), reject(), keys=keys)

    assert sorted(keys.asked) == sorted(
        [f"service {service_key().kid}", f"{DESTINATION} {destination_key().kid}"]
    )


async def test_a_token_that_held_once_does_not_hold_under_another_key() -> None:
    seen = SeenSignatures()
    good = create().encode()
    impostor = replace(test_key("sign-foreign").public(), kid=service_key().kid)
    other = MemoryKeys(service={impostor.kid: impostor})

    [first] = await verified_tokens([good], MemoryKeys(), TRUST, seen)
    [again] = await verified_tokens([good], MemoryKeys(), TRUST, seen)
    [elsewhere] = await verified_tokens([good], other, TRUST, seen)

    assert isinstance(first, LogEntry)
    assert again == first
    assert elsewhere == BadToken(submission=SUBMISSION, flaw=Flaw.SIGNATURE)


async def test_a_remembered_token_is_still_judged_by_the_rest() -> None:
    seen = SeenSignatures()
    good = create().encode()
    await verified_tokens([good], MemoryKeys(), TRUST, seen)
    elsewhere = replace(TRUST, service_issuers=frozenset({"https://other.example"}))

    [result] = await verified_tokens([good], MemoryKeys(), elsewhere, seen)

    assert result == BadToken(submission=SUBMISSION, flaw=Flaw.FOREIGN_ISSUER)


async def test_what_does_not_hold_is_not_remembered() -> None:
    seen = SeenSignatures()
    thief = replace(test_key("sign-foreign"), kid=service_key().kid)
    forged = token(said(Kind.SUBMIT), thief).encode()

    for _ in range(2):
        [result] = await verified_tokens([forged], MemoryKeys(), TRUST, seen)
        assert isinstance(result, BadToken)
    assert len(seen) == 0


def test_memory_is_bounded_and_keeps_the_latest() -> None:
    seen = SeenSignatures(most=3)
    for number in range(5):
        seen.add(bytes([number]))
        assert bytes([0]) in seen or number > 2

    assert len(seen) == 3
    assert bytes([4]) in seen
    assert bytes([1]) not in seen


@dataclass
class WatchedKey:
    """Verifies like the real one, and notes in which thread."""

    real: rsa.RSAPublicKey
    threads: set[int] = field(default_factory=set)

    def verify(
        self,
        signature: bytes,
        data: bytes,
        scheme: padding.AsymmetricPadding,
        digest: hashes.HashAlgorithm,
    ) -> None:
        self.threads.add(threading.get_ident())
        self.real.verify(signature, data, scheme, digest)

    def public_numbers(self) -> rsa.RSAPublicNumbers:
        return self.real.public_numbers()


@pytest.mark.parametrize(("number", "is_here"), [(3, True), (40, False)])
async def test_only_many_tokens_are_verified_in_a_thread(
    number: int, *, is_here: bool
) -> None:
    watched = WatchedKey(service_key().public().rsa)
    public = replace(service_key().public(), rsa=cast("rsa.RSAPublicKey", watched))
    keys = MemoryKeys(service={public.kid: public})
    tokens = [token(said(Kind.NOTIFY, one)).encode() for one in range(1, number + 1)]

    results = await verified_tokens(tokens, keys, TRUST, SeenSignatures())

    assert [one.token for one in results if isinstance(one, LogEntry)] == tokens
    assert (threading.get_ident() in watched.threads) is is_here
    assert len(watched.threads) == 1


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from([*HEADER, ".", "e30", "{}"])).map("".join)
)
def test_no_text_raises(text: str) -> None:
    log = asyncio.run(read(text))

    assert log.bad == {"": frozenset({Flaw.UNREADABLE})}
