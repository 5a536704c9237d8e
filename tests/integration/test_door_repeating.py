"""Repeating: one case per key, the first answer again, nothing left over."""

import asyncio

import pytest

from tests.fakes.doorstep import (
    OTHER_TOKEN,
    XML,
    Doorstep,
    assert_problem,
    attachment,
    client,
    form_headers,
    headers,
    main_part,
    multipart,
    post,
)

FORM = multipart(main_part(), attachment())


async def test_a_repetition_gets_the_first_answer_again() -> None:
    step = Doorstep()
    first = await post(step)

    second = await post(step)

    assert (second.status_code, second.content) == (202, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


async def test_a_repetition_leaves_no_documents_and_wakes_nobody() -> None:
    step = Doorstep()
    await post(step, FORM, form_headers())
    kept = dict(step.vault.objects)

    await post(step, FORM, form_headers())

    assert step.vault.objects == kept
    assert not step.vault.open
    assert (len(step.cases.cases), step.woken) == (1, 1)


async def test_another_boundary_and_other_headers_are_still_the_same() -> None:
    step = Doorstep()
    await post(step, FORM, form_headers())
    other = multipart(main_part(), attachment(), boundary="anders")

    answer = await post(
        step,
        other,
        form_headers(
            content_type='multipart/form-data; boundary="anders"',
            idempotency_key='"k-1"',
            user_agent="another",
        ),
    )

    assert answer.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    "other",
    [
        multipart(main_part(XML + b"\n"), attachment()),
        multipart(main_part(), attachment("anderer.pdf")),
        multipart(main_part(), attachment(content=b"%PDF-1.8")),
        multipart(main_part(), attachment(), attachment()),
        multipart(main_part(media_type="text/xml"), attachment()),
        multipart(main_part()),
    ],
)
async def test_a_key_cannot_be_used_for_something_else(other: bytes) -> None:
    step = Doorstep()
    await post(step, FORM, form_headers())
    kept = dict(step.vault.objects)

    answer = await post(step, other, form_headers())

    assert_problem(answer, 409, "E-IDEMPOTENCY-KEY-REUSED")
    assert step.vault.objects == kept
    assert (len(step.cases.cases), step.woken) == (1, 1)


async def test_the_order_of_attachments_counts() -> None:
    step = Doorstep()
    a, b = attachment("a.pdf"), attachment("b.pdf")
    await post(step, multipart(main_part(), a, b), form_headers())

    answer = await post(step, multipart(main_part(), b, a), form_headers())

    assert_problem(answer, 409, "E-IDEMPOTENCY-KEY-REUSED")


async def test_an_old_repetition_of_a_deleted_case_makes_no_second_one() -> None:
    step = Doorstep()
    step.intake.gone.add("k-1")

    answer = await post(step)

    assert_problem(answer, 410, "E-IDEMPOTENCY-KEY-GONE")
    assert step.vault.is_empty()


async def test_keys_of_different_senders_do_not_meet() -> None:
    step = Doorstep()
    await post(step)

    answer = await post(
        step, b"<anders/>", headers(authorization=f"Bearer {OTHER_TOKEN}")
    )

    assert answer.status_code == 202
    assert len(step.cases.cases) == 2


async def test_twins_get_one_case() -> None:
    step = Doorstep()
    async with client(await step.app()) as knocking:
        answers = await asyncio.gather(
            *(
                knocking.post("/api/v1/submissions", content=XML, headers=headers())
                for _ in range(5)
            )
        )

    assert len({answer.content for answer in answers}) == 1
    assert (len(step.cases.cases), len(step.vault.objects)) == (1, 1)
