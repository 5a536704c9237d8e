"""Repeating and waiting: what they wish is heeded, within the call's deadline."""

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    Busy,
    ServerError,
)
from adapters.fitconnect.client.requests import JSON
from tests.fakes.fitconnect_api import (
    ScriptedApi,
    problem,
)


@pytest.mark.parametrize(
    "answer",
    [
        problem(500),
        problem(503),
        problem(429),
        problem(408),
        httpx.RemoteProtocolError("gone"),
    ],
)
async def test_what_is_only_read_is_read_again_with_growing_pauses(
    answer: httpx.Response | Exception,
) -> None:
    api = ScriptedApi()
    api.then(answer, answer, answer, httpx.Response(200, json={"count": 3}))

    assert await api.client().get_json("/submissions") == {"count": 3}

    assert api.pauses == [0.5, 1.0, 2.0]


async def test_reading_gives_up_after_four_tries() -> None:
    api = ScriptedApi()
    api.then(*(problem(500) for _ in range(9)))

    with pytest.raises(ServerError):
        await api.client().get_json("/submissions")

    assert len(api.requests) == 4


async def test_what_was_turned_away_beforehand_may_be_sent_again() -> None:
    api = ScriptedApi()
    api.then(problem(429), httpx.Response(201, json={"submissionId": "x"}))

    reply = await api.client().post("/submissions", b"{}", content_type=JSON)

    assert reply.status == 201


async def test_retry_after_is_heeded() -> None:
    api = ScriptedApi()
    busy = problem(429)
    busy.headers["Retry-After"] = "7"
    api.then(busy)

    await api.client().get_json("/submissions")

    assert api.pauses[0] == 7.0


async def test_a_wish_longer_than_the_call_ends_the_call() -> None:
    api = ScriptedApi()
    busy = problem(503)
    busy.headers["Retry-After"] = "120"
    api.then(busy)

    with pytest.raises(Busy) as caught:
        await api.client().get_json("/submissions")

    assert caught.value.retry_after == 120
    assert len(api.requests) == 1


async def test_a_used_up_rate_limit_is_waited_out_before_the_next_request() -> None:
    api = ScriptedApi()
    last = httpx.Response(
        200, json={}, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "9"}
    )
    api.then(last)
    client = api.client()

    await client.get_json("/submissions")
    assert api.pauses == []
    await client.get_json("/submissions")

    assert [round(pause) for pause in api.pauses] == [9]


async def test_a_used_up_limit_of_a_minute_is_said_without_asking() -> None:
    api = ScriptedApi()
    api.then(
        httpx.Response(
            200, json={}, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "60"}
        )
    )
    client = api.client()
    await client.get_json("/submissions")

    with pytest.raises(Busy) as caught:
        await client.get_json("/submissions")

    assert not caught.value.sent
    assert len(api.requests) == 1
