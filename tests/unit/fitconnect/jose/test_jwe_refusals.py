"""Every token that FIT-Connect does not allow is refused, however well encrypted."""

import json

import pytest
from cryptography.hazmat.primitives import hashes

from adapters.fitconnect.jose import compression
from adapters.fitconnect.jose.errors import (
    DecryptionFailed,
    HeaderRefused,
    PlainTooLarge,
    TokenMalformed,
)
from adapters.fitconnect.jose.jwe import Decryptor, decrypt
from tests.unit.fitconnect.jose.crafting import (
    HEADER,
    LIMIT,
    RING,
    crafted,
    deflated,
    noise,
)

PACKED = {**HEADER, "zip": "DEF"}


def given_before_refusal(*, limit: int) -> int:
    """How much of a bomb of 100 MB gets out."""
    bomb = crafted(PACKED, deflated(bytes(10**8))).encode()
    decryptor, given = Decryptor(RING, limit=limit), 0
    try:
        for piece in decryptor.pieces(bomb):
            given += len(piece)
    except PlainTooLarge:
        return given
    pytest.fail("it exploded")


def test_the_crafted_token_is_sound_by_itself() -> None:
    assert decrypt(RING, crafted(), limit=LIMIT) == b"{}"
    assert decrypt(RING, crafted(PACKED, deflated(b"{}")), limit=LIMIT) == b"{}"
    assert decrypt(RING, crafted({**HEADER, "typ": "JWE"}), limit=LIMIT) == b"{}"


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "RSA-OAEP"},
        {"alg": "RSA1_5"},
        {"alg": "dir"},
        {"alg": "none"},
        {"alg": ["RSA-OAEP-256"]},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"zip": "GZ"},
        {"zip": ""},
        {"zip": None},
        {"kid": ""},
        {"kid": 7},
        {"kid": "k" * 256},
        {"cty": {"a": 1}},
        {"typ": 1},
        {"crit": ["exp"]},
        {"p2c": 1_000_000},
        {"jku": "https://keys.example"},
        {"jwk": {"kty": "RSA"}},
        {"epk": {"kty": "EC"}},
        {"x5u": "https://keys.example"},
        {"Erika Mustermann": 1},
    ],
)
def test_a_header_outside_the_list_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(HeaderRefused) as raised:
        decrypt(RING, crafted({**HEADER, **change}), limit=LIMIT)
    assert "Erika" not in str(raised.value)
    assert "example" not in str(raised.value)


@pytest.mark.parametrize("missing", ["alg", "enc", "kid"])
def test_a_header_that_lacks_something_is_refused(missing: str) -> None:
    header = {name: value for name, value in HEADER.items() if name != missing}

    with pytest.raises(HeaderRefused):
        decrypt(RING, crafted(header), limit=LIMIT)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"alg": NaN}',
        json.dumps(HEADER).encode()[:-1] + b', "alg": "RSA-OAEP-256"}',
        b"[" * 5000,
    ],
)
def test_a_header_that_two_parsers_may_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(TokenMalformed):
        decrypt(RING, crafted(raw), limit=LIMIT)


@pytest.mark.parametrize("size", [0, 8, 11, 13, 16])
def test_another_length_of_the_iv_is_refused(size: int) -> None:
    whole = crafted().split(".")
    other = (
        crafted(iv=bytes(size)).split(".")
        if size >= 8
        else [*whole[:2], "", *whole[3:]]
    )

    with pytest.raises(TokenMalformed):
        decrypt(RING, ".".join(other), limit=LIMIT)


@pytest.mark.parametrize("size", [0, 1, 16, 24, 31, 33, 64])
def test_another_length_of_the_content_key_is_refused(size: int) -> None:
    with pytest.raises(DecryptionFailed):
        decrypt(RING, crafted(secret=bytes(size)), limit=LIMIT)


def test_a_content_key_wrapped_with_sha_1_is_refused() -> None:
    token = crafted(hashing=hashes.SHA1())  # noqa: S303 - what is refused

    with pytest.raises(DecryptionFailed):
        decrypt(RING, token, limit=LIMIT)


@pytest.mark.parametrize("tail", [".", "A", ".A", ".AAAA", "=", "\n"])
def test_whatever_follows_the_tag_is_refused(tail: str) -> None:
    with pytest.raises(TokenMalformed):
        decrypt(RING, crafted() + tail, limit=LIMIT)


def test_an_endless_tag_is_refused_before_its_end() -> None:
    decryptor = Decryptor(RING, limit=LIMIT)
    decryptor.feed(crafted().encode())

    with pytest.raises(TokenMalformed):
        decryptor.feed(b"A")


def test_a_shortened_tag_is_refused() -> None:
    token = crafted()

    with pytest.raises(TokenMalformed):
        decrypt(RING, token[:-6], limit=LIMIT)


@pytest.mark.parametrize("part", range(5))
@pytest.mark.parametrize("change", ["+", "/", "=", " ", "\n", "é"])
def test_letters_outside_base64url_are_refused(part: int, change: str) -> None:
    parts = crafted(plain=b"abcdef").split(".")
    parts[part] = change + parts[part][1:]

    with pytest.raises(TokenMalformed):
        decrypt(RING, ".".join(parts), limit=LIMIT)


@pytest.mark.parametrize("part", [3, 4])
def test_spare_bits_are_refused(part: int) -> None:
    # 16 bytes end in a letter of which two bits count, and 1 byte likewise.
    parts = crafted(plain=b"a").split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(parts[part][-1]) + 1]
    parts[part] = parts[part][:-1] + last

    with pytest.raises(TokenMalformed):
        decrypt(RING, ".".join(parts), limit=LIMIT)


def test_more_than_the_limit_is_refused_and_the_limit_itself_is_not() -> None:
    plain = noise(1000)
    for token in (crafted(plain=plain), crafted(PACKED, deflated(plain))):
        assert decrypt(RING, token, limit=1000) == plain
        with pytest.raises(PlainTooLarge):
            decrypt(RING, token, limit=999)


def test_a_compressed_bomb_ends_at_the_limit() -> None:
    assert given_before_refusal(limit=LIMIT) <= LIMIT


def test_a_compressed_bomb_ends_at_its_ratio_where_the_limit_is_far() -> None:
    most = max(compression.RATIO_COUNTS_FROM, compression.MOST_RATIO * 100_000)

    assert given_before_refusal(limit=10**12) <= most


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not deflate at all",
        deflated(b"{}")[:-1],
        deflated(b"{}") + b"x",
        deflated(b"{}") + deflated(b"{}"),
        deflated(noise(600_000))[:-5],
        deflated(noise(600_000)) + b"x",
    ],
    ids=len,
)
def test_compressed_data_that_is_not_whole_is_refused(packed: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        decrypt(RING, crafted(PACKED, packed), limit=LIMIT)


def test_compressed_data_without_zip_stays_as_it_is() -> None:
    packed = deflated(b"{}")

    assert decrypt(RING, crafted(plain=packed), limit=LIMIT) == packed


def test_nothing_counts_before_the_tag() -> None:
    token = crafted(plain=b"abc" * 100)
    forged = token[:-22] + ("A" if token[-22] != "A" else "B") + token[-21:]
    decryptor = Decryptor(RING, limit=LIMIT)
    decryptor.feed(forged.encode())

    with pytest.raises(DecryptionFailed):
        decryptor.finish()
