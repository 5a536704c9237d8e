"""Each request goes where it should, and its answer is read with suspicion."""

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    FitRefused,
    RequestWrong,
    StrangeAnswer,
)
from adapters.fitconnect.client.requests import JSON, Api
from tests.fakes.fitconnect_api import (
    HOST,
    ScriptedApi,
    problem,
)


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
