"""Callbacks are believed only with the right secret, at the right time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.callbacks import (
    AUTHENTICATION,
    TIMESTAMP,
    Callback,
    CallbackEntry,
    CallbackKind,
    CallbackRefused,
    read_callback,
    sign_callback,
    verify_callback,
)

# FIT-Connect's documentation, "details/callbacks".
SECRET: Final = "insecure_unsafe_qHScgrg_kP-R31jHUwp3GkVkGJolvBchz65b74Lzue0"
BODY: Final = (
    b'{"type":"https://schema.fitko.de/fit-connect/submission-api/callbacks/'
    b'new-submissions","submissionIds":["f39ab143-d91a-474a-b69f-b00f1a1873c2"],'
    b'"submissions":[{"destinationId":"d12caea8-f372-4eb1-b102-b0a228253a11",'
    b'"submissionId":"f39ab143-d91a-474a-b69f-b00f1a1873c2",'
    b'"caseId":"9eec7d3e-dc66-4f82-9f52-1520bf96a32e"}]}'
)
MAC: Final = (
    "2056b372b5bcec06d8f11ab79b84b42d6cbe1c8e1178cdfa36e4385dcf717758"
    "aaa7599f417d9ec3e079087884f4fd59680bf713621383e2d4414ef74fb10df3"
)
AT: Final = datetime.fromtimestamp(1672527599, UTC)
HEADERS: Final = {AUTHENTICATION: MAC, TIMESTAMP: "1672527599"}
ENTRY: Final = CallbackEntry(
    destination="d12caea8-f372-4eb1-b102-b0a228253a11",
    submission="f39ab143-d91a-474a-b69f-b00f1a1873c2",
    case="9eec7d3e-dc66-4f82-9f52-1520bf96a32e",
)


def test_the_documented_example_is_believed() -> None:
    verify_callback(SECRET, HEADERS, BODY, now=AT)


def test_we_sign_as_the_documented_example() -> None:
    assert sign_callback(SECRET, BODY, at=AT) == HEADERS


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_in_both_directions_are_tolerated(seconds: int) -> None:
    verify_callback(SECRET, HEADERS, BODY, now=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_future_callback_is_refused(seconds: int) -> None:
    with pytest.raises(CallbackRefused):
        verify_callback(SECRET, HEADERS, BODY, now=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("secret", "headers", "body"),
    [
        ("another", HEADERS, BODY),
        ("", HEADERS, BODY),
        (SECRET, HEADERS, BODY + b" "),
        (SECRET, HEADERS, BODY.replace(b"f39ab143", b"f39ab144")),
        (SECRET, {TIMESTAMP: HEADERS[TIMESTAMP]}, BODY),
        (SECRET, {AUTHENTICATION: MAC}, BODY),
        (SECRET, {**HEADERS, TIMESTAMP: "1672527600"}, BODY),
        (SECRET, {**HEADERS, TIMESTAMP: "1672527599 "}, BODY),
        (SECRET, {**HEADERS, TIMESTAMP: "-1672527599"}, BODY),
        (SECRET, {**HEADERS, TIMESTAMP: "١٦٧٢٥٢٧٥٩٩"}, BODY),
        (SECRET, {**HEADERS, TIMESTAMP: "9" * 400}, BODY),
        (SECRET, {**HEADERS, AUTHENTICATION: MAC[:-1]}, BODY),
        (SECRET, {**HEADERS, AUTHENTICATION: "ü" * 128}, BODY),
        (SECRET, {**HEADERS, AUTHENTICATION: ""}, BODY),
    ],
)
def test_a_forged_callback_is_refused(
    secret: str, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(CallbackRefused):
        verify_callback(secret, headers, body, now=AT)


def test_an_empty_secret_signs_nothing_that_is_believed() -> None:
    headers = sign_callback("", BODY, at=AT)

    with pytest.raises(CallbackRefused):
        verify_callback("", headers, BODY, now=AT)


def test_a_callback_of_a_megabyte_is_refused() -> None:
    body = b" " * (1024 * 1024 + 1)

    with pytest.raises(CallbackRefused):
        verify_callback(SECRET, sign_callback(SECRET, body, at=AT), body, now=AT)


def test_a_replayed_callback_says_the_same_and_no_more() -> None:
    for _ in range(2):
        verify_callback(SECRET, HEADERS, BODY, now=AT)

    assert read_callback(BODY) == read_callback(BODY)


@given(body=st.binary(max_size=200), secret=st.binary(min_size=1))
def test_what_is_signed_is_believed(body: bytes, secret: bytes) -> None:
    text = secret.decode(errors="surrogateescape")
    headers = sign_callback(text, body, at=AT)

    verify_callback(text, headers, body, now=AT)


def test_new_submissions_are_read() -> None:
    assert read_callback(BODY) == Callback(
        kind=CallbackKind.NEW_SUBMISSIONS, entries=(ENTRY,)
    )


@pytest.mark.parametrize(
    ("kind", "name"), [("new-events", "submissions"), ("new-replies", "replies")]
)
def test_other_kinds_are_read(kind: str, name: str) -> None:
    body = {"type": f"https://example.org/{kind}", name: [{"caseId": ENTRY.case}]}

    callback = read_callback(json.dumps(body).encode())

    assert callback.kind.value == kind
    assert [entry.case for entry in callback.entries] == [ENTRY.case]


def test_fields_of_tomorrow_and_missing_ones_do_no_harm() -> None:
    body = {
        "type": "https://example.org/new-weather",
        "submissions": [{"submissionId": "../../etc", "wind": 3}, "text", None],
        "more": {},
    }

    callback = read_callback(json.dumps(body).encode())

    assert callback.kind is CallbackKind.OTHER
    assert callback.entries == (CallbackEntry(destination="", submission="", case=""),)


@given(body=st.binary(max_size=100))
def test_reading_never_raises(body: bytes) -> None:
    assert read_callback(body).kind in CallbackKind


def test_deep_nesting_does_no_harm() -> None:
    assert read_callback(b"[" * 100_000).entries == ()
