"""Promises of the multipart parser: strict, and blind to how bytes are cut."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser

from api.intake.multipart import (
    MultipartReader,
    PartBegan,
    PartContinued,
    PartEnded,
)
from api.intake.refusals import MultipartMalformed, PartHeadersTooLarge
from tests.fakes.doorstep import BOUNDARY, attachment, main_part, multipart

LIMIT = 200
NAMES = st.text("abcdefgh0123456789.", min_size=1, max_size=20)
# Contents that come close to a boundary, as well as any others.
CLOSE = st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"--", b"\r\n--", b"\r\n--grenz", b"--grenze"])
).map(b"".join)
CONTENTS = st.one_of(st.binary(max_size=200), CLOSE)
PARTS = st.lists(st.tuples(NAMES, CONTENTS), min_size=1, max_size=5)
CUTS = st.lists(st.integers(0, 2000), max_size=12)


@dataclass
class Whole:
    """A part put together again."""

    header: bytes
    content: bytes = b""
    ended: bool = False


def parse(*pieces: bytes, boundary: str = BOUNDARY, close: bool = True) -> list[Whole]:
    reader = MultipartReader(boundary, header_bytes=LIMIT)
    parts: list[Whole] = []
    for piece in pieces:
        for event in reader.feed(piece):
            match event:
                case PartBegan(header=header):
                    parts.append(Whole(header))
                case PartContinued(data=data):
                    assert data
                    parts[-1].content += data
                case PartEnded():
                    parts[-1].ended = True
    if close:
        reader.close()
    return parts


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    return [body[a:b] for a, b in pairwise(edges)]


def body_of(parts: list[tuple[str, bytes]]) -> bytes:
    return multipart(*(attachment(name, content) for name, content in parts))


def is_valid(parts: list[tuple[str, bytes]]) -> bool:
    """RFC 2046: no line of the content may begin with the boundary."""
    line = b"\r\n--" + BOUNDARY.encode()
    return not any(line in content for _, content in parts)


VALID = PARTS.filter(is_valid)


@given(parts=VALID, places=CUTS)
def test_cutting_a_body_anywhere_gives_the_same_parts(
    parts: list[tuple[str, bytes]], places: list[int]
) -> None:
    body = body_of(parts)

    got = parse(*cut(body, places))

    assert got == parse(body)
    assert [part.content for part in got] == [content for _, content in parts]
    assert all(part.ended for part in got)


@given(parts=VALID)
def test_a_body_byte_by_byte_gives_the_same_parts(
    parts: list[tuple[str, bytes]],
) -> None:
    body = body_of(parts)

    assert parse(*(body[i : i + 1] for i in range(len(body)))) == parse(body)


@given(parts=VALID)
def test_no_prefix_of_a_body_is_complete(parts: list[tuple[str, bytes]]) -> None:
    body = body_of(parts).removesuffix(b"\r\n")

    for end in range(len(body)):
        with pytest.raises(MultipartMalformed):
            parse(body[:end])


def second_opinion(body: bytes) -> list[bytes]:
    """Contents as the standard library's mail parser sees them."""
    head = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n".encode()
    # Its parser of bytes works on lines; this policy leaves their ends alone.
    message = message_from_bytes(head + body, policy=policy.HTTP)
    assert isinstance(message, EmailMessage)
    contents = []
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        contents.append(content)
    return contents


@given(parts=st.lists(st.tuples(NAMES, st.binary(max_size=100)), min_size=1))
def test_the_mail_parser_sees_the_same_parts(
    parts: list[tuple[str, bytes]],
) -> None:
    # It knows other line ends and NUL in headers; in contents all must agree.
    plain = [(name, b"x" + content.hex().encode()) for name, content in parts]
    body = body_of(plain)

    assert [part.content for part in parse(body)] == second_opinion(body)


def third_opinion(pieces: list[bytes]) -> list[bytes]:
    """Contents as python-multipart sees them."""
    contents: list[bytes] = []
    parser = MultipartParser(
        BOUNDARY,
        {
            "on_part_begin": lambda: contents.append(b""),
            "on_part_data": lambda data, start, end: contents.append(
                contents.pop() + data[start:end]
            ),
        },
    )
    for piece in pieces:
        parser.write(piece)
    return contents


@given(parts=VALID, places=CUTS)
def test_python_multipart_sees_the_same_parts(
    parts: list[tuple[str, bytes]], places: list[int]
) -> None:
    pieces = cut(body_of(parts), places)

    assert [part.content for part in parse(*pieces)] == third_opinion(pieces)


@given(body=st.binary(max_size=300), places=CUTS)
def test_any_bytes_are_parsed_or_refused(body: bytes, places: list[int]) -> None:
    for start in (b"", b"--grenze\r\n", b"--grenze\r\na: b\r\n\r\n"):
        try:
            parse(*cut(start + body, places))
        except (MultipartMalformed, PartHeadersTooLarge):
            continue


@given(data=st.binary(max_size=3000), places=CUTS)
def test_less_than_a_boundary_is_held_back(data: bytes, places: list[int]) -> None:
    start = b"--grenze\r\na: b\r\n\r\n"
    content = data.replace(b"\r\n--grenze", b"")
    if b"\r\n--grenze" in content:
        return

    given_out = parse(start, *cut(content, places), close=False)[0].content

    assert content.startswith(given_out)
    assert len(content) - len(given_out) < len(b"\r\n--grenze")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"--grenze",
        b"--grenze\r\n",
        b"--grenze--",
        b"--andere\r\n",
        b"Vorwort\r\n--grenze\r\n",
        b"\r\n\r\n--grenze\r\n",
        b"--grenze \r\na: b\r\n\r\nx\r\n--grenze--",
        b"--grenze\na: b\n\nx\n--grenze--",
        b"--grenze\r\n\r\nx\r\n--grenze--",
        b"--grenze\r\na: b\r\n\r\nx\r\n--grenzeY\r\n--grenze--",
        b"--grenze\r\na: b\r\n\r\nx\r\n--grenze-",
        b"--grenze\r\na: b\r\n\r\nx\r\n--grenze--\r\nNachwort",
    ],
)
def test_a_body_out_of_order_is_refused(body: bytes) -> None:
    if body == b"--grenze--":
        assert parse(body) == []
        return
    with pytest.raises(MultipartMalformed):
        parse(body)


def test_one_empty_line_before_the_first_boundary_is_forgiven() -> None:
    body = b"\r\n" + multipart(main_part())

    assert parse(body) == parse(*cut(body, [1, 2, 3])) == parse(body[2:])


def test_header_lines_of_a_part_are_limited() -> None:
    fits = b"a: " + b"b" * (LIMIT - 3)
    start, end = b"--grenze\r\n", b"\r\n\r\nx\r\n--grenze--"

    assert parse(start + fits + end)[0].header == fits
    for pieces in ([start + fits + b"b" + end], [start, fits, b"b" * 9]):
        with pytest.raises(PartHeadersTooLarge):
            parse(*pieces)
