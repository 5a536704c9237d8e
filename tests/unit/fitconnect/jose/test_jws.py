"""A token is believed only if algorithm, header and key are all right."""

import json
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.errors import KeyUnusable, SignatureInvalid
from adapters.fitconnect.jose.jws import header_of, sign, verify
from adapters.fitconnect.jose.keys import read_public
from tests.fitconnect_keys import jwk_of, test_key
from tests.unit.fitconnect.jose.crafting import KEY, SIGNING

PUBLIC = SIGNING.public()
KIND = "secevent+jwt"
HEADER = {"alg": "PS512", "typ": KIND, "kid": SIGNING.kid}
SHA512 = hashes.SHA512()
PSS = padding.PSS(padding.MGF1(SHA512), 64)


def signed(
    header: Mapping[str, object] | bytes = HEADER,
    claims: bytes = b"{}",
    *,
    pad: padding.AsymmetricPadding = PSS,
    hashing: hashes.HashAlgorithm = SHA512,
) -> bytes:
    """Truly signed, whatever the header says."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    text = base64url.encode(raw) + b"." + base64url.encode(claims)
    return text + b"." + base64url.encode(SIGNING.rsa.sign(text, pad, hashing))


@given(
    claims=st.dictionaries(
        st.text(max_size=9),
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        max_size=5,
    )
)
@settings(max_examples=30)
def test_any_claims_come_back(claims: dict[str, object]) -> None:
    assert verify(sign(SIGNING, claims), PUBLIC, kind=KIND) == claims


def test_the_header_is_known_before_the_key_is() -> None:
    assert header_of(sign(SIGNING, {}, kind="jwt")) == {**HEADER, "typ": "jwt"}


def test_the_crafted_token_is_sound_by_itself() -> None:
    assert verify(signed(), PUBLIC, kind=KIND) == {}
    assert verify(signed({**HEADER, "x5t": "harmless"}), PUBLIC, kind=KIND) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "RS512"},
        {"alg": "RS256"},
        {"alg": "PS256"},
        {"alg": "HS512"},
        {"alg": None},
        {"typ": "JWT"},
        {"typ": ""},
        {"typ": 1},
        {"kid": ""},
        {"kid": None},
        {"kid": "another"},
        {"kid": "k" * 256},
        {"crit": ["b64"]},
        {"b64": False},
        {"jwk": {"kty": "RSA"}},
        {"jku": "https://keys.example"},
        {"x5u": "https://keys.example"},
        {"x5c": ["MII="]},
    ],
)
def test_another_header_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(SignatureInvalid) as raised:
        verify(signed({**HEADER, **change}), PUBLIC, kind=KIND)
    assert "example" not in str(raised.value)


@pytest.mark.parametrize("missing", ["alg", "typ", "kid"])
def test_a_header_that_lacks_something_is_refused(missing: str) -> None:
    header = {name: value for name, value in HEADER.items() if name != missing}

    with pytest.raises(SignatureInvalid):
        verify(signed(header), PUBLIC, kind=KIND)


@pytest.mark.parametrize(
    ("pad", "hashing"),
    [
        (padding.PKCS1v15(), SHA512),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        (padding.PSS(padding.MGF1(SHA512), 32), SHA512),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 64), SHA512),
    ],
)
def test_another_algorithm_under_this_name_is_refused(
    pad: padding.AsymmetricPadding, hashing: hashes.HashAlgorithm
) -> None:
    with pytest.raises(SignatureInvalid):
        verify(signed(pad=pad, hashing=hashing), PUBLIC, kind=KIND)


def test_another_key_under_this_name_is_refused() -> None:
    impostor = read_public({**jwk_of("signing-2"), "kid": SIGNING.kid})

    with pytest.raises(SignatureInvalid):
        verify(sign(SIGNING, {}), impostor, kind=KIND)


def test_a_key_for_encryption_neither_signs_nor_verifies() -> None:
    with pytest.raises(KeyUnusable):
        sign(KEY, {})
    with pytest.raises(SignatureInvalid):
        verify(signed({**HEADER, "kid": KEY.kid}), KEY.public(), kind=KIND)


def test_changed_claims_are_refused() -> None:
    first, second = (sign(SIGNING, {"n": n}).split(b".") for n in (1, 2))

    with pytest.raises(SignatureInvalid):
        verify(b".".join((first[0], second[1], first[2])), PUBLIC, kind=KIND)


@pytest.mark.parametrize("cut", [1, 2, 100, 683, 684])
def test_a_token_without_its_whole_signature_is_refused(cut: int) -> None:
    with pytest.raises(SignatureInvalid):
        verify(sign(SIGNING, {})[:-cut], PUBLIC, kind=KIND)


@pytest.mark.parametrize("tail", [b".", b"A", b"=", b"\n", b".AAAA"])
def test_whatever_follows_is_refused(tail: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(sign(SIGNING, {}) + tail, PUBLIC, kind=KIND)


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "é.b.c", "." * 2_000_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(SignatureInvalid):
        verify(token, PUBLIC, kind=KIND)
    with pytest.raises(SignatureInvalid):
        header_of(token)


@pytest.mark.parametrize(
    "claims", [b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 9999]
)
def test_signed_claims_that_are_no_object_are_refused(claims: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(signed(claims=claims), PUBLIC, kind=KIND)


def test_keys_of_tests_are_told_apart_by_their_name() -> None:
    assert test_key("service").algorithm == "PS512"
    assert test_key("decryption").algorithm == "RSA-OAEP-256"
