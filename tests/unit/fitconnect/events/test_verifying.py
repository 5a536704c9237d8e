"""No token is believed but from whom it may come, and when; what held is known."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.events.errors import Flaw
from adapters.fitconnect.events.tokens import SET_SCHEMA, Kind
from adapters.fitconnect.events.verifying import (
    BadToken,
    LogEntry,
    SeenSignatures,
    verified_tokens,
)
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.events.hostile import CLAIMS, HEADER, TRUST, flaw_of, signed
from tests.unit.fitconnect.events.logs import (
    DESTINATION,
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


async def test_what_is_as_it_should_be_is_believed() -> None:
    for good in (create(), submit(), accept(), reject(), signed()):
        assert await flaw_of(good) is None
    assert await flaw_of(reject(issuer=SERVICE)) is None


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


async def test_a_token_with_a_fault_spoils_only_whom_it_names() -> None:
    [result] = await verified_tokens(
        [signed(claims={**CLAIMS, "iat": 5}).encode()],
        MemoryKeys(),
        TRUST,
        SeenSignatures(),
    )

    assert result == BadToken(submission=SUBMISSION, flaw=Flaw.UNREADABLE)


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


def test_what_is_asked_for_again_is_not_the_first_to_be_forgotten() -> None:
    seen = SeenSignatures(most=2)
    seen.add(b"often")
    seen.add(b"once")
    assert b"often" in seen

    seen.add(b"new")

    assert b"often" in seen
    assert b"once" not in seen


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
