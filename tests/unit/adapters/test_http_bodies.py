"""Bodies are as long as announced and read back as what was put in."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser, parse_options_header

from adapters.http.bodies import (
    MAX_JSON_DOCUMENTS,
    UNFIT,
    Body,
    body_of,
    boundary_of,
    safe_filename,
    safe_media_type,
)
from adapters.http.codec import Progress
from adapters.http.parsing import parse_mapping
from adapters.http.requests import request_of
from adapters.http.settings import Filenames, HttpMapping
from adapters.http.streams import GATHER_BYTES, Outgoing
from schemas.deliveries import Parcel, ParcelDocument
from schemas.errors import FailureKind
from schemas.fields import Fields
from schemas.outcomes import DeliveryFailed
from schemas.services import Setting
from tests.parcels import MAIN, make_attachment, make_document, make_parcel

contents = st.binary(max_size=300)
steps = st.integers(min_value=1, max_value=64)
names = st.text(max_size=30)
VALUES = {
    "case_number": "2026-000123",
    "delivery_id": "d",
    "received_at": "now",
    "service": "s",
    "tracking_id": "t",
}


@dataclass
class Part:
    """One part of a form as a parser saw it."""

    headers: dict[str, str]
    content: bytes = b""

    @property
    def options(self) -> Mapping[bytes, bytes]:
        return parse_options_header(self.headers["content-disposition"])[1]


def mapping_of(**settings: Setting) -> HttpMapping:
    fields = Fields({"path": "/", **settings}, "mapping")
    mapping = parse_mapping(fields)
    assert fields.finish() == ()
    return mapping


def body_as(parcel: Parcel, **settings: Setting) -> Body:
    body = body_of(parcel, mapping_of(**settings), VALUES)
    assert isinstance(body, Body)
    return body


async def gathered(body: Body) -> list[bytes]:
    return [chunk async for chunk in Outgoing(body)]


def sent(body: Body) -> bytes:
    return b"".join(asyncio.run(gathered(body)))


def parts_of(content_type: str, raw: bytes) -> list[Part]:
    """What python-multipart, our own door's parser, makes of it."""
    parts: list[Part] = []
    field: list[bytes] = []
    _, options = parse_options_header(content_type)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": lambda: parts.append(Part(headers={})),
            "on_part_data": lambda data, start, end: _append(parts, data[start:end]),
            "on_header_field": lambda data, start, end: field.append(data[start:end]),
            "on_header_value": lambda data, start, end: parts[-1].headers.update(
                {field.pop().decode().lower(): data[start:end].decode("latin-1")}
            ),
        },
    )
    parser.write(raw)
    parser.finalize()
    return parts


def _append(parts: list[Part], data: bytes) -> None:
    parts[-1].content += data


def document_with(
    content: bytes, filename: str, number: int, step: int
) -> ParcelDocument:
    if number == 1:
        return make_document(content, filename=filename, step=step)
    return make_attachment(content, number=number, filename=filename)


@given(st.lists(st.tuples(contents, names), min_size=1, max_size=4), steps)
def test_a_form_reads_back_as_what_was_put_in(
    given: list[tuple[bytes, str]], step: int
) -> None:
    documents = [
        document_with(content, filename, number, step)
        for number, (content, filename) in enumerate(given, start=1)
    ]
    body = body_as(make_parcel(*documents), fields={"az": "{case_number}"})

    raw = sent(body)
    first, *parts = parts_of(body.content_type, raw)

    assert len(raw) == body.length
    assert (first.options[b"name"], first.content) == (b"az", b"2026-000123")
    assert [part.content for part in parts] == [content for content, _ in given]
    assert [part.options[b"name"].decode() for part in parts] == [
        document.role.value for document in documents
    ]
    assert [part.options[b"filename"].decode() for part in parts] == [
        safe_filename(document, Filenames.SENDER) for document in documents
    ]


@given(contents)
def test_a_form_reads_back_with_the_standard_library_too(content: bytes) -> None:
    attachment = make_attachment(content, filename="Größe.pdf")
    body = body_as(make_parcel(make_document(), attachment))

    raw = f"Content-Type: {body.content_type}\r\n\r\n".encode() + sent(body)
    parts = list(message_from_bytes(raw, policy=HTTP).iter_parts())

    payloads = [cast("bytes", part.get_payload(decode=True)) for part in parts]
    assert len(payloads) == 2
    assert payloads[0] == MAIN
    # The mail parser reads lines: it takes any line end for one.
    assert payloads[1].split() == content.split() or b"\r" in content


