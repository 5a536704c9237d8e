"""What is seen of a JWE from outside, in whatever pieces it comes."""

import base64
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.jose.jwe import encrypt, tag_of
from adapters.fitconnect.sandbox.calls import Refusal
from adapters.fitconnect.sandbox.sealed import SHORTEST, Passing, look_at
from tests.fitconnect_keys import test_key

KEY = test_key("destination").public()
EMPTY = encrypt(KEY, b"", content_type="application/json")


@given(st.binary(max_size=2000), st.lists(st.integers(0, 4000), max_size=8))
def test_pieces_of_any_length_show_the_same(plain: bytes, cuts: list[int]) -> None:
    token = encrypt(KEY, plain, content_type="application/xml")
    places = sorted({0, len(token), *(cut for cut in cuts if cut < len(token))})
    passing = Passing()
    for start, end in pairwise(places):
        passing.feed(token[start:end].encode())
    sealed = passing.finish()

    assert sealed == look_at(token)
    assert (sealed.tag, sealed.size) == (tag_of(token), len(token))
    assert sealed.header["cty"] == "application/xml"
    assert sealed.header["kid"] == KEY.kid


def test_the_shortest_jwe_is_taken() -> None:
    assert look_at(EMPTY).tag == tag_of(EMPTY)
    assert len(EMPTY) >= SHORTEST


@given(st.integers(0, len(EMPTY) - 1))
def test_whatever_is_cut_off_is_missed(length: int) -> None:
    with pytest.raises(Refusal):
        look_at(EMPTY[:length])


@given(st.text(max_size=3000))
def test_any_text_is_refused_as_a_problem_and_nothing_else(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        look_at(text)

    assert refused.value.status == 422


@pytest.mark.parametrize("header", ["[]", "1", "{", '"x"'])
def test_a_header_is_an_object(header: str) -> None:
    encoded = base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode()
    rest = EMPTY.partition(".")[2]

    with pytest.raises(Refusal):
        look_at(f"{encoded}.{rest}{'A' * 300}")


@pytest.mark.parametrize(
    ("version", "allow_zip", "taken"),
    [("v1", False, True), ("v2", True, True), ("v2", False, False)],
)
def test_compression_is_a_matter_of_the_generation(
    version: str, *, allow_zip: bool, taken: bool
) -> None:
    token = encrypt(KEY, b"x", content_type="application/json", compress=True)
    sealed = look_at(token)
    assert sealed.header["zip"] == "DEF", json.dumps(sealed.header)

    try:
        sealed.check(version=version, document=True, allow_zip=allow_zip)
    except Refusal:
        assert not taken
    else:
        assert taken


def test_attachments_may_say_of_themselves_what_they_like() -> None:
    sealed = look_at(encrypt(KEY, b"x", content_type="image/png"))

    sealed.check(version="v2", document=False, allow_zip=False)
    with pytest.raises(Refusal, match="cty"):
        sealed.check(version="v2", document=True, allow_zip=False)
