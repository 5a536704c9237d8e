"""Large bodies in both directions: deadlines, breaks, limits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    BrokenOff,
    NoAnswerInTime,
    TooMuch,
)
from adapters.fitconnect.client.requests import JSON, Api, Request, Upload
from adapters.fitconnect.client.wire import FitConnectClient
from schemas.errors import StorageBroken
from tests.clocks import TestClock
from tests.fakes.fitconnect_api import (
    ScriptedApi,
    credentials,
    environment,
    problem,
    surroundings,
)


async def test_a_call_ends_within_its_deadline() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    client = FitConnectClient(
        environment(deadline=0.1),
        credentials(),
        surroundings(TestClock()),
        transport=httpx.MockTransport(never),
    )

    for call in (
        client.get_json("/submissions"),
        client.login(),
        client.post("/submissions", b"", content_type=JSON),
    ):
        with pytest.raises(NoAnswerInTime):
            await call


class Trickle(httpx.AsyncByteStream):
    """A body that stops coming."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


async def test_a_download_that_hangs_ends_at_its_deadline() -> None:
    api, body = ScriptedApi(), Trickle(b"abc")
    api.then(httpx.Response(200, stream=body))
    got: list[bytes] = []

    async def download() -> None:
        async with api.client().stream(
            "/x", limit=10, deadline=timedelta(seconds=0.05)
        ) as chunks:
            got.extend([chunk async for chunk in chunks])

    with pytest.raises(NoAnswerInTime):
        await download()
    assert body.closed


async def test_a_download_that_breaks_off_is_the_networks_failure() -> None:
    api, body = ScriptedApi(), Trickle(b"abc", httpx.RemoteProtocolError("cut"))
    api.then(httpx.Response(200, stream=body))

    with pytest.raises(BrokenOff):
        async with api.client().stream("/x", limit=10) as chunks:
            [chunk async for chunk in chunks]
    assert body.closed


async def test_a_download_that_is_too_large_is_not_read_to_its_end() -> None:
    api, body = ScriptedApi(), Trickle(b"x" * 8, b"x" * 8)
    api.then(httpx.Response(200, stream=body))

    with pytest.raises(TooMuch):
        async with api.client().stream("/x", limit=10) as chunks:
            [chunk async for chunk in chunks]
    assert body.closed


async def test_a_download_is_asked_for_again_until_it_begins() -> None:
    api = ScriptedApi()
    api.then(problem(503), problem(401), httpx.Response(200, content=b"abc"))

    async with api.client().stream("/x", limit=10) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"abc"


async def test_the_failure_of_our_own_source_stays_ours() -> None:
    api = ScriptedApi()

    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise StorageBroken

    with pytest.raises(StorageBroken):
        await api.client().put(
            "/x", Upload(open=broken), content_type="application/jose"
        )


async def test_a_body_is_made_anew_for_every_try() -> None:
    api = ScriptedApi()
    api.then(problem(429), httpx.Response(204))
    opened: list[int] = []

    async def source() -> AsyncIterator[bytes]:
        opened.append(1)
        yield b"abc"

    reply = await api.client().put(
        "/x", Upload(open=source, length=3), content_type="application/jose"
    )

    assert reply.status == 204
    assert len(opened) == 2
    assert [request.content for request in api.requests] == [b"abc", b"abc"]
    assert api.requests[0].headers["content-length"] == "3"


async def test_clients_with_the_same_credentials_share_connections() -> None:
    around = surroundings(TestClock())
    first, second, other = (
        FitConnectClient(environment(version), credentials(), around)
        for version in ("v2", "v2", "v1")
    )

    shared = await asyncio.gather(first._calls(), first._calls(), second._calls())
    apart = await other._calls()

    assert len({id(calls) for calls in shared}) == 1
    assert apart is not shared[0]
    assert shared[0].users == 2
    await first.aclose()
    await first.aclose()
    assert shared[0].users == 1
    assert await second._calls() is shared[0]
    await second.aclose()
    await other.aclose()
    anew = FitConnectClient(environment(), credentials(), around)
    assert await anew._calls() is not shared[0]
    await anew.aclose()


async def test_an_unnamed_method_is_sent_as_it_is() -> None:
    api = ScriptedApi()

    await api.client().send(
        Request(
            method="PATCH",
            path="/destinations/d",
            api=Api.DESTINATION,
            content=b'{"status":"active"}',
            content_type="application/merge-patch+json",
        )
    )

    assert api.requests[0].method == "PATCH"
    assert api.requests[0].content == b'{"status":"active"}'
