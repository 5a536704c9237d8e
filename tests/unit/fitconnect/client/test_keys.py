"""Published keys: kept, and asked for again in measure."""

from datetime import timedelta

import httpx
import pytest

from adapters.fitconnect.client.failures import ServerError
from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.jose.algorithms import Algorithms
from tests.fakes.fitconnect_api import ScriptedApi, problem
from tests.fitconnect_keys import jwk_of, test_key

DESTINATION = "d12caea8-f372-4eb1-b102-b0a228253a11"


def jwks(*names: str) -> httpx.Response:
    return httpx.Response(200, json={"keys": [jwk_of(name) for name in names]})


async def test_the_services_keys_are_read_once_and_without_a_token() -> None:
    api = ScriptedApi()
    api.then(jwks("service", "service-2"))
    client = api.client()

    for name in ("service", "service-2", "service"):
        found = await client.service_key(test_key(name).kid)
        assert (
            found.rsa.public_numbers()
            == test_key(name).rsa.public_key().public_numbers()
        )

    [asked] = api.requests
    assert asked.url.path == "/submission-api/.well-known/jwks.json"
    assert "authorization" not in asked.headers


async def test_an_unknown_key_makes_us_ask_at_most_once_a_minute() -> None:
    api = ScriptedApi()
    api.then(jwks("service"), jwks("service", "service-2"))
    client = api.client()
    await client.service_key(test_key("service").kid)

    for _ in range(5):
        with pytest.raises(KeyNotPublished):
            await client.service_key(test_key("service-2").kid)
    assert len(api.requests) == 1

    api.clock.advance(timedelta(seconds=61))
    await client.service_key(test_key("service-2").kid)
    assert len(api.requests) == 2


async def test_strange_keys_beside_it_do_no_harm() -> None:
    api = ScriptedApi()
    jwk = jwk_of("service")
    api.then(httpx.Response(200, json={"keys": [{"kty": "EC"}, 7, None, jwk]}))

    found = await api.client().service_key(test_key("service").kid)

    assert found.kid == test_key("service").kid


async def test_a_network_failure_is_not_a_missing_key() -> None:
    api = ScriptedApi()
    api.then(*(problem(500) for _ in range(4)), jwks("service"))
    client = api.client()

    with pytest.raises(ServerError):
        await client.service_key(test_key("service").kid)

    found = await client.service_key(test_key("service").kid)

    assert found.kid == test_key("service").kid


async def test_a_destinations_key_is_kept() -> None:
    api = ScriptedApi()
    api.then(httpx.Response(200, json=jwk_of("sign")))
    client = api.client()

    for _ in range(3):
        found = await client.destination_key(DESTINATION, test_key("sign").kid)
        assert found.algorithm == "PS512"

    assert len(api.requests) == 1


async def test_a_key_that_is_not_there_is_asked_for_once_a_minute() -> None:
    api = ScriptedApi()
    api.then(problem(404, "key-not-found"), httpx.Response(200, json=jwk_of("sign")))
    client, kid = api.client(), test_key("sign").kid

    for _ in range(3):
        with pytest.raises(KeyNotPublished):
            await client.destination_key(DESTINATION, kid)
    api.clock.advance(timedelta(minutes=2))

    assert (await client.destination_key(DESTINATION, kid)).kid == kid


async def test_a_key_published_under_another_id_is_none() -> None:
    api = ScriptedApi()
    api.then(httpx.Response(200, json=jwk_of("sign-2")))

    with pytest.raises(KeyNotPublished):
        await api.client().destination_key(DESTINATION, test_key("sign").kid)


@pytest.mark.parametrize("kid", ["..", ".", "", "x" * 300])
async def test_a_hostile_key_id_asks_nothing(kid: str) -> None:
    api = ScriptedApi()

    with pytest.raises(KeyNotPublished):
        await api.client().destination_key(DESTINATION, kid)

    assert api.requests == []


async def test_a_key_id_cannot_lead_to_another_path() -> None:
    api = ScriptedApi()
    api.then(problem(404))

    with pytest.raises(KeyNotPublished):
        await api.client().destination_key(DESTINATION, "../../x?y#z")

    path = api.requests[0].url.raw_path.decode()
    assert (
        path
        == f"/submission-api/v2/destinations/{DESTINATION}/keys/..%2F..%2Fx%3Fy%23z"
    )


async def test_a_published_key_is_one_only_by_an_allowed_algorithm() -> None:
    jwk = jwk_of("service", Algorithms(signature=("PS256",)))
    kid = test_key("service").kid
    strict, tolerant = ScriptedApi(), ScriptedApi()
    for api in (strict, tolerant):
        api.then(httpx.Response(200, json={"keys": [jwk]}))
        api.then(httpx.Response(200, json=jwk))
    taking = tolerant.client(algorithms={"signature": ("PS512", "PS256")})

    with pytest.raises(KeyNotPublished):
        await strict.client().service_key(kid)
    with pytest.raises(KeyNotPublished):
        await strict.client().destination_key(DESTINATION, kid)
    assert (await taking.service_key(kid)).algorithm == "PS256"
    assert (await taking.destination_key(DESTINATION, kid)).algorithm == "PS256"
