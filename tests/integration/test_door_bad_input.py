"""Bad input: each a clear problem document, and nothing half-stored anywhere."""

import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.limits import DoorLimits
from schemas.errors import StorageFull
from tests.fakes.doorstep import (
    BOUNDARY,
    NARROW_TOKEN,
    SUBMISSIONS,
    UNKNOWN_SERVICE,
    XML,
    Doorstep,
    assert_problem,
    attachment,
    client,
    form_headers,
    headers,
    main_part,
    multipart,
    part,
    pieces,
    post,
)

DEEP = b"[" * 65 + b"]" * 65
FORM = multipart(main_part(), attachment(), attachment("b.pdf", b"zweite"))
MAIN_XML = 'Content-Disposition: form-data; name="main"\r\nContent-Type: text/xml'
STRANGER = 'Content-Disposition: form-data; name="datei"; filename="a"'


async def refused(
    body: bytes,
    given_headers: dict[str, str],
    *,
    status: int,
    code: str,
    limits: DoorLimits | None = None,
) -> Doorstep:
    """Send it whole and in pieces; nothing may be left behind either way."""
    step = Doorstep(limits=limits or DoorLimits())
    for sent in (body, pieces(body, 13)):
        answer = await post(step, sent, given_headers)

        assert_problem(answer, status, code)
        assert step.is_untouched()
    return step


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
        ("application/json", b"[" * 1_000_000, "E-JSON-DEPTH"),
        ("application/json", b'{"a":' * 100_000, "E-JSON-DEPTH"),
    ],
)
async def test_a_bad_main_document_is_refused(
    media_type: str, body: bytes, code: str
) -> None:
    # Truncated characters only show when the body is over.
    body = body[:5000] if len(body) > 5000 else body
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


async def test_the_101st_attachment_is_refused_at_its_header() -> None:
    parts = [attachment(f"{n}.pdf") for n in range(101)]

    step = await refused(
        multipart(main_part(), *parts),
        form_headers(),
        status=413,
        code="E-TOO-MANY-ATTACHMENTS",
    )

    assert step.vault.begun == 2 * 101


async def test_a_document_is_refused_as_soon_as_it_is_too_large() -> None:
    limits = DoorLimits(document_bytes=1000)
    big = b"<a>" + b"x" * 998

    await refused(
        big, headers(), status=413, code="E-DOCUMENT-TOO-LARGE", limits=limits
    )
    await refused(
        multipart(main_part(), attachment(content=big)),
        form_headers(),
        status=413,
        code="E-DOCUMENT-TOO-LARGE",
        limits=limits,
    )


async def test_many_documents_together_may_be_too_large() -> None:
    parts = [attachment(content=b"x" * 400) for _ in range(4)]

    await refused(
        multipart(main_part(), *parts),
        form_headers(),
        status=413,
        code="E-SUBMISSION-TOO-LARGE",
        limits=DoorLimits(document_bytes=1000, submission_bytes=1500),
    )


async def test_a_2_gb_attachment_is_refused_before_it_is_sent() -> None:
    step = Doorstep()

    answer = await post(step, pieces(FORM), form_headers(content_length=str(2 << 30)))

    assert_problem(answer, 413, "E-SUBMISSION-TOO-LARGE")
    assert not step.vault.begun


async def test_a_2_gb_attachment_that_lies_about_itself_is_refused_at_the_limit() -> (
    None
):
    megabyte = b"x" * (1 << 20)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield multipart(main_part(), attachment()).removesuffix(b"\r\n--grenze--\r\n")
        for _ in range(2048):
            sent += len(megabyte)
            yield megabyte

    step = Doorstep(limits=DoorLimits(document_bytes=8 << 20, linger_bytes=1 << 20))

    answer = await post(step, endless(), form_headers())

    assert_problem(answer, 413, "E-DOCUMENT-TOO-LARGE")
    assert step.is_untouched()
    assert sent <= 11 << 20


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


