"""What we encrypt opens again, in any pieces; what was touched does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fitconnect.jose.errors import (
    DecryptionFailed,
    KeyNotHeld,
    KeyUnusable,
    TokenMalformed,
)
from adapters.fitconnect.jose.jwe import (
    Decryptor,
    Encryptor,
    Keyring,
    decrypt,
    encrypt,
    tag_of,
)
from adapters.fitconnect.jose.keys import PrivateKey, read_public
from tests.fitconnect_keys import jwk_of
from tests.unit.fitconnect.jose.crafting import (
    KEY,
    LIMIT,
    OTHER,
    RING,
    SIGNING,
    noise,
)

PUBLIC = KEY.public()
JSON = "application/json"


def chunks(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut at these sizes, over and over."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        size = sizes[len(found) % len(sizes)]
        found.append(data[at : at + size])
        at += size
    return found


@given(
    plain=st.binary(max_size=3000),
    written=st.lists(st.integers(1, 700), min_size=1, max_size=5),
    read=st.lists(st.integers(1, 900), min_size=1, max_size=5),
    compress=st.booleans(),
)
@settings(max_examples=60)
def test_any_bytes_in_any_pieces_come_back(
    plain: bytes, written: list[int], read: list[int], *, compress: bool
) -> None:
    encryptor = Encryptor(PUBLIC, content_type=JSON, compress=compress)
    token = encryptor.head()
    token += b"".join(map(encryptor.update, chunks(plain, written)))
    token += encryptor.finish()
    decryptor = Decryptor(RING, limit=LIMIT)
    back = b"".join(map(decryptor.feed, chunks(token, read))) + decryptor.finish()

    assert back == plain
    assert encryptor.tag == decryptor.tag == tag_of(token)
    assert decrypt(RING, token, limit=LIMIT) == plain


@pytest.mark.parametrize("compress", [False, True])
def test_megabytes_come_back(*, compress: bool) -> None:
    plain = noise(1_500_000) + bytes(1_500_000)
    token = encrypt(PUBLIC, plain, content_type="application/pdf", compress=compress)

    assert decrypt(RING, token, limit=LIMIT) == plain


def test_the_header_says_what_fit_connect_demands() -> None:
    decryptor = Decryptor(RING, limit=LIMIT)
    decryptor.feed(encrypt(PUBLIC, b"{}", content_type=JSON).encode())

    assert decryptor.header.kid == KEY.kid
    assert decryptor.header.content_type == JSON
    assert not decryptor.header.is_compressed


def test_a_token_is_never_shorter_than_fit_connect_takes() -> None:
    token = encrypt(PUBLIC, b"", content_type=JSON)

    assert len(token) >= 776


def test_the_same_is_never_encrypted_alike_twice() -> None:
    first, second = (encrypt(PUBLIC, b"{}", content_type=JSON) for _ in range(2))

    assert first.split(".")[1:3] != second.split(".")[1:3]


@pytest.mark.parametrize("part", range(5))
def test_a_changed_part_does_not_open(part: int) -> None:
    parts = encrypt(PUBLIC, b'{"a": "b"}', content_type=JSON).split(".")
    middle = len(parts[part]) // 2
    swapped = "B" if parts[part][middle] != "B" else "C"
    parts[part] = parts[part][:middle] + swapped + parts[part][middle + 1 :]

    with pytest.raises((DecryptionFailed, KeyNotHeld)):
        decrypt(RING, ".".join(parts), limit=LIMIT)


def test_swapped_content_does_not_open() -> None:
    one, two = (encrypt(PUBLIC, b, content_type=JSON).split(".") for b in (b"1", b"2"))

    with pytest.raises(DecryptionFailed):
        decrypt(RING, ".".join((*one[:3], *two[3:])), limit=LIMIT)


def test_several_keys_open_what_is_theirs() -> None:
    ring = Keyring([KEY, OTHER])
    tokens = [encrypt(key.public(), b"{}", content_type=JSON) for key in (KEY, OTHER)]

    assert [decrypt(ring, token, limit=LIMIT) for token in tokens] == [b"{}", b"{}"]


def test_a_key_answers_to_published_id_and_thumbprint() -> None:
    published = PrivateKey(
        kid="ein-kid-wrapKey",
        operations=KEY.operations,
        algorithm=KEY.algorithm,
        rsa=KEY.rsa,
    )
    ring = Keyring([published])
    tokens = [
        encrypt(key.public(), b"{}", content_type=JSON) for key in (published, KEY)
    ]

    assert [decrypt(ring, token, limit=LIMIT) for token in tokens] == [b"{}", b"{}"]


def test_a_key_that_we_do_not_hold_is_ours_to_look_for() -> None:
    token = encrypt(OTHER.public(), b"{}", content_type=JSON)

    with pytest.raises(KeyNotHeld, match=f"begins with {OTHER.kid[:8]}\\.") as raised:
        decrypt(RING, token, limit=LIMIT)
    assert OTHER.kid not in str(raised.value)


def test_a_foreign_token_under_our_kid_is_the_senders_mistake() -> None:
    confused = read_public({**jwk_of("decryption-2"), "kid": KEY.kid})

    with pytest.raises(DecryptionFailed):
        decrypt(RING, encrypt(confused, b"{}", content_type=JSON), limit=LIMIT)


def test_a_kid_made_of_anything_is_not_repeated() -> None:
    confused = read_public({**jwk_of("decryption"), "kid": "Erika Mustermann <e@x>"})
    token = encrypt(confused, b"{}", content_type=JSON)

    with pytest.raises(KeyNotHeld) as raised:
        decrypt(RING, token, limit=LIMIT)
    assert "Erika" not in str(raised.value)


def test_keys_for_signatures_neither_encrypt_nor_decrypt() -> None:
    with pytest.raises(KeyUnusable):
        Keyring([SIGNING])
    with pytest.raises(KeyUnusable):
        encrypt(SIGNING.public(), b"{}", content_type=JSON)


def test_two_keys_under_one_kid_are_refused() -> None:
    alias = PrivateKey(
        kid=KEY.kid,
        operations=OTHER.operations,
        algorithm=OTHER.algorithm,
        rsa=OTHER.rsa,
    )

    with pytest.raises(KeyUnusable):
        Keyring([KEY, alias])


@pytest.mark.parametrize("cut", [1, 5, 21, 22, 23, 24, 30, 200, 800])
def test_a_token_that_breaks_off_is_never_complete(cut: int) -> None:
    token = encrypt(PUBLIC, b'{"a": "bcdef"}', content_type=JSON)

    with pytest.raises(DecryptionFailed):
        decrypt(RING, token[:-cut], limit=LIMIT)


@pytest.mark.parametrize(
    "text", ["", ".", "....", "a.b.c.d", "....." * 9, "ä.b.c.d.e", "=" * 20_000]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenMalformed):
        decrypt(RING, text, limit=LIMIT)


@pytest.mark.parametrize(
    "token",
    ["", "a.b.c.d", "a.b.c.d.e", "a.b.c.d." + "A" * 23, "a.b.c.d." + "=" * 22, "é"],
)
def test_there_is_no_tag_in_what_is_no_token(token: str) -> None:
    with pytest.raises(TokenMalformed):
        tag_of(token)
