"""Which events of subscribers the sandbox takes, and which not."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.fitconnect.jose.jws import sign
from tests.counterparts.fitconnect_party import (
    EVENTS,
    PROBLEM,
    Sent,
    Town,
    accepting,
    claims_of,
    problem_in,
    rejecting,
    town,
)
from tests.fitconnect_keys import test_key

Claims = dict[str, Any]
ID = "3b8b3c44-6f0f-4a0c-9d3b-1f6e2a7c5d10"
SCHEMAS = "https://schema.fitko.de/fit-connect/set-payload/"
UNSUPPORTED = "Payload Schema not supported"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def change(
    place: Town, sent: Sent, alter: Callable[[Claims], object]
) -> httpx.Response:
    claims = accepting(place.sandbox, sent)
    alter(claims)
    return await place.subscriber.answer(sent, place.subscriber.signed(claims))


def tags(claims: Claims) -> Claims:
    found: Claims = claims["events"][f"{EVENTS}accept-submission"]["authenticationTags"]
    return found


@pytest.mark.parametrize(
    ("alter", "title"),
    [
        (lambda c: c.update(iss=ID), "Invalid event"),
        (lambda c: c.update(txn=f"case:{ID}"), "Invalid event"),
        (lambda c: c.update(sub=f"reply:{ID}"), "Invalid event"),
        (lambda c: c.update(sub=f"submission:{ID}"), "Submission not found"),
        (lambda c: c.update(jti="once"), "Invalid event"),
        (lambda c: c.update(iat=1_500_000_000), "Invalid event"),
        (lambda c: c.update(iat=int(time.time()) + 3600), "Invalid event"),
        (lambda c: c.update(iat="today"), "Invalid event"),
        (lambda c: c["events"].update({f"{EVENTS}reject-submission": {}}), None),
        (lambda c: c.update(events={f"{EVENTS}delete-submission": {}}), None),
        (lambda c: c.update(events={f"{EVENTS}reject-submission": {}}), None),
        (lambda c: c.update(events={"accept-submission": {}}), None),
        (lambda c: tags(c).pop("data"), "Authentication tags do not match"),
        (lambda c: tags(c).update(data="A" * 22), "Authentication tags do not match"),
        (lambda c: tags(c)["attachments"].clear(), "Authentication tags do not match"),
        (lambda c: c.pop("$schema"), UNSUPPORTED),
        (
            lambda c: c.update({"$schema": f"{SCHEMAS}1.0.0/set-payload.schema.json"}),
            UNSUPPORTED,
        ),
        (
            lambda c: c.update({"$schema": f"{SCHEMAS}2.0.0/set-payload.schema.json"}),
            UNSUPPORTED,
        ),
    ],
)
async def test_a_wrong_event_is_refused_and_changes_nothing(
    place: Town, alter: Callable[[Claims], object], title: str | None
) -> None:
    sent = await place.sender.send(attachments=[b"one"])

    answer = await change(place, sent, alter)

    assert 400 <= answer.status_code < 500
    assert problem_in(answer)["title"] == (title or "Invalid event")
    assert len(await place.sender.log(sent)) == 2
    await place.sandbox.expect(submitted=1)


async def test_an_event_is_signed_with_ps512_by_a_published_key(place: Town) -> None:
    sent = await place.sender.send()
    claims = accepting(place.sandbox, sent)
    key, other = test_key("sign-destination"), test_key("service")
    pieces = [_part({"typ": "secevent+jwt", "kid": key.kid, "alg": "PS512"})]
    foreign = sign(other, claims).split(b".")

    forged = [
        sign(other, claims),
        b".".join([pieces[0], _part(claims), foreign[2]]),
        _part({"typ": "secevent+jwt", "kid": key.kid, "alg": "none"})
        + b"."
        + _part(claims)
        + b".",
        _rs256(claims),
        sign(key, claims, kind="JWT"),
        _part({"typ": "secevent+jwt", "kid": key.kid, "alg": "PS512", "crit": ["b64"]})
        + b"."
        + _part(claims)
        + b".AAAA",
        sign(key, claims)[:-20],
        b"no token at all",
    ]
    answers = [await place.subscriber.answer(sent, one) for one in forged]

    right = await place.subscriber.answer(sent, sign(key, claims))

    titles = [problem_in(one)["title"] for one in answers]
    assert titles == ["Invalid event"] * len(forged)
    assert right.status_code == 204


async def test_a_second_answer_is_refused_and_the_first_stays(place: Town) -> None:
    sent = await place.sender.send()
    await place.subscriber.accept(sent)

    again = await place.subscriber.accept(sent)
    other = await place.subscriber.reject(sent)

    assert (problem_in(again)["status"], problem_in(other)["status"]) == (409, 409)
    await place.sandbox.expect(accepted=1)


async def test_an_id_of_an_event_is_used_once(place: Town) -> None:
    first, second = await place.sender.send(), await place.sender.send()
    claims = accepting(place.sandbox, first)
    await place.subscriber.answer(first, place.subscriber.signed(claims))
    reused = accepting(place.sandbox, second) | {"jti": claims["jti"]}

    answer = await place.subscriber.answer(second, place.subscriber.signed(reused))

    assert problem_in(answer)["status"] == 409
    await place.sandbox.expect(accepted=1, submitted=1)


@pytest.mark.parametrize(
    "problems",
    [None, [], ["technical-error"], [{"type": "x"}], [PROBLEM | {"title": ""}]],
)
async def test_a_rejection_says_why(place: Town, problems: object) -> None:
    sent = await place.sender.send()
    payload = {} if problems is None else {"problems": problems}
    claims = claims_of(place.sandbox, sent, {f"{EVENTS}reject-submission": payload})

    vague = await place.subscriber.answer(sent, place.subscriber.signed(claims))
    clear = await place.subscriber.answer(
        sent, place.subscriber.signed(rejecting(place.sandbox, sent))
    )

    assert (problem_in(vague)["status"], clear.status_code) == (422, 204)


async def test_nobody_is_answered_before_something_was_submitted(place: Town) -> None:
    sent = await place.sender.announced()
    claims = rejecting(place.sandbox, sent)

    answer = await place.subscriber.answer(sent, place.subscriber.signed(claims))

    assert problem_in(answer)["status"] == 409


async def test_the_first_generation_takes_older_events(tmp_path: Path) -> None:
    async with town(tmp_path, version="v1") as place:
        first, second = await place.sender.send(), await place.sender.send()
        old = f"{SCHEMAS}1.0.0/set-payload.schema.json"

        answers = [
            await change(place, first, lambda c: c.update({"$schema": old})),
            await change(place, second, lambda c: c.pop("$schema")),
        ]

    assert [one.status_code for one in answers] == [204, 204]


def _part(value: Claims) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def _rs256(claims: Claims) -> bytes:
    key = test_key("sign-destination")
    header = {"typ": "secevent+jwt", "kid": key.kid, "alg": "RS256"}
    text = _part(header) + b"." + _part(claims)
    signature = key.rsa.sign(text, padding.PKCS1v15(), hashes.SHA256())
    return text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
