"""Requests to Prefect end in time, and asking twice is harmless."""

import asyncio
import time

import httpx
import pytest

from flows.prefect_engine.names import completed, failed
from flows.prefect_engine.rest import (
    DEADLINE_SECONDS,
    Address,
    Deployment,
    NewRun,
    PatientTransport,
    PrefectApi,
)
from schemas.errors import PrefectAway, PrefectNotDeployed, PrefectRefused
from tests.fakes.prefect_api import FakePrefect

DEPLOYMENT = Deployment(id="deployment", flow="flow", pool="pool")
RUN = NewRun(
    key="batch", name="2026-000001", tags=["case:2026-000001"], batch="b", worker="w"
)
LIBRARY_ERRORS = [
    error
    for error in vars(httpx).values()
    if isinstance(error, type)
    and issubclass(error, httpx.TransportError)
    and error is not httpx.TransportError
]


async def test_a_run_is_created_once_for_one_key() -> None:
    prefect = FakePrefect()
    async with PrefectApi(prefect.address) as api:
        first = await api.create(DEPLOYMENT, RUN)
        second = await api.create(DEPLOYMENT, RUN)

    assert first["id"] == second["id"]
    assert prefect.named("2026-000001")["parameters"] == {"batch": "b", "worker": "w"}


async def test_a_finished_run_takes_one_request() -> None:
    prefect = FakePrefect()
    async with PrefectApi(prefect.address) as api:
        known = await api.record(DEPLOYMENT, RUN, failed("E-X"))

    assert prefect.requests == ["POST /flow_runs/"]
    assert prefect.runs[known]["state"]["message"] == "E-X"
    assert prefect.runs[known]["work_pool_name"] == "pool"


async def test_a_run_whose_creation_was_answered_too_late_is_brought_to_its_end() -> (
    None
):
    prefect = FakePrefect()
    async with PrefectApi(prefect.address) as api:
        await api.create(DEPLOYMENT, RUN)
        known = await api.record(DEPLOYMENT, RUN, completed("Closed."))

    assert len(prefect.runs) == 1
    assert prefect.runs[known]["state"]["type"] == "COMPLETED"


async def test_a_slow_server_is_given_up_at_the_deadline() -> None:
    prefect = FakePrefect()
    prefect.seconds = 60
    async with PrefectApi(prefect.address) as api:
        started = time.monotonic()
        with pytest.raises(PrefectAway):
            await api.deployment()

    assert time.monotonic() - started < DEADLINE_SECONDS + 1


async def test_a_server_without_our_deployments_is_told_apart() -> None:
    prefect = FakePrefect()
    prefect.is_deployed = False
    async with PrefectApi(prefect.address) as api:
        with pytest.raises(PrefectNotDeployed):
            await api.deployment()


async def test_what_is_refused_is_told_apart() -> None:
    prefect = FakePrefect()
    prefect.refuses = "artifacts"
    async with PrefectApi(prefect.address) as api:
        with pytest.raises(PrefectRefused):
            await api.describe("run", "| |")


async def test_a_pool_is_made_once() -> None:
    prefect = FakePrefect()
    async with PrefectApi(prefect.address) as api:
        await api.make_pool("amtsweg-ops")
        await api.make_pool("amtsweg-ops")

    assert prefect.pools == ["amtsweg-ops"]
    assert prefect.requests.count("POST /work_pools/") == 1


async def test_a_pool_is_there_although_the_answer_was_lost() -> None:
    prefect = FakePrefect()
    prefect.loses = "/work_pools/"
    address = Address(
        url="http://prefect.test/api",
        transport=lambda: PatientTransport(httpx.MockTransport(prefect.answer)),
    )
    async with PrefectApi(address) as api:
        await api.make_pool("amtsweg-ops")

    assert prefect.pools == ["amtsweg-ops"]
    assert prefect.requests.count("POST /work_pools/") == 2


async def test_a_pool_that_is_refused_is_told() -> None:
    prefect = FakePrefect()

    async def forbid(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/work_pools/":
            return httpx.Response(403)
        return await prefect.answer(request)

    address = Address(
        url="http://prefect.test/api", transport=lambda: httpx.MockTransport(forbid)
    )
    async with PrefectApi(address) as api:
        with pytest.raises(PrefectRefused, match="403"):
            await api.make_pool("amtsweg-ops")

    # It has looked whether the pool is there, before and after.
    assert prefect.requests == 2 * ["POST /work_pools/filter"]


@pytest.mark.parametrize("error", LIBRARY_ERRORS)
async def test_every_error_of_the_library_is_translated(
    error: type[httpx.TransportError],
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error("details")

    address = Address(
        url="http://prefect.test", transport=lambda: httpx.MockTransport(fail)
    )
    async with PrefectApi(address) as api:
        with pytest.raises(PrefectAway, match="E-PREFECT-AWAY"):
            await api.deployment()


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b"null", b'"x"'])
async def test_an_answer_that_makes_no_sense_counts_as_away(answer: bytes) -> None:
    address = Address(
        url="http://prefect.test",
        transport=lambda: httpx.MockTransport(
            lambda _: httpx.Response(200, content=answer)
        ),
    )
    async with PrefectApi(address) as api:
        with pytest.raises(PrefectAway):
            await api.deployment()


async def test_a_busy_server_is_asked_again_within_a_second() -> None:
    prefect = FakePrefect()
    prefect.busy_answers = 3
    address = Address(
        url="http://prefect.test/api",
        transport=lambda: PatientTransport(httpx.MockTransport(prefect.answer)),
    )
    async with PrefectApi(address) as api, asyncio.timeout(1):
        await api.record(DEPLOYMENT, RUN, completed("Closed."))

    assert len(prefect.requests) == 4
    assert len(prefect.runs) == 1


async def test_a_server_that_stays_busy_counts_as_away() -> None:
    prefect = FakePrefect()
    prefect.busy_answers = 100
    address = Address(
        url="http://prefect.test/api",
        transport=lambda: PatientTransport(httpx.MockTransport(prefect.answer)),
    )
    async with PrefectApi(address) as api:
        with pytest.raises(PrefectAway):
            await api.deployment()


async def test_the_password_is_sent_as_prefect_wants_it() -> None:
    seen: list[str] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(404)

    address = Address(
        url="http://prefect.test",
        auth="amtsweg:secret",
        transport=lambda: httpx.MockTransport(look),
    )
    async with PrefectApi(address) as api:
        with pytest.raises(PrefectNotDeployed):
            await api.deployment()

    assert seen == ["Basic YW10c3dlZzpzZWNyZXQ="]
