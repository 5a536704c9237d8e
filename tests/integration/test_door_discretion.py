"""What the door tells: the reason and what to do, nothing of sender or machine."""

import json

import httpx
import pytest

from tests.fakes.doorstep import (
    BOUNDARY,
    SUBMISSIONS,
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
