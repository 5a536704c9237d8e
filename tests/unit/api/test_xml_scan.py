"""Promises of the XML scan: encodings are clear, and no DOCTYPE passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.refusals import (
    DoctypeRefused,
    DocumentEmpty,
    EncodingRefused,
    XmlMalformed,
)
from api.intake.xml_scan import XmlScan
from api.refusals import DoorRefusal

DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
PROLOG = st.lists(
    st.sampled_from(
        [
            b"<?xml version='1.0'?>",
            b"<!-- Antrag -->",
            b"<!-- <!DOCTYPE a> -->",
            b"<?stil x='<a>'?>",
            b" \r\n\t",
        ]
    ),
    max_size=4,
).map(b"".join)


def scan(*pieces: bytes, charset: str = "") -> None:
    scanner = XmlScan(charset=charset)
    for piece in pieces:
        scanner.feed(piece)
    scanner.close()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def verdict(*pieces: bytes) -> type[DoorRefusal] | None:
    try:
        scan(*pieces)
    except DoorRefusal as refusal:
        return type(refusal)
    return None


@given(prolog=PROLOG, size=st.integers(1, 30), text=st.text(max_size=30))
def test_a_document_passes_however_it_is_cut(
    prolog: bytes, size: int, text: str
) -> None:
    content = text.replace("\0", "").encode(errors="ignore")

    scan(*cut(prolog + b"<a>" + content + b"</a>", size))


@given(prolog=PROLOG, size=st.integers(1, 30))
def test_a_doctype_is_refused_wherever_it_stands(prolog: bytes, size: int) -> None:
    with pytest.raises(DoctypeRefused):
        scan(*cut(prolog + DOCTYPE, size))


@given(data=st.binary(max_size=60), size=st.integers(1, 30))
def test_cutting_does_not_change_the_verdict(data: bytes, size: int) -> None:
    for start in (b"", b"<", b"<!", b"<a>", b"<?xml "):
        whole = start + data
        # Which of two faults is named first may differ.
        assert (verdict(*cut(whole, size)) is None) == (verdict(whole) is None)


def test_a_doctype_as_text_is_no_doctype() -> None:
    scan(b"<a><![CDATA[" + DOCTYPE + b"]]></a>")


def test_a_prolog_longer_than_we_look_is_left_to_the_check() -> None:
    scan(b"<!--" + b"x" * (70 * 1024), b"-->", DOCTYPE)


@pytest.mark.parametrize("size", [1, 2, 3, 500])
@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", DocumentEmpty),
        (b" \n", DocumentEmpty),
        (b"\xef\xbb\xbf", DocumentEmpty),
        (b"<", XmlMalformed),
        (b"{}", XmlMalformed),
        (b"a<a/>", XmlMalformed),
        (b"<?xml version='1.0'?>", XmlMalformed),
        (b"<!-- a", XmlMalformed),
        (b"<!doctype a><a/>", DoctypeRefused),
        (b"<!DOCTYPE a SYSTEM 'http://a/'><a/>", DoctypeRefused),
        ("<a/>".encode("utf-16"), EncodingRefused),
        ("<a/>".encode("utf-16-be"), EncodingRefused),
        ("<a/>".encode("utf-32"), EncodingRefused),
        (b"<a>\x00</a>", EncodingRefused),
        ("<a>ä</a>".encode("latin-1"), EncodingRefused),
        ("<a>ä".encode()[:-1], EncodingRefused),
        (b"<?xml version='1.0' encoding='UTF-16'?><a/>", EncodingRefused),
        (b"<?xml version='1.0' encoding='utf-7'?><a/>", EncodingRefused),
        (b"<?xml version='1.0' encoding=''?><a>\xe4</a>", EncodingRefused),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='iso-8859-1'?>", XmlMalformed),
        (
            b"\xef\xbb\xbf<?xml version='1.0' encoding='iso-8859-1'?><a/>",
            EncodingRefused,
        ),
    ],
)
def test_what_is_not_clearly_xml_is_refused(
    data: bytes, refusal: type[DoorRefusal], size: int
) -> None:
    with pytest.raises(refusal):
        scan(*cut(data, size))


@pytest.mark.parametrize(
    ("declared", "charset"),
    [("ISO-8859-1", ""), ("iso-8859-15", ""), ("windows-1252", ""), ("", "ISO-8859-1")],
)
def test_single_byte_encodings_that_are_named_pass(declared: str, charset: str) -> None:
    declaration = f" encoding='{declared}'" if declared else ""

    scan(
        f"<?xml version='1.0'{declaration}?><a>ä</a>".encode("latin-1"), charset=charset
    )


def test_a_byte_order_mark_of_utf8_passes() -> None:
    scan("\ufeff<a>ä</a>".encode(), charset="UTF-8")


def test_two_different_encodings_are_refused() -> None:
    with pytest.raises(EncodingRefused):
        scan(b"<?xml version='1.0' encoding='iso-8859-1'?><a/>", charset="utf-8")
