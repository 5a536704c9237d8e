"""Who may do what: tokens, roles, links, limits on calls."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.counterparts.fitconnect_party import (
    Town,
    accepting,
    problem_in,
    rejecting,
    town,
)

HALF_AN_HOUR = 1800
SCOPES = "https://schema.fitko.de/fit-connect/oauth/scopes/"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


def form(place: Town, **changed: str) -> dict[str, str]:
    """What is asked with for a token."""
    given = place.sandbox.sender
    return {
        "grant_type": "client_credentials",
        "client_id": given.client_id,
        "client_secret": given.client_secret,
        **changed,
    }


async def test_a_token_lasts_half_an_hour_and_says_for_what(place: Town) -> None:
    url = place.sandbox.token_url
    answer = await place.sender.http.post(url, data=form(place))
    shown = answer.json()
    claims = shown["access_token"].split(".")[1]

    assert (shown["token_type"], shown["expires_in"]) == ("Bearer", HALF_AN_HOUR)
    assert shown["scope"] == f"{SCOPES}send-submissions"
    assert json.loads(base64.urlsafe_b64decode(claims + "==="))["exp"] > 0
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "guessed"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": f"{SCOPES}subscribe-destinations"}, 400, "invalid_scope"),
    ],
)
async def test_wrong_credentials_get_no_token(
    place: Town, changed: dict[str, str], status: int, error: str
) -> None:
    answer = await place.sender.http.post(
        place.sandbox.token_url, data=form(place, **changed)
    )

    assert (answer.status_code, answer.json()) == (status, {"error": error})


async def test_credentials_in_a_header_are_not_understood(place: Town) -> None:
    given = place.sandbox.sender
    async with httpx.AsyncClient(
        trust_env=False, auth=(given.client_id, given.client_secret)
    ) as client:
        answer = await client.post(
            place.sandbox.token_url, data={"grant_type": "client_credentials"}
        )

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


async def test_tokens_end_with_time_and_on_demand(place: Town) -> None:
    path = "/submissions"
    before = await place.subscriber.http.get(path)
    await place.sandbox.tell(advance=HALF_AN_HOUR + 1)
    late = await place.subscriber.http.get(path)
    await place.subscriber.authenticate()
    fresh = await place.subscriber.http.get(path)
    await place.sandbox.tell(expire_tokens=True)
    revoked = await place.subscriber.http.get(path)

    statuses = [one.status_code for one in (before, late, fresh, revoked)]
    assert statuses == [200, 401, 200, 401]
    assert problem_in(late)["title"] == "Unauthorized"


@pytest.mark.parametrize("token", ["", "Bearer x", "Basic eDp5", "Bearer a.b.c"])
async def test_without_a_token_of_ours_nothing_is_told(place: Town, token: str) -> None:
    place.subscriber.http.headers["Authorization"] = token

    answer = await place.subscriber.http.get("/submissions")

    assert problem_in(answer)["status"] == 401


async def test_a_token_that_was_tampered_with_is_refused(place: Town) -> None:
    kept = place.sender.http.headers["Authorization"]
    head, claims, signature = kept.removeprefix("Bearer ").split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "==="))
    other = json.dumps(read | {"role": "subscriber"}).encode()
    forged = base64.urlsafe_b64encode(other).rstrip(b"=").decode()
    place.sender.http.headers["Authorization"] = f"Bearer {head}.{forged}.{signature}"

    assert (await place.sender.http.get("/submissions")).status_code == 401


async def test_a_subscriber_that_is_not_linked_sees_nothing(place: Town) -> None:
    sent = await place.sender.send(attachments=[b"one"])
    [one] = sent.attachments
    pair = {
        "client_id": place.sandbox.subscriber.client_id,
        "destination_id": place.sandbox.destination,
    }
    await place.sandbox.tell(link={**pair, "linked": False})
    http = place.subscriber.http
    path = f"/submissions/{sent.submission}"
    query = {"destinationId": place.sandbox.destination}

    answers = [
        await http.get("/submissions", params=query),
        await http.get(path),
        await http.get(f"{path}/attachments/{one}"),
        await http.get(f"{path}/events"),
        await http.get(f"/cases/{sent.case}/events"),
        await place.subscriber.accept(sent),
    ]
    everything = await http.get("/submissions")
    await place.sandbox.tell(link={**pair, "linked": True})

    assert [problem_in(one)["status"] for one in answers] == [403] * 6
    assert everything.json()["submissions"] == []
    assert (await http.get(path)).status_code == 200


async def test_senders_send_and_subscribers_receive(place: Town) -> None:
    sent = await place.sender.send()
    path = f"/submissions/{sent.submission}"
    token = place.subscriber.signed(accepting(place.sandbox, sent))

    answers = [
        await place.subscriber.announce(),
        await place.sender.http.get("/submissions"),
        await place.sender.http.get(path),
        await place.sender.answer(sent, token),
        await place.sender.http.patch(
            f"/destinations/{place.sandbox.destination}".join(
                (f"{place.sandbox.base_url}/v1", "")
            ),
            json={"status": "inactive"},
        ),
        await place.subscriber.submit(sent, sent.metadata, sent.data),
    ]

    assert [problem_in(one)["status"] for one in answers] == [403] * 6
    await place.sandbox.expect(submitted=1)


async def test_what_was_not_submitted_is_not_there_for_subscribers(place: Town) -> None:
    sent = await place.sender.announced()
    http = place.subscriber.http

    unknown = await http.get("/submissions/3b8b3c44-6f0f-4a0c-9d3b-1f6e2a7c5d10")
    early = await http.get(f"/submissions/{sent.submission}")

    for answer in (unknown, early):
        assert problem_in(answer)["type"].endswith("/submission-not-found")


async def test_what_was_answered_stays_for_a_while_unless_told_otherwise(
    place: Town,
) -> None:
    sent = await place.sender.send()
    await place.subscriber.accept(sent)
    path = f"/submissions/{sent.submission}"
    kept = await place.subscriber.http.get(path)
    await place.sandbox.tell(switches={"gone_after_answer": True})
    gone = await place.subscriber.http.get(path)

    assert (kept.status_code, gone.status_code) == (200, 404)


async def test_calls_are_limited_per_client_when_that_is_switched_on(
    place: Town,
) -> None:
    await place.sandbox.tell(switches={"rate_limit": 2, "rate_window": 3600.0})
    answers = [await place.subscriber.http.get("/submissions") for _ in range(3)]
    other = await place.sender.http.get("/cases")
    token = await place.sender.http.post(place.sandbox.token_url, data=form(place))
    left = [one.headers["ratelimit-remaining"] for one in answers]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert left == ["1", "0", "0"]
    assert answers[2].content == b""
    assert {"ratelimit-limit", "ratelimit-reset"} <= answers[2].headers.keys()
    assert (other.status_code, token.status_code) == (200, 200)


async def test_cases_are_shown_to_those_who_take_part(place: Town) -> None:
    sent = await place.sender.send()

    listed = (await place.sender.http.get("/cases")).json()
    shown = (await place.subscriber.http.get(f"/cases/{sent.case}")).json()
    none = (await place.subscriber.http.get("/cases")).json()

    assert listed["cases"] == [shown]
    assert shown["submissions"] == [sent.submission]
    assert none["totalCount"] == 0


async def test_paths_that_are_not_there_and_methods_that_do_not_fit(
    place: Town,
) -> None:
    path = await place.sender.http.get("/nonsense")
    method = await place.sender.http.delete("/submissions")
    keys = await place.sender.http.get(
        f"/destinations/{place.sandbox.destination}/keys"
    )
    sent = await place.sender.announced()
    early = place.subscriber.signed(rejecting(place.sandbox, sent))
    kind = await place.subscriber.http.post(
        f"/cases/{sent.case}/events",
        content=early,
        headers={"Content-Type": "text/plain"},
    )

    assert problem_in(path)["status"] == 404
    assert problem_in(method)["status"] == 405
    assert method.headers["allow"] == "GET, POST"
    assert keys.status_code in {404, 405}
    assert problem_in(kind)["status"] == 415
