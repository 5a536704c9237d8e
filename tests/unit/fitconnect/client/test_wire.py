"""Whatever FIT-Connect's interfaces answer has one meaning, and one code."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    ApiFailure,
    BrokenOff,
    Busy,
    Conflicting,
    DestinationInactive,
    DestinationNotThere,
    FitRefused,
    NoAnswerInTime,
    NotLinked,
    NotThere,
    PayloadSchemaRefused,
    RequestWrong,
    ServerError,
    StrangeAnswer,
    SubmissionNotThere,
    TooLarge,
    TooMuch,
    Unreachable,
)
from adapters.fitconnect.client.requests import Api, Request, Upload
from adapters.fitconnect.client.wire import FitConnectClient
from schemas.errors import CounterpartAway, Ours, SenderMustCorrect, StorageBroken
from tests.clocks import TestClock
from tests.fakes.fitconnect_api import (
    HOST,
    ScriptedApi,
    credentials,
    environment,
    problem,
    surroundings,
)

JSON = "application/json"


@pytest.mark.parametrize(
    ("answer", "failure", "root"),
    [
        (problem(400, "bad-request"), RequestWrong, Ours),
        (problem(403, "forbidden"), NotLinked, CounterpartAway),
        (problem(404, "destination-not-found"), DestinationNotThere, Ours),
        (problem(404, "submission-not-found"), SubmissionNotThere, Ours),
        (problem(404, "weather-not-found"), NotThere, Ours),
        (problem(410), NotThere, Ours),
        (problem(409), Conflicting, SenderMustCorrect),
        (problem(413), TooLarge, SenderMustCorrect),
        (problem(422, title="Invalid JWE Header 'cty'"), FitRefused, SenderMustCorrect),
        (
            problem(422, title="Payload Schema not supported"),
            PayloadSchemaRefused,
            Ours,
        ),
        (
            problem(422, "destination-state-invalid"),
            DestinationInactive,
            CounterpartAway,
        ),
        (problem(418), FitRefused, SenderMustCorrect),
        (problem(500), ServerError, CounterpartAway),
        (problem(599), ServerError, CounterpartAway),
        (
            httpx.Response(301, headers={"Location": "/"}),
            StrangeAnswer,
            CounterpartAway,
        ),
        (
            httpx.Response(404, html="<html>proxy</html>"),
            StrangeAnswer,
            CounterpartAway,
        ),
        (
            httpx.Response(422, html="<html>firewall</html>"),
            StrangeAnswer,
            CounterpartAway,
        ),
        (httpx.Response(404, text=""), NotThere, Ours),
        (httpx.Response(422, json=["no", "object"]), FitRefused, SenderMustCorrect),
        (
            httpx.Response(422, json={"type": 7, "title": {}}),
            FitRefused,
            SenderMustCorrect,
        ),
        (httpx.RemoteProtocolError("gone"), BrokenOff, CounterpartAway),
        (httpx.ReadTimeout("slow"), NoAnswerInTime, CounterpartAway),
    ],
)
async def test_a_failure_of_a_post_is_sorted_and_not_repeated(
    answer: httpx.Response | Exception, failure: type[ApiFailure], root: type[Exception]
) -> None:
    api = ScriptedApi()
    api.then(answer)

    with pytest.raises(failure) as caught:
        await api.client().post("/submissions", b"{}", content_type=JSON)

    assert type(caught.value) is failure
    assert isinstance(caught.value, root)
    assert caught.value.sent
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("cause", "detail"),
    [
        (socket.gaierror("nobody"), "DNS"),
        (ssl.SSLError("certificate"), "TLS"),
        (ConnectionRefusedError(), "refused"),
    ],
)
async def test_no_connection_concerns_the_whole_destination_at_once(
    cause: Exception, detail: str
) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no") from cause

    api = ScriptedApi()
    api.then(refuse)

    with pytest.raises(Unreachable, match=detail) as caught:
        await api.client().get_json("/submissions")

    assert caught.value.whole_destination
    assert not caught.value.sent
    assert api.pauses == []


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


@pytest.mark.parametrize(
    ("api", "url"),
    [
        (Api.SUBMISSION, f"{HOST}/submission-api/v2/x"),
        (Api.SERVICE, f"{HOST}/submission-api/x"),
        (Api.DESTINATION, f"{HOST}/destination-api/v1/x"),
        (Api.ROUTING, f"{HOST}/routing-api/v2/x"),
    ],
)
async def test_each_interface_has_its_address(api: Api, url: str) -> None:
    scripted = ScriptedApi()

    await scripted.client().get_json("/x", api=api, query={"limit": 5})

    assert str(scripted.requests[0].url) == f"{url}?limit=5"


async def test_destinations_are_read_without_a_token_in_v2_only() -> None:
    second, first = ScriptedApi(), ScriptedApi()

    await second.client("v2").destination("d")
    await first.client("v1").destination("d")

    assert "authorization" not in second.requests[0].headers
    assert first.requests[0].headers["authorization"] == "Bearer token-1"
    assert second.token_requests == []


@pytest.mark.parametrize(
    "path",
    ["/submissions/../token", "/a?b=c", "/a#b", "a", "/a b", "/a//b", "/ü", "/."],
)
async def test_an_id_cannot_lead_astray(path: str) -> None:
    api = ScriptedApi()

    with pytest.raises(RequestWrong):
        await api.client().get_json(path)

    assert api.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>login</html>"),
        httpx.Response(200, content=b"[" * 5000 + b"]" * 5000),
        httpx.Response(200, content=b'{"a":' * 70 + b"1" + b"}" * 70),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, json={"big": "x" * 3000}),
    ],
)
async def test_an_answer_that_is_no_sound_json_is_strange(
    answer: httpx.Response,
) -> None:
    api = ScriptedApi()
    api.then(answer, answer, answer, answer)

    with pytest.raises(StrangeAnswer):
        await api.client().get_json("/submissions", limit=2000)


async def test_an_encoded_answer_is_not_taken_for_what_was_meant() -> None:
    api = ScriptedApi()

    def gzipped(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200,
            stream=httpx.ByteStream(b"not gzip at all"),
            headers={"Content-Encoding": "gzip"},
        )

    api.then(gzipped, gzipped, gzipped, gzipped)

    with pytest.raises(StrangeAnswer):
        async with api.client().stream("/x", limit=100):
            pass


async def test_no_message_holds_a_word_of_theirs() -> None:
    api = ScriptedApi()
    api.then(problem(422, "name-of-erika", title="Erika Mustermann"))

    with pytest.raises(FitRefused) as caught:
        await api.client().post("/submissions", b"{}", content_type=JSON)

    assert "rika" not in str(caught.value)
    assert "422" in str(caught.value)
    assert caught.value.problem.title == "Erika Mustermann"


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
