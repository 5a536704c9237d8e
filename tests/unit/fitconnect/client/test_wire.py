"""Whatever FIT-Connect's interfaces answer has one meaning, and one code."""

import socket
import ssl

import httpx
import pytest

from adapters.fitconnect.client.failures import (
    ApiFailure,
    BrokenOff,
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
    Unreachable,
)
from adapters.fitconnect.client.requests import JSON
from schemas.errors import CounterpartAway, Ours, SenderMustCorrect
from tests.fakes.fitconnect_api import (
    ScriptedApi,
    problem,
)


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
