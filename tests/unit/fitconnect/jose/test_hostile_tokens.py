"""Whatever strangers send, it is refused with an error of ours, and no other."""

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.errors import (
    DecryptionFailed,
    KeyNotHeld,
    KeyUnusable,
    SignatureInvalid,
)
from adapters.fitconnect.jose.jwe import Decryptor, decrypt, encrypt, tag_of
from adapters.fitconnect.jose.jws import sign, verify
from adapters.fitconnect.jose.keys import (
    private_jwk,
    read_private_set,
    read_public,
    thumbprint,
)
from tests.fitconnect_keys import jwk_of
from tests.unit.fitconnect.jose.crafting import KEY, LIMIT, RING, SIGNING

PLAIN = b'{"a": "bcdefgh"}'
TOKENS = [
    encrypt(KEY.public(), PLAIN, content_type="application/json", compress=compress)
    for compress in (False, True)
]
SIGNED = sign(SIGNING, {"n": 1})
WORDS = ["kty", "key_ops", "alg", "use", "n", "e", "x5c", "kid", "d", "p", "q"]

changes = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=3
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed(raw: bytes, at: list[tuple[int, int]]) -> bytes:
    made = bytearray(raw)
    for place, value in at:
        made[place % len(made)] = value
    return bytes(made)


@given(at=changes, token=st.sampled_from(TOKENS))
@settings(max_examples=80)
def test_a_changed_token_does_not_open(at: list[tuple[int, int]], token: str) -> None:
    raw = changed(token.encode(), at)
    with contextlib.suppress(DecryptionFailed, KeyNotHeld):
        assert decrypt(RING, raw, limit=LIMIT) == PLAIN
        assert raw == token.encode()


@given(raw=st.binary(max_size=300), size=st.integers(1, 50))
def test_any_bytes_are_no_token(raw: bytes, size: int) -> None:
    decryptor = Decryptor(RING, limit=LIMIT)
    with contextlib.suppress(DecryptionFailed, KeyNotHeld):
        for start in range(0, len(raw), size):
            decryptor.feed(raw[start : start + size])
        decryptor.finish()
        raise AssertionError
    with contextlib.suppress(DecryptionFailed):
        tag_of(raw)


@given(at=changes)
@settings(max_examples=80)
def test_a_changed_signature_proves_nothing(at: list[tuple[int, int]]) -> None:
    raw = changed(SIGNED, at)
    with contextlib.suppress(SignatureInvalid):
        verify(raw, SIGNING.public(), kind="secevent+jwt")
        assert raw == SIGNED


@given(
    jwk=st.dictionaries(st.sampled_from(WORDS), json_values),
    kept=st.sets(st.sampled_from(WORDS)),
)
@settings(max_examples=150)
def test_any_json_is_a_key_or_none(jwk: dict[str, object], kept: set[str]) -> None:
    sound = private_jwk(KEY)
    mixed = {**jwk, **{name: sound[name] for name in kept if name in sound}}
    with contextlib.suppress(KeyUnusable):
        read_public(mixed)
    with contextlib.suppress(KeyUnusable):
        thumbprint(mixed)
    with contextlib.suppress(KeyUnusable):
        read_private_set(json.dumps({"keys": [mixed]}))


@given(text=st.text(max_size=200))
def test_any_text_is_no_private_key(text: str) -> None:
    with contextlib.suppress(KeyUnusable):
        read_private_set(text)
        raise AssertionError


@given(n=st.integers(2**4095, 2**4096 - 1))
@settings(max_examples=30)
def test_any_modulus_is_a_key_or_none(n: int) -> None:
    raw = n.to_bytes(512, "big")
    with contextlib.suppress(KeyUnusable):
        key = read_public({**jwk_of("decryption"), "n": base64url.encode(raw).decode()})
        encrypt(key, b"{}", content_type="application/json")
