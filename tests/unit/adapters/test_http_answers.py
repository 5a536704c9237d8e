"""Every answer, and every way to have none, is sorted on purpose."""

import inspect
import socket
import ssl

import httpx
import pytest

from adapters.http import codec
from adapters.http.codec import Progress, Taken, broken_off, out_of_time, sort_status
from schemas.errors import FailureKind, KeyMissing, MalformedTrackingId, StorageFull
from schemas.outcomes import (
    AttemptOutcome,
    Certainty,
    DeliveryFailed,
    NoAnswer,
    OutcomeUnknown,
)

AWAY, OURS, SENDER = FailureKind.AWAY, FailureKind.OURS, FailureKind.SENDER
EXPECTED: dict[int, AttemptOutcome] = {
    **{
        status: DeliveryFailed(kind=AWAY, code=codec.ADDRESS, whole_destination=True)
        for status in (301, 307, 308, 405, 426, 501, 505, 511)
    },
    **{
        status: DeliveryFailed(kind=AWAY, code=codec.LOGIN, whole_destination=True)
        for status in (401, 403, 407)
    },
    404: DeliveryFailed(kind=AWAY, code=codec.ADDRESS),
    410: DeliveryFailed(kind=AWAY, code=codec.ADDRESS),
    **{
        status: DeliveryFailed(kind=AWAY, code=codec.BUSY)
        for status in (408, 421, 423, 425, 429, 503, 507)
    },
    **{
        status: DeliveryFailed(kind=OURS, code=codec.REQUEST)
        for status in (406, 411, 412, 414, 416, 417, 428, 431)
    },
}
BY_CLASS: dict[int, AttemptOutcome] = {
    3: OutcomeUnknown(code=codec.REDIRECT),
    4: DeliveryFailed(kind=SENDER, code=codec.REJECTED),
    5: OutcomeUnknown(code=codec.SERVER_ERROR),
}
STRANGE = OutcomeUnknown(code=codec.STRANGE)


def sorted_as(
    status: int,
    certainty: Certainty = Certainty.IDEMPOTENT,
    *,
    askable: bool = False,
    unsure: frozenset[int] = frozenset(),
) -> AttemptOutcome | Taken:
    return sort_status(status, certainty=certainty, askable=askable, unsure=unsure)


@pytest.mark.parametrize("certainty", Certainty)
def test_every_status_is_sorted_by_the_table(certainty: Certainty) -> None:
    for status in set(range(100, 1000)) - {409}:
        expected: AttemptOutcome | Taken = EXPECTED.get(
            status, BY_CLASS.get(status // 100, STRANGE)
        )
        if 200 <= status <= 299:
            expected = Taken.LOOK_AT_RECEIPT

        assert sorted_as(status, certainty) == expected, status


@pytest.mark.parametrize("certainty", Certainty)
@pytest.mark.parametrize("status", [500, 502, 504, 520, 599, 302, 303])
def test_what_may_have_been_taken_is_never_called_failed(
    certainty: Certainty, status: int
) -> None:
    assert isinstance(sorted_as(status, certainty), OutcomeUnknown)


@pytest.mark.parametrize(
    ("certainty", "askable", "expected"),
    [
        (Certainty.IDEMPOTENT, False, Taken.LOOK_AT_RECEIPT),
        (Certainty.IDEMPOTENT, True, Taken.ASK),
        (Certainty.CAN_BE_ASKED, True, Taken.ASK),
        (Certainty.NEITHER, True, Taken.ASK),
        (
            Certainty.NEITHER,
            False,
            DeliveryFailed(kind=SENDER, code=codec.CONFLICT),
        ),
    ],
)
def test_a_conflict_is_asked_about_where_that_is_possible(
    certainty: Certainty, *, askable: bool, expected: AttemptOutcome | Taken
) -> None:
    assert sorted_as(409, certainty, askable=askable) == expected


@pytest.mark.parametrize("status", [200, 409, 422, 503])
def test_a_status_declared_unsure_proves_nothing(status: int) -> None:
    assert sorted_as(status, unsure=frozenset({status})) == STRANGE


def exceptions_of_httpx() -> list[type[Exception]]:
    return [
        member
        for _, member in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(member, Exception)
    ]


def made(kind: type[Exception]) -> Exception:
    request = httpx.Request("POST", "http://127.0.0.1/")
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("", request=request, response=httpx.Response(500))
    if issubclass(
        kind,
        httpx.StreamConsumed
        | httpx.ResponseNotRead
        | httpx.RequestNotRead
        | httpx.StreamClosed,
    ):
        return kind()
    return kind("")


NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
NEVER_SENT = (*NEVER_CONNECTED, httpx.PoolTimeout)


@pytest.mark.parametrize("kind", exceptions_of_httpx())
def test_every_exception_of_httpx_after_sending_began_leaves_it_unknown(
    kind: type[Exception],
) -> None:
    outcome = broken_off(made(kind), Progress.SENDING)

    if issubclass(kind, NEVER_SENT):
        assert isinstance(outcome, DeliveryFailed)
        assert outcome.kind is AWAY
        assert outcome.whole_destination is issubclass(kind, NEVER_CONNECTED)
    else:
        assert outcome == OutcomeUnknown(code=codec.BROKEN)


@pytest.mark.parametrize("kind", exceptions_of_httpx())
@pytest.mark.parametrize("progress", [Progress.NOT_CONNECTED, Progress.CONNECTED])
def test_every_exception_of_httpx_before_sending_is_a_failure(
    kind: type[Exception], progress: Progress
) -> None:
    outcome = broken_off(made(kind), progress)

    assert isinstance(outcome, DeliveryFailed)
    ours = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL)
    assert outcome.kind is (OURS if issubclass(kind, ours) else AWAY)


