"""Keys are read as the world writes them, and refused for a reason that is told."""

import hashlib
import json
from math import lcm

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.keys import (
    made_private,
    private_jwk,
    proved,
    public_jwk,
    read_private,
    read_private_set,
    read_public,
    thumbprint,
    write_set,
)
from tests.fitconnect_keys import jwk_of, private_text
from tests.unit.fitconnect.jose.crafting import KEY, SIGNING

SMALL = made_private(generate_private_key(65537, 2048), algorithm="RSA-OAEP-256")
# RFC 7638, section 3.1.
RFC_KEY = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPF"
        "FxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93l"
        "qt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHz"
        "u6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPks"
        "INHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def public(**changes: object) -> dict[str, object]:
    """The published key with these members; None takes one away."""
    changed = {**jwk_of("decryption"), **changes}
    return {name: value for name, value in changed.items() if value is not None}


def private(**changes: object) -> str:
    changed = {**private_jwk(KEY), **changes}
    return json.dumps({name: v for name, v in changed.items() if v is not None})


def test_the_thumbprint_is_that_of_the_standard() -> None:
    assert thumbprint(RFC_KEY) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_key_survives_being_written_and_read() -> None:
    for key in (KEY, SIGNING):
        back = read_private(json.dumps(private_jwk(key)))

        assert back == key
        assert back.rsa.private_numbers() == key.rsa.private_numbers()
    assert read_private_set(write_set(map(private_jwk, (KEY, SIGNING)))) == (
        KEY,
        SIGNING,
    )


def test_what_is_published_is_what_fit_connect_asks_for_and_nothing_private() -> None:
    jwk = public_jwk(KEY, certificates=[b"\x30\x00"])

    assert jwk.keys() == {"kty", "key_ops", "alg", "x5c", "kid", "n", "e"}
    assert (jwk["key_ops"], jwk["alg"]) == (["wrapKey"], "RSA-OAEP-256")
    assert (jwk["x5c"], jwk["e"]) == (["MAA="], "AQAB")
    assert len(str(jwk["n"])) == 683


@pytest.mark.parametrize(
    "changes",
    [
        {"key_ops": ["wrapKey"]},
        {"key_ops": ["encrypt"]},
        {"key_ops": ["wrapKey", "encrypt", "verify"]},
        {"key_ops": None},
        {"key_ops": None, "use": "enc"},
        {"key_ops": None, "use": "enc", "alg": None},
        {"alg": None},
        {"use": "enc", "x5t": "unknown members are harmless"},
    ],
)
def test_keys_to_encrypt_with_are_read_alike(changes: dict[str, object]) -> None:
    key = read_public(public(**changes))

    assert (key.operations, key.algorithm) == (frozenset({"wrapKey"}), "RSA-OAEP-256")


@pytest.mark.parametrize("key_ops", [["unwrapKey"], ["decrypt"], None])
def test_private_keys_are_read_alike(key_ops: list[str] | None) -> None:
    key = read_private(private(key_ops=key_ops))

    assert key.operations == {"unwrapKey"}


def test_a_key_without_an_id_has_its_thumbprint() -> None:
    assert read_public(public(kid=None)).kid == KEY.kid
    assert read_private(private(kid=None)).kid == KEY.kid


def test_factors_are_found_where_they_lack() -> None:
    key = read_private(private(p=None, q=None, dp=None, dq=None, qi=None))

    assert key.rsa.private_numbers().public_numbers == (
        KEY.rsa.public_key().public_numbers()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"kty": None},
        {"alg": "RSA-OAEP"},
        {"alg": "RS256"},
        {"alg": "PS512"},
        {"key_ops": ["verify"]},
        {"key_ops": []},
        {"key_ops": "wrapKey"},
        {"use": "sig"},
        {"alg": None, "key_ops": None},
        {"n": None},
        {"n": ""},
        {"n": 7},
        {"n": "not+base64url"},
        {"n": "AQAB"},
        {"n": "/" * 20_000},
        {"n": base64url.encode(b"\xff" * 1025).decode()},
        {"n": base64url.encode(b"\xff" * 511 + b"\xfe").decode()},
        {"e": "Aw"},
        {"e": None},
        {"kid": ""},
        {"kid": 7},
        {"kid": "k" * 256},
        {"x5c": "MAA="},
        {"x5c": ["?"]},
        {"x5c": ["MAA="] * 11},
    ],
)
def test_a_published_key_that_is_none_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(KeyUnusable):
        read_public(public(**changes))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "-----BEGIN PRIVATE KEY-----",
        '{"keys": []}',
        '{"keys": 1}',
        '{"keys": [1]}',
        json.dumps(jwk_of("decryption")),
        write_set(map(private_jwk, (KEY, SIGNING))),
        private(p="Aw"),
        private(d="AQAB"),
        private(p="AA", q="AA"),
        private(n=jwk_of("signing")["n"]),
        private(key_ops=["sign"]),
        private_text("decryption") + private_text("decryption"),
        " " * 100_000,
    ],
    ids=len,
)
def test_a_private_key_that_is_none_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(KeyUnusable) as raised:
        read_private(text)
    assert str(private_jwk(KEY)["n"])[:20] not in str(raised.value)


def test_short_keys_need_a_word() -> None:
    with pytest.raises(KeyUnusable, match="2048 bits"):
        read_public(public_jwk(SMALL))
    with pytest.raises(KeyUnusable):
        read_private(json.dumps(private_jwk(SMALL)))

    jwk = public_jwk(SMALL)
    assert read_public(jwk, least_bits=2048).kid == SMALL.kid


def test_nothing_of_a_key_shows_when_it_is_printed() -> None:
    number = str(KEY.rsa.private_numbers().d)

    assert number[:20] not in repr(KEY)
    assert "RSAPrivateKey" not in repr(KEY)


def test_a_key_whose_factors_are_not_prime_is_not_proved() -> None:
    p, q = SMALL.rsa.private_numbers().public_numbers.n, KEY.rsa.private_numbers().p
    numbers = {"n": p * q, "p": p, "q": q, "d": pow(65537, -1, lcm(p - 1, q - 1))}
    texts = {name: text_of(number) for name, number in numbers.items()}
    key = read_private(private(**texts), least_bits=4000)

    with pytest.raises(KeyUnusable):
        proved(key)
    assert proved(KEY) is KEY


def text_of(number: int) -> str:
    return base64url.encode(number.to_bytes(512, "big").lstrip(b"\0")).decode()


@given(raw=st.binary(max_size=400))
def test_base64url_has_one_text_for_the_same_bytes(raw: bytes) -> None:
    text = base64url.encode(raw)

    assert base64url.decode(text) == raw
    assert b"=" not in text
    assert text.isascii()


@given(text=st.binary(max_size=12))
def test_what_base64url_decodes_encodes_to_the_same(text: bytes) -> None:
    try:
        raw = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(raw) == text


def test_the_key_id_is_the_thumbprint_by_the_book() -> None:
    jwk = jwk_of("signing")
    by_hand = f'{{"e":"AQAB","kty":"RSA","n":"{jwk["n"]}"}}'
    digest = hashlib.sha256(by_hand.encode()).digest()

    assert base64url.encode(digest).decode() == jwk["kid"] == SIGNING.kid
