"""Documents on their way out: their size, their names, their encryption."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.jose.jwe import decrypt, tag_of
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.outbox.documents import exactly, filename, media_type
from adapters.fitconnect.outbox.sealing import SealedUpload, Span, sealed_whole
from adapters.fitconnect.outbox.uploading import spans_of
from schemas.errors import ObjectDamaged
from tests.fitconnect_keys import test_key
from tests.parcels import make_document

RING = Keyring([test_key("destination")])
KEY = test_key("destination").public()


@given(st.binary(max_size=5000), st.integers(1, 700), st.integers(1, 4))
async def test_fragments_together_are_the_document(
    content: bytes, step: int, parts: int
) -> None:
    document = make_document(content, step=step)
    spans = spans_of(document, parts if len(content) >= 20 else 1)

    found = [
        b"".join([chunk async for chunk in exactly(document, s.start, s.length)])
        for s in spans
    ]

    assert b"".join(found) == content


@pytest.mark.parametrize("size", [0, 1, 499, 501, 9000])
@pytest.mark.parametrize("step", [1, 100, 1000])
async def test_a_document_of_another_size_is_damaged(size: int, step: int) -> None:
    document = replace(make_document(b"x" * 500, step=step), size=size)

    with pytest.raises(ObjectDamaged):
        _ = [chunk async for chunk in exactly(document, 0, size)]


@given(st.binary(max_size=3000), st.integers(1, 700))
async def test_what_is_sealed_opens_and_is_as_long_as_announced(
    content: bytes, step: int
) -> None:
    document = make_document(content, step=step)
    span = Span(document=document, start=0, length=len(content))
    sealed = SealedUpload(span, KEY, content_type="application/pdf")
    upload = sealed.upload()

    token = b"".join([chunk async for chunk in upload.open()])

    assert len(token) == upload.length
    assert decrypt(RING, token, limit=3000) == content
    assert tag_of(token) == sealed.tag
    assert sealed.sha512 == hashlib.sha512(content).hexdigest()


async def test_each_opening_encrypts_anew_and_the_last_one_counts() -> None:
    document = make_document()
    sealed = SealedUpload(
        Span(document=document, start=0, length=document.size),
        KEY,
        content_type="application/xml",
    )
    upload = sealed.upload()

    first = b"".join([chunk async for chunk in upload.open()])
    second = b"".join([chunk async for chunk in upload.open()])

    assert first.split(b".")[1:3] != second.split(b".")[1:3]
    assert sealed.tag == tag_of(second) != tag_of(first)


async def test_a_large_document_passes_in_small_pieces() -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 1_000_000

    document = replace(make_document(), size=40_000_000, open=stream)
    span = Span(document=document, start=0, length=document.size)
    sealed = SealedUpload(span, KEY, content_type="application/pdf")

    sizes = [len(chunk) async for chunk in sealed.upload().open()]

    assert max(sizes) < 2_000_000
    assert sum(sizes) == sealed.upload().length


async def test_nothing_of_a_damaged_document_passes_as_whole() -> None:
    document = replace(make_document(b"x" * 100), size=101)
    span = Span(document=document, start=0, length=101)
    sealed = SealedUpload(span, KEY, content_type="application/pdf")
    upload = sealed.upload()
    sent = list[bytes]()

    async def send() -> None:
        async for chunk in upload.open():
            sent.append(chunk)

    with pytest.raises(ObjectDamaged):
        await send()

    assert len(b"".join(sent)) < (upload.length or 0)
    assert sealed.tag == ""
    with pytest.raises(ObjectDamaged):
        await sealed_whole(document, KEY, content_type="application/xml")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Nachweis.pdf", "Nachweis.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("Antrag für Größe.xml", "Antrag für Größe.xml"),
        ("zeile\nfolgt.xml", "zeilefolgt.xml"),
        ("\x00nul.xml", "nul.xml"),
        ("", "0001.xml"),
        (".", "0001.xml"),
        ("ab\u202egnp.exe", "abgnp.exe"),
        ("Ș̌ łęć.pdf", "Ș̌ łęć.pdf"),
    ],
)
def test_a_file_name_is_the_senders_and_harmless(theirs: str, ours: str) -> None:
    assert filename(make_document(filename=theirs)) == ours


@pytest.mark.parametrize(
    ("given_type", "found"),
    [
        ("application/pdf", "application/pdf"),
        ("Text/XML; charset=utf-8", "text/xml"),
        ("application/pdf\r\nX-Evil: 1", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("a/" + "b" * 200, "application/octet-stream"),
    ],
)
def test_a_media_type_is_one_or_none(given_type: str, found: str) -> None:
    assert media_type(make_document(media_type=given_type)) == found