def caused_by(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError("")
    error.__cause__ = ExceptionGroup("several addresses", [cause])
    return error


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (socket.gaierror(-2, ""), codec.DNS),
        (ssl.SSLCertVerificationError(1, ""), codec.TLS),
        (ssl.SSLError(1, ""), codec.TLS),
        (ConnectionRefusedError(111, ""), codec.REFUSED),
        (OSError(113, ""), codec.REFUSED),
    ],
)
def test_why_there_was_no_connection_is_named(cause: Exception, code: str) -> None:
    outcome = broken_off(caused_by(cause), Progress.NOT_CONNECTED)

    assert outcome == DeliveryFailed(kind=AWAY, code=code, whole_destination=True)


def test_a_refused_client_certificate_is_certain_even_after_sending_began() -> None:
    alert = ssl.SSLError(1, "")
    alert.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"

    outcome = broken_off(alert, Progress.SENDING)

    assert outcome == DeliveryFailed(kind=AWAY, code=codec.TLS, whole_destination=True)


def test_any_other_trouble_with_tls_after_sending_began_leaves_it_unknown() -> None:
    error = ssl.SSLError(1, "")
    error.reason = "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"

    assert isinstance(broken_off(error, Progress.SENDING), OutcomeUnknown)


def test_running_out_of_time_is_unknown_only_after_the_first_byte() -> None:
    outcomes = {progress: out_of_time(progress) for progress in Progress}

    assert outcomes == {
        Progress.NOT_CONNECTED: DeliveryFailed(
            kind=AWAY, code=codec.NO_CONNECTION, whole_destination=True
        ),
        Progress.CONNECTED: DeliveryFailed(kind=AWAY, code=codec.TIMEOUT),
        Progress.SENDING: OutcomeUnknown(code=codec.NO_ANSWER),
    }


def test_a_document_we_cannot_read_is_never_the_senders_fault() -> None:
    assert codec.our_failure(KeyMissing()).kind is OURS
    assert codec.our_failure(StorageFull()).kind is OURS
    assert codec.our_failure(MalformedTrackingId()).kind is OURS


@pytest.mark.parametrize("status", [301, 401, 404, 429, 500, 600])
def test_a_question_that_was_refused_has_no_answer(status: int) -> None:
    assert isinstance(codec.sort_question(status), NoAnswer)