@pytest.mark.parametrize("declared", [len(XML) - 1, len(XML) + 1])
async def test_a_length_that_lies_is_refused(declared: int) -> None:
    step = Doorstep()

    answer = await post(step, pieces(XML), headers(content_length=str(declared)))

    assert_problem(answer, 400, "E-BODY-LENGTH")
    assert step.is_untouched()


async def test_a_full_disk_is_refused_before_the_body() -> None:
    step = Doorstep()
    step.vault.room = DoorLimits().free_space_floor - 1

    answer = await post(step)

    assert_problem(answer, 507, "E-STORAGE-FULL")
    assert not step.vault.begun


async def test_a_body_that_would_fill_the_disk_is_refused_before_it_is_read() -> None:
    step = Doorstep()
    step.vault.room = DoorLimits().free_space_floor + len(XML) - 1

    assert_problem(await post(step), 507, "E-STORAGE-FULL")
    assert not step.vault.begun


async def test_a_disk_that_fills_meanwhile_leaves_nothing() -> None:
    step = Doorstep()
    step.vault.full_after = 20

    answer = await post(step, multipart(main_part(), attachment()), form_headers())

    assert_problem(answer, 507, "E-STORAGE-FULL")
    assert step.is_untouched()


async def test_what_cannot_be_cleaned_up_does_not_hide_the_reason() -> None:
    step = Doorstep()
    step.vault.failure = StorageFull()

    answer = await post(step, multipart(attachment()), form_headers())

    assert_problem(answer, 400, "E-MAIN-MISSING")


async def test_nothing_of_the_sender_stands_in_a_refusal_or_the_log(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Doorstep()
    body = multipart(main_part(b"<a>Erika"), attachment("../Mustermann.pdf"))

    answer = await post(step, body, form_headers(idempotency_key="erika-1980"))

    told = answer.text + str(answer.headers) + caplog.text + capsys.readouterr().out
    assert "E-FILENAME" in told
    for personal in ("Erika", "erika", "Mustermann", "amtsweg_"):
        assert personal not in told


async def test_an_incident_is_in_the_log_without_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    step = Doorstep()
    step.intake.failure = RuntimeError("Erika Mustermann")

    answer = await post(step)
    log = capsys.readouterr().out

    assert_problem(answer, 500, "E-INTERNAL")
    assert answer.json()["incident"] in log
    assert "RuntimeError" in log
    assert "door.py" in log
    assert "Erika" not in log + answer.text
    assert "Traceback" not in log + answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "E-NOT-FOUND"),
        ("GET", "/docs", 404, "E-NOT-FOUND"),
        ("GET", "/api/v1/submissions/", 404, "E-NOT-FOUND"),
        ("DELETE", SUBMISSIONS, 405, "E-METHOD"),
        ("PUT", f"{SUBMISSIONS}/4DH9J-JJV2Z-15G6", 405, "E-METHOD"),
        ("POST", "/health/live", 405, "E-METHOD"),
    ],
)
async def test_wrong_addresses_and_methods_are_problems_too(
    method: str, path: str, status: int, code: str
) -> None:
    step = Doorstep()
    async with client(await step.app()) as knocking:
        answer = await knocking.request(method, path, headers=headers())

    assert_problem(answer, status, code)
    assert ("allow" in answer.headers) == (status == 405)


async def test_a_client_library_can_hand_in_a_form() -> None:
    """A second opinion about what senders really write."""
    step = Doorstep()
    given_headers = headers(content_type=None)
    files = [
        ("main", ("antrag.json", json.dumps({"a": 1}).encode(), "application/json")),
        ("attachment", ("Mietvertrag Müller.pdf", b"%PDF", "application/pdf")),
    ]
    async with client(await step.app()) as knocking:
        answer = await knocking.post(SUBMISSIONS, files=files, headers=given_headers)

    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 202
    names = [d.sealed_name.decode() for d in step.intake.arrivals[0].documents]
    assert names[1].endswith(":Mietvertrag Müller.pdf")
    assert BOUNDARY not in names
