"""How much is taken: sizes, numbers, lengths, and room on the disk."""

from collections.abc import AsyncIterator

import pytest

from api.intake.limits import DoorLimits
from schemas.errors import StorageFull
from tests.fakes.doorstep import (
    XML,
    Doorstep,
    assert_problem,
    attachment,
    form_headers,
    headers,
    main_part,
    multipart,
    pieces,
    post,
    refused,
)

FORM = multipart(main_part(), attachment())


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


async def test_json_is_refused_when_it_is_too_large_to_be_checked() -> None:
    limits = DoorLimits(json_bytes=100)
    body = b'["' + b"x" * 97 + b'"]'

    await refused(
        body,
        headers(content_type="application/json"),
        status=413,
        code="E-DOCUMENT-TOO-LARGE",
        limits=limits,
    )
    as_xml = await post(Doorstep(limits=limits), b"<a>" + b"x" * 97 + b"</a>")
    assert as_xml.status_code == 202


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