@given(st.lists(st.tuples(contents, names), min_size=1, max_size=4), steps)
def test_an_envelope_reads_back_as_what_was_put_in(
    given: list[tuple[bytes, str]], step: int
) -> None:
    documents = [
        document_with(content, filename, number, step)
        for number, (content, filename) in enumerate(given, start=1)
    ]
    body = body_as(make_parcel(*documents), body="json", fields={"az": '"{service}"'})

    raw = sent(body)
    envelope = json.loads(raw)

    assert len(raw) == body.length
    assert envelope["az"] == '"s"'
    assert [
        base64.b64decode(entry["content"], validate=True)
        for entry in envelope["documents"]
    ] == [content for content, _ in given]
    assert [entry["sha256"] for entry in envelope["documents"]] == [
        hashlib.sha256(content).hexdigest() for content, _ in given
    ]


@given(names)
def test_a_file_name_ends_neither_quote_nor_line_nor_folder(name: str) -> None:
    safe = safe_filename(make_document(filename=name), Filenames.SENDER)

    assert safe
    assert not set(safe) & set('"\r\n\\/\x00')
    assert safe not in {".", ".."}
    safe.encode()


def test_umlauts_stay_in_a_file_name() -> None:
    document = make_document(filename="Größennachweis Straße.pdf")

    assert safe_filename(document, Filenames.SENDER) == "Größennachweis Straße.pdf"
    assert safe_filename(document, Filenames.OURS) == "0001.xml"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("application/pdf", "application/pdf"),
        ("text/xml; charset=utf-8", "text/xml; charset=utf-8"),
        ('text/xml;charset="utf-8"', 'text/xml;charset="utf-8"'),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("pdf", "application/octet-stream"),
        ("a/b; c=\x00", "application/octet-stream"),
    ],
)
def test_a_media_type_is_one_or_none(given: str, expected: str) -> None:
    assert safe_media_type(given) == expected


def test_the_boundary_is_the_same_for_every_repetition() -> None:
    assert boundary_of(make_parcel()) == boundary_of(make_parcel())
    assert boundary_of(make_parcel()) != boundary_of(make_parcel(delivery="other"))
    assert len(boundary_of(make_parcel())) <= 70


def test_the_main_document_alone_is_sent_as_it_is() -> None:
    body = body_as(make_parcel(make_document()), body="main")

    assert (body.content_type, sent(body)) == ("application/xml", MAIN)


@pytest.mark.parametrize(
    "parcel",
    [
        pytest.param(make_parcel(), id="with an attachment"),
        pytest.param(make_parcel(make_document(b"")), id="empty"),
        pytest.param(make_parcel(make_attachment()), id="without a main document"),
    ],
)
def test_a_case_that_does_not_fit_is_ours_to_look_at(parcel: Parcel) -> None:
    outcome = body_of(parcel, mapping_of(body="main"), VALUES)

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code=UNFIT)


def test_too_much_for_an_envelope_does_not_fit() -> None:
    big = make_document(b"x" * (MAX_JSON_DOCUMENTS + 1), step=1 << 20)

    outcome = body_of(make_parcel(big), mapping_of(body="json"), VALUES)

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code=UNFIT)


def test_a_small_case_leaves_in_one_write() -> None:
    chunks = asyncio.run(gathered(body_as(make_parcel())))

    assert len(chunks) == 1


def test_a_big_document_leaves_as_it_comes() -> None:
    document = make_document(b"x" * 3 * GATHER_BYTES, step=GATHER_BYTES)

    chunks = asyncio.run(gathered(body_as(make_parcel(document))))

    assert max(len(chunk) for chunk in chunks) == GATHER_BYTES


async def test_progress_is_told_truly() -> None:
    body = Outgoing(body_as(make_parcel(make_document(), make_attachment())))

    before = body.progress
    stream = aiter(body)
    connected = body.progress
    await anext(stream)
    sending = body.progress
    await body.aclose()

    assert (before, connected, sending) == tuple(Progress)


def test_a_request_carries_the_delivery_id_and_no_line_break() -> None:
    mapping = mapping_of(headers={"X-Az": "{case_number}"}, path="/v/{tracking_id}")

    request = request_of(make_parcel(delivery="d1"), mapping)

    assert not isinstance(request, DeliveryFailed)
    assert request.path == "/v/7K3MP-9QXTV-2HDA"
    assert (b"Idempotency-Key", b"d1") in request.headers
    assert (b"X-Az", b"2026-000123") in request.headers


def test_a_value_that_would_end_a_header_is_never_sent() -> None:
    outcome = request_of(make_parcel(delivery="d1\r\nX: y"), mapping_of())

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.kind is FailureKind.OURS
