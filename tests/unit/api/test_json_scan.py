"""Promises of the JSON scan: what a parser takes passes, however it is cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.json_scan import JsonScan
from api.intake.refusals import (
    DocumentEmpty,
    EncodingRefused,
    JsonMalformed,
    JsonTooDeep,
)
from api.refusals import DoorRefusal

DEPTH = 8
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
DOCUMENTS = st.one_of(st.lists(VALUES), st.dictionaries(st.text(), VALUES))
SIZES = st.integers(1, 40)


def scan(*pieces: bytes, depth: int = 64) -> None:
    scanner = JsonScan(depth=depth)
    for piece in pieces:
        scanner.feed(piece)
    scanner.close()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def verdict(*pieces: bytes) -> type[DoorRefusal] | None:
    try:
        scan(*pieces, depth=DEPTH)
    except DoorRefusal as refusal:
        return type(refusal)
    return None


@given(document=DOCUMENTS, size=SIZES, plain=st.booleans())
def test_what_a_library_writes_passes(
    document: object, size: int, *, plain: bool
) -> None:
    data = json.dumps(document, ensure_ascii=plain, indent=1).encode(
        errors="surrogatepass" if plain else "replace"
    )

    scan(*cut(data, size))


@given(data=st.text('{}[]":,\\ a1\n', max_size=60), size=SIZES)
def test_cutting_does_not_change_the_verdict(data: str, size: int) -> None:
    encoded = data.encode()

    assert verdict(*cut(encoded, size)) == verdict(encoded)


@given(data=st.text('{}[]":,\\ 1', max_size=40))
def test_what_a_parser_takes_is_never_refused(data: str) -> None:
    try:
        parsed = json.loads(data)
    except ValueError:
        return

    if isinstance(parsed, dict | list):
        assert verdict(data.encode()) in {None, JsonTooDeep}


@given(data=st.binary(max_size=60), size=SIZES)
def test_any_bytes_are_taken_or_refused(data: bytes, size: int) -> None:
    # Which of two faults is named first may differ.
    assert (verdict(*cut(data, size)) is None) == (verdict(data) is None)


@pytest.mark.parametrize("depth", [1, 2, DEPTH])
def test_the_depth_is_counted(depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        fits = opening * depth + ("" if opening == "[" else "1") + closing * depth
        scan(fits.encode(), depth=depth)
        with pytest.raises(JsonTooDeep):
            scan((opening * (depth + 1)).encode(), depth=depth)


def test_brackets_within_strings_do_not_count() -> None:
    scan(json.dumps({"a": "[[[[" * 50, '"[': '\\"[' * 50}).encode(), depth=1)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", DocumentEmpty),
        (b" \r\n\t", DocumentEmpty),
        (b'"a"', JsonMalformed),
        (b"1", JsonMalformed),
        (b"null", JsonMalformed),
        (b"{", JsonMalformed),
        (b"[}", JsonMalformed),
        (b"]", JsonMalformed),
        (b"{}{}", JsonMalformed),
        (b"{} 1", JsonMalformed),
        (b'{}"a"', JsonMalformed),
        (b'{"a', JsonMalformed),
        (b'{"a\\"}', JsonMalformed),
        (b"{}\\", JsonMalformed),
        (b'{\\"a": 1}', JsonMalformed),
        (b"{'a': 1}", JsonMalformed),
        (b"[NaN]", JsonMalformed),
        (b"<xml/>", JsonMalformed),
        (b"// a\n{}", JsonMalformed),
        (b"[1]\x00", EncodingRefused),
        ('["ä"]'.encode("latin-1"), EncodingRefused),
        ('["ä"]'.encode()[:3], EncodingRefused),
        ("{}".encode("utf-16"), EncodingRefused),
        (b"[\x00]\x00", EncodingRefused),
        (b"\xef\xbb\xbf{}", EncodingRefused),
        (b'["\xed\xa0\x80"]', EncodingRefused),
        (b'["\xc0\xaf"]', EncodingRefused),
    ],
)
def test_what_is_no_json_is_refused(
    data: bytes, refusal: type[DoorRefusal], size: int
) -> None:
    with pytest.raises(refusal):
        scan(*cut(data, size))
