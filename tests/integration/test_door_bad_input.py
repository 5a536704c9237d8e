"""Bad input: each a clear problem document, and nothing half-stored anywhere."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.doorstep import (
    NARROW_TOKEN,
    UNKNOWN_SERVICE,
    XML,
    Doorstep,
    assert_problem,
    attachment,
    form_headers,
    headers,
    main_part,
    multipart,
    part,
    post,
    refused,
)

DEEP = b"[" * 65 + b"]" * 65
FORM = multipart(main_part(), attachment(), attachment("b.pdf", b"zweite"))
MAIN_XML = 'Content-Disposition: form-data; name="main"\r\nContent-Type: text/xml'
STRANGER = 'Content-Disposition: form-data; name="datei"; filename="a"'


@pytest.fixture(autouse=True)
def _no_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Whatever happens in here, no temporary file is left or made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"authorization": None}, 401, "E-TOKEN-MISSING"),
        ({"authorization": "Bearer amtsweg_" + "z" * 32}, 401, "E-TOKEN-WRONG"),
        ({"authorization": "Basic YTpi"}, 401, "E-TOKEN-WRONG"),
        ({"authorization": f"Bearer {NARROW_TOKEN}"}, 403, "E-SERVICE-FORBIDDEN"),
        ({"idempotency_key": None}, 400, "E-IDEMPOTENCY-KEY-MISSING"),
        ({"idempotency_key": "a b"}, 400, "E-IDEMPOTENCY-KEY-MALFORMED"),
        ({"idempotency_key": "x" * 201}, 400, "E-IDEMPOTENCY-KEY-MALFORMED"),
        ({"amtsweg_service": None}, 400, "E-SERVICE-MISSING"),
        ({"amtsweg_service": "wohngeld"}, 400, "E-SERVICE-MALFORMED"),
        ({"amtsweg_service": UNKNOWN_SERVICE}, 422, "E-SERVICE-UNKNOWN"),
        ({"amtsweg_replaces": "x"}, 400, "E-TRACKING-ID"),
        ({"content_type": None}, 415, "E-MEDIA-TYPE"),
        ({"content_type": "application/pdf"}, 415, "E-MEDIA-TYPE"),
        ({"content_type": "multipart/form-data"}, 400, "E-MULTIPART"),
        ({"content_encoding": "gzip"}, 415, "E-CONTENT-ENCODING"),
    ],
)
async def test_wrong_headers_are_refused_before_the_body(
    changes: dict[str, str | None], status: int, code: str
) -> None:
    step = Doorstep()
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        for piece in (XML[:10], XML[10:]):
            read.append(piece)
            yield piece

    answer = await post(step, body(), headers(**changes))

    assert_problem(answer, status, code)
    assert answer.headers["connection"] == "close"
    assert step.is_untouched()
    assert not step.vault.begun


@pytest.mark.parametrize(
    "name", ["Idempotency-Key", "Authorization", "Content-Type", "Amtsweg-Service"]
)
async def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    step = Doorstep()
    given_headers = [*headers().items(), (name, headers()[name.lower()])]

    answer = await post(step, given=given_headers)

    assert_problem(answer, 400, "E-HEADER-REPEATED")
    assert step.is_untouched()


@pytest.mark.parametrize(
    ("media_type", "body", "code"),
    [
        ("application/xml", b"", "E-DOCUMENT-EMPTY"),
        ("application/xml", b"Antrag", "E-XML"),
        ("application/xml", b"<!DOCTYPE a><a/>", "E-XML-DOCTYPE"),
        ("application/xml", b"<a>M\xfcller</a>", "E-ENCODING"),
        ("application/xml", "<a/>".encode("utf-16"), "E-ENCODING"),
        ("application/json", b"", "E-DOCUMENT-EMPTY"),
        ("application/json", b'{"a": ', "E-JSON"),
        ("application/json", b'{"a": "M\xfcller"}', "E-ENCODING"),
        ("application/json", b'["\xf0\x9f\x91', "E-ENCODING"),
        ("application/json", b"\xef\xbb\xbf{}", "E-ENCODING"),
        ("application/json", b'{"a": "\x00"}', "E-ENCODING"),
        ("application/json", DEEP, "E-JSON-DEPTH"),
        ("application/json", b"[" * 5000, "E-JSON-DEPTH"),
        ("application/json", b'{"a":' * 1000, "E-JSON-DEPTH"),
    ],
)
async def test_a_bad_main_document_is_refused(
    media_type: str, body: bytes, code: str
) -> None:
    await refused(body, headers(content_type=media_type), status=400, code=code)


async def test_deep_json_is_refused_in_a_part_as_well() -> None:
    body = multipart(attachment(), main_part(DEEP, "application/json"))

    await refused(body, form_headers(), status=400, code="E-JSON-DEPTH")


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([], 400, "E-MAIN-MISSING"),
        ([attachment()], 400, "E-MAIN-MISSING"),
        ([main_part(), main_part()], 400, "E-MAIN-REPEATED"),
        ([main_part(), part(STRANGER, b"x")], 400, "E-PART-UNKNOWN"),
        ([main_part(b"")], 400, "E-DOCUMENT-EMPTY"),
        ([main_part(b"%PDF", "application/pdf")], 415, "E-PART-TYPE"),
        ([main_part(XML, "multipart/form-data; boundary=x")], 415, "E-PART-TYPE"),
        ([main_part(XML, "kein Typ")], 415, "E-PART-TYPE"),
        ([main_part(), attachment("../../etc/passwd")], 400, "E-FILENAME"),
        ([main_part(), attachment("..\\\\a.exe")], 400, "E-FILENAME"),
        ([main_part(), attachment("/etc/passwd")], 400, "E-FILENAME"),
        ([main_part(), attachment("a\nX-Evil: 1")], 400, "E-FILENAME"),
        ([main_part(), attachment("a\r\nX-Evil: 1")], 400, "E-MULTIPART"),
        ([main_part(), attachment("a\0.pdf")], 400, "E-FILENAME"),
        ([main_part(), attachment("x" * 256)], 400, "E-FILENAME-TOO-LONG"),
        ([main_part(), attachment("x" * 9000)], 400, "E-PART-HEADERS"),
        ([part(MAIN_XML + "\r\nX: " + "y" * 9000, XML)], 400, "E-PART-HEADERS"),
        ([part(MAIN_XML + "\r\n" + MAIN_XML, XML)], 400, "E-MULTIPART"),
        ([main_part(), b"ohne Kopf\r\n\r\nx"], 400, "E-MULTIPART"),
        ([main_part(), b"\r\nx"], 400, "E-MULTIPART"),
    ],
)
async def test_bad_parts_are_refused(
    parts: Sequence[bytes], status: int, code: str
) -> None:
    await refused(multipart(*parts), form_headers(), status=status, code=code)


@pytest.mark.parametrize("end", [0, 1, 8, 30, 100, 200, -20, -13, -4, -3])
async def test_a_truncated_multipart_is_refused(end: int) -> None:
    await refused(FORM[:end], form_headers(), status=400, code="E-MULTIPART")


@given(end=st.integers(0, len(FORM) - 3))
async def test_no_prefix_of_a_multipart_leaves_anything(end: int) -> None:
    step = Doorstep()

    answer = await post(step, FORM[:end], form_headers())

    assert answer.status_code == 400
    assert step.is_untouched()


async def test_something_after_the_last_boundary_is_refused() -> None:
    await refused(FORM + b"mehr", form_headers(), status=400, code="E-MULTIPART")


async def test_a_boundary_that_does_not_occur_is_refused() -> None:
    given_headers = form_headers(content_type="multipart/form-data; boundary=andere")

    await refused(FORM, given_headers, status=400, code="E-MULTIPART")


@given(noise=st.binary(max_size=200), at=st.integers(0, len(FORM)))
async def test_noise_in_a_multipart_is_taken_or_refused_but_never_an_incident(
    noise: bytes, at: int
) -> None:
    step = Doorstep()

    answer = await post(step, FORM[:at] + noise + FORM[at:], form_headers())

    assert answer.status_code in {202, 400, 413, 415}
    assert answer.status_code == 202 or step.is_untouched()


async def test_two_ways_to_say_how_long_a_body_is_are_refused() -> None:
    step = Doorstep()
    given_headers = headers(content_length="5", transfer_encoding="chunked")

    answer = await post(step, given=given_headers)

    assert_problem(answer, 400, "E-REQUEST-AMBIGUOUS")
    assert step.is_untouched()
