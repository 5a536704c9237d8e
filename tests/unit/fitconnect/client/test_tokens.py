"""The token: one for all, renewed in time, once again after a 401."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    LoginRefused,
    ScopeRefused,
    ServerError,
    StrangeAnswer,
    Unreachable,
)
from schemas.errors import CounterpartAway, SecretMissing
from tests.fakes.fitconnect_api import SECRET, ScriptedApi, problem, token_answer


async def test_credentials_go_in_the_body_without_a_scope() -> None:
    api = ScriptedApi()

    await api.client().get_json("/submissions")

    [asked] = api.token_requests
    assert "authorization" not in asked.headers
    assert parse_qs(asked.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client"],
        "client_secret": [SECRET],
    }
    assert api.requests[0].headers["authorization"] == "Bearer token-1"
    assert api.requests[0].headers["user-agent"] == "amtsweg"


async def test_a_token_serves_until_shortly_before_its_end() -> None:
    api = ScriptedApi()
    client = api.client()

    await client.get_json("/submissions")
    api.clock.advance(timedelta(minutes=28))
    await client.get_json("/submissions")
    assert len(api.token_requests) == 1

    api.clock.advance(timedelta(minutes=1, seconds=1))
    await client.get_json("/submissions")
    assert len(api.token_requests) == 2


async def test_many_at_once_ask_for_one_token() -> None:
    api = ScriptedApi()
    client = api.client()

    await asyncio.gather(*(client.get_json("/submissions") for _ in range(20)))

    assert len(api.token_requests) == 1
    assert len(api.requests) == 20


async def test_a_refused_token_is_renewed_once() -> None:
    api = ScriptedApi()
    client = api.client()
    api.then(problem(401), httpx.Response(200, json={"count": 0}))

    assert await client.get_json("/submissions") == {"count": 0}

    used = [request.headers["authorization"] for request in api.requests]
    assert used == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_refused_twice_is_a_refused_login() -> None:
    api = ScriptedApi()
    api.then(problem(401), problem(401))

    with pytest.raises(LoginRefused) as caught:
        await api.client().get_json("/submissions")

    assert len(api.requests) == 2
    assert caught.value.whole_destination


async def test_those_who_were_refused_together_renew_together() -> None:
    api = ScriptedApi()
    client = api.client()
    api.then(*(problem(401) for _ in range(5)))

    await asyncio.gather(*(client.get_json("/submissions") for _ in range(5)))

    assert len(api.token_requests) == 2


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), LoginRefused),
        (httpx.Response(400, json={"error": "invalid_client"}), LoginRefused),
        (httpx.Response(401, text=""), LoginRefused),
        (httpx.Response(400, json={"error": "invalid_scope"}), ScopeRefused),
        (httpx.Response(500, text="oops"), ServerError),
        (httpx.Response(200, text="<html>"), StrangeAnswer),
        (httpx.Response(200, json=["x"]), StrangeAnswer),
        (httpx.Response(200, json={"access_token": ""}), StrangeAnswer),
        (httpx.Response(200, json={"access_token": "a\r\nX: y"}), StrangeAnswer),
        (httpx.Response(200, json={"access_token": "a b"}), StrangeAnswer),
        (httpx.Response(302, headers={"Location": "/login"}), StrangeAnswer),
        (httpx.ConnectError("refused"), Unreachable),
    ],
)
async def test_without_a_token_nothing_is_asked(
    answer: httpx.Response | Exception, failure: type[CounterpartAway]
) -> None:
    api = ScriptedApi()
    api.token_script.extend([answer] * 4)

    with pytest.raises(failure) as caught:
        await api.client().post("/submissions", b"{}", content_type="application/json")

    assert isinstance(caught.value, CounterpartAway)
    assert api.requests == []
    assert not getattr(caught.value, "sent", True)


async def test_the_secret_is_read_anew_for_each_token() -> None:
    environ = {"FIT_SECRET": "old"}
    api = ScriptedApi()
    client = api.client(environ=environ)
    await client.get_json("/submissions")

    environ["FIT_SECRET"] = "new"
    api.clock.advance(timedelta(hours=1))
    await client.get_json("/submissions")

    sent = [parse_qs(one.content.decode()) for one in api.token_requests]
    assert [form["client_secret"] for form in sent] == [["old"], ["new"]]


async def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SecretMissing, match="FIT_SECRET"):
        await ScriptedApi().client(environ={}).get_json("/submissions")


@pytest.mark.parametrize("seconds", [0, 1, 5, 60, 10**12, -5])
async def test_a_strange_life_of_a_token_ends_nothing(seconds: int) -> None:
    api = ScriptedApi()
    api.token_script.append(token_answer(1, expires_in=seconds))
    client = api.client()

    await client.get_json("/submissions")
    await client.get_json("/submissions")

    assert len(api.token_requests) == 1
