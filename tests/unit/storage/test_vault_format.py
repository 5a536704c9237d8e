"""Format v1: any bytes come back, and any change to what is stored is noticed."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ObjectDamaged
from schemas.ids import CaseId, DocumentId, TenantId
from storage.vault.format import (
    HEADER_BYTES,
    Binding,
    FrameCipher,
    Header,
    Layout,
    open_object,
    seal_object,
)
from storage.vault.sealing import TAG_BYTES, bind

KEY = bytes(range(32))
BINDING = Binding(
    tenant=TenantId("standard"), case=CaseId("case"), document=DocumentId("document")
)
FRAME = 16
SEALED_FRAME = FRAME + TAG_BYTES
GOLDEN = (
    "414d545601000000100001020304050607686a221613646b47f78bdcc001fc52"
    "82f267f1cffa9543116fed8ae00204227e8586ce5497e6e1f7f35b5b14b28332"
    "d54612fe"
)


def sealed_form(plain: bytes, frame_bytes: int = FRAME) -> bytes:
    return seal_object(KEY, BINDING, plain, frame_bytes=frame_bytes)


def opened(sealed: bytes, size: int, binding: Binding = BINDING) -> bytes:
    return b"".join(open_object(KEY, binding, sealed, size=size))


def sizes_that_fit(sealed: bytes) -> Iterator[int]:
    """Whatever size the database might claim: every one the length allows."""
    try:
        yield Layout.of(len(sealed), Header.parse(sealed[:HEADER_BYTES])).plain_size
    except ObjectDamaged:
        yield 0


def assert_damaged(sealed: bytes) -> None:
    for size in sizes_that_fit(sealed):
        with pytest.raises(ObjectDamaged):
            opened(sealed, size)


@given(plain=st.binary(max_size=200), frame_bytes=st.integers(1, 64))
def test_what_was_sealed_opens(plain: bytes, frame_bytes: int) -> None:
    assert opened(sealed_form(plain, frame_bytes), len(plain)) == plain


@given(plain=st.binary(max_size=200), frame_bytes=st.integers(1, 64))
def test_the_length_tells_the_size(plain: bytes, frame_bytes: int) -> None:
    sealed = sealed_form(plain, frame_bytes)
    layout = Layout.of(len(sealed), Header.parse(sealed[:HEADER_BYTES]))

    assert layout.plain_size == len(plain)
    assert sum(layout.span(layout.frames - 1)) == len(sealed)


@given(plain=st.binary(max_size=100), place=st.integers(0), change=st.integers(1, 255))
def test_any_changed_byte_is_noticed(plain: bytes, place: int, change: int) -> None:
    sealed = bytearray(sealed_form(plain))
    sealed[place % len(sealed)] ^= change

    with pytest.raises(ObjectDamaged):
        opened(bytes(sealed), len(plain))


@pytest.mark.parametrize("size", [0, 1, FRAME, FRAME + 1, 3 * FRAME])
def test_every_changed_bit_is_noticed(size: int) -> None:
    sealed = sealed_form(b"x" * size)
    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(ObjectDamaged):
                opened(bytes(changed), size)


@pytest.mark.parametrize("size", [0, 1, FRAME, FRAME + 1, 3 * FRAME])
def test_every_truncation_is_noticed_whatever_the_size_claimed(size: int) -> None:
    sealed = sealed_form(b"x" * size)

    for length in range(len(sealed)):
        assert_damaged(sealed[:length])


@given(plain=st.binary(max_size=100), more=st.binary(min_size=1, max_size=100))
def test_appended_bytes_are_noticed_whatever_the_size_claimed(
    plain: bytes, more: bytes
) -> None:
    assert_damaged(sealed_form(plain) + more)


def test_frames_cannot_be_put_in_another_order() -> None:
    sealed = sealed_form(bytes(range(3 * FRAME)))
    header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    frames = [body[i * SEALED_FRAME : (i + 1) * SEALED_FRAME] for i in range(3)]

    for order in list(permutations(frames))[1:]:
        assert_damaged(header + b"".join(order))


def test_a_frame_cannot_be_repeated_or_left_out() -> None:
    sealed = sealed_form(bytes(range(3 * FRAME)))
    header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    frames = [body[i * SEALED_FRAME : (i + 1) * SEALED_FRAME] for i in range(3)]

    assert_damaged(header + b"".join([*frames, frames[2]]))
    assert_damaged(header + frames[0] + frames[2])
    assert_damaged(header + frames[1] + frames[2])
    assert_damaged(header + frames[0] + frames[1])


def test_frames_of_two_objects_cannot_be_mixed() -> None:
    one, two = sealed_form(b"x" * 2 * FRAME), sealed_form(b"x" * 2 * FRAME)
    cut = HEADER_BYTES + SEALED_FRAME

    assert_damaged(one[:cut] + two[cut:])
    assert_damaged(one[:HEADER_BYTES] + two[HEADER_BYTES:])


def test_an_empty_last_frame_after_others_is_refused() -> None:
    header = Header.new(FRAME)
    cipher = FrameCipher(KEY, header, BINDING)
    sealed = header.encode() + cipher.seal(0, b"x" * FRAME, last=False)

    with pytest.raises(ObjectDamaged):
        opened(sealed + cipher.seal(1, b"", last=True), FRAME)


@pytest.mark.parametrize(
    "binding",
    [
        replace(BINDING, tenant=TenantId("other")),
        replace(BINDING, case=CaseId("other")),
        replace(BINDING, document=DocumentId("other")),
        # The same letters, cut elsewhere.
        replace(BINDING, case=CaseId("cased"), document=DocumentId("ocument")),
        replace(BINDING, tenant=TenantId("standardc"), case=CaseId("ase")),
    ],
)
def test_an_object_opens_only_where_it_belongs(binding: Binding) -> None:
    with pytest.raises(ObjectDamaged):
        opened(sealed_form(b"content"), 7, binding)


def test_an_empty_object_is_one_empty_last_frame() -> None:
    assert len(sealed_form(b"")) == HEADER_BYTES + TAG_BYTES


def test_the_same_bytes_never_seal_to_the_same() -> None:
    assert len({sealed_form(b"content") for _ in range(100)}) == 100


@pytest.mark.parametrize("frame_bytes", [0, 16 * 1024 * 1024 + 1, 0xFFFFFFFF])
def test_a_frame_size_beyond_reason_is_refused(frame_bytes: int) -> None:
    header = Header(prefix=b"12345678", frame_bytes=frame_bytes).encode()

    with pytest.raises(ObjectDamaged):
        Header.parse(header)


def test_the_format_stays_readable_for_ever() -> None:
    header = Header(prefix=b"\0\1\2\3\4\5\6\7", frame_bytes=FRAME)
    cipher = FrameCipher(KEY, header, BINDING)
    plain = b"Antrag auf Wohngeld"

    sealed = b"".join(
        (
            header.encode(),
            cipher.seal(0, plain[:FRAME], last=False),
            cipher.seal(1, plain[FRAME:], last=True),
        )
    )

    assert sealed.hex() == GOLDEN
    assert opened(bytes.fromhex(GOLDEN), len(plain)) == plain


@given(
    one=st.lists(st.binary(max_size=4), max_size=4),
    two=st.lists(st.binary(max_size=4), max_size=4),
)
def test_no_two_lists_of_parts_are_bound_alike(
    one: list[bytes], two: list[bytes]
) -> None:
    assert (bind(*one) == bind(*two)) == (one == two)
