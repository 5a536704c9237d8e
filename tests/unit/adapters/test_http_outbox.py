"""What the HTTP outbox makes of answers, without a network."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.base import Surroundings
from adapters.http import codec
from adapters.http.adapter import HttpOutbox
from adapters.http.parsing import parse_connection
from adapters.http.streams import RECEIPT_BYTES
from adapters.memory import MemoryNotes
from adapters.secrets import MachineSecrets
from schemas.clock import SystemClock
from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.outcomes import (
    Arrived,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
)
from schemas.services import Setting
from tests.parcels import make_document, make_parcel

Handler = Callable[[httpx.Request], httpx.Response]
HTML = {"Content-Type": "text/html; charset=utf-8"}
RECEIPTS = "/r/{delivery_id}"
MAPPING: dict[str, Setting] = {"path": "/v"}


def outbox_to(
    handler: Handler, home: Path = Path("/nonexistent"), **settings: Setting
) -> HttpOutbox:
    fields = Fields(
        {"base_url": "http://127.0.0.1:1/api", "certainty": "idempotent", **settings}
    )
    connection = parse_connection(fields)
    assert fields.finish() == ()
    return HttpOutbox(
        connection,
        Surroundings(
            secrets=MachineSecrets(environ={}, home=home),
            home=home,
            clock=SystemClock(),
            notes=MemoryNotes(),
        ),
        parallel=1,
        transport=httpx.MockTransport(handler),
    )


def parcel() -> Parcel:
    return make_parcel(mapping=MAPPING)


def by_method(post: httpx.Response, get: httpx.Response) -> Handler:
    return lambda request: post if request.method == "POST" else get


async def test_a_receipt_tells_status_place_and_body() -> None:
    headers = {
        "Content-Type": "application/json",
        "Location": "/v/7",
        "Set-Cookie": "session=geheim",
    }
    answer = httpx.Response(201, headers=headers, content=b'{"nr":7}')

    outcome = await outbox_to(lambda _: answer).deliver(parcel())

    assert isinstance(outcome, DeliveryConfirmed)
    assert outcome.receipt.media_type == "message/http"
    head, _, body = outcome.receipt.body.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201\r\n")
    assert b"Location: /v/7" in head
    assert b"geheim" not in head
    assert body == b'{"nr":7}'


async def test_a_receipt_that_is_too_long_is_cut_and_says_so() -> None:
    answer = httpx.Response(200, content=b"x" * (RECEIPT_BYTES + 1))

    outcome = await outbox_to(lambda _: answer).deliver(parcel())

    assert isinstance(outcome, DeliveryConfirmed)
    assert outcome.receipt.media_type == "message/http; cut=true"
    assert outcome.receipt.body.endswith(b"\r\n\r\n" + b"x" * RECEIPT_BYTES)


async def test_a_web_page_confirms_nothing() -> None:
    page = httpx.Response(200, headers=HTML, content=b"<h1>Anmeldung</h1>")

    outcome = await outbox_to(lambda _: page).deliver(parcel())

    assert outcome == OutcomeUnknown(code=codec.STRANGE)


async def test_a_web_page_confirms_where_the_operator_says_so() -> None:
    page = httpx.Response(200, headers=HTML, content=b"<p>OK</p>")
    outbox = outbox_to(lambda _: page, receipt_types=("text/html",))

    assert isinstance(await outbox.deliver(parcel()), DeliveryConfirmed)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(200, content=b"ok"), Arrived),
        (httpx.Response(404, json={"error": "unknown"}), NotArrived),
        (httpx.Response(404, headers=HTML, content=b"<h1>404</h1>"), NoAnswer),
        (httpx.Response(200, headers=HTML, content=b"<h1>Login</h1>"), NoAnswer),
        (httpx.Response(401), NoAnswer),
        (httpx.Response(410), NoAnswer),
        (httpx.Response(500), NoAnswer),
        (httpx.Response(302, headers={"Location": "/login"}), NoAnswer),
    ],
)
async def test_only_a_proper_404_says_that_nothing_has_arrived(
    answer: httpx.Response, expected: type
) -> None:
    outbox = outbox_to(lambda _: answer, receipt_path=RECEIPTS)

    assert isinstance(await outbox.ask(DeliveryId("d1")), expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [('{"id":"d1"}', NotArrived()), ("{}", NoAnswer(code=codec.ADDRESS))],
)
async def test_a_404_can_be_required_to_name_what_is_missing(
    body: str, expected: NotArrived | NoAnswer
) -> None:
    answer = httpx.Response(404, content=body)
    outbox = outbox_to(
        lambda _: answer, absent_text='"{delivery_id}"', receipt_path=RECEIPTS
    )

    assert await outbox.ask(DeliveryId("d1")) == expected


async def test_a_question_goes_to_the_receipts_address() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(404, json={})

    await outbox_to(handler, receipt_path=RECEIPTS).ask(DeliveryId("d/../1"))

    assert asked == ["http://127.0.0.1:1/api/r/d%2F..%2F1"]


async def test_a_counterpart_without_receipts_is_not_asked() -> None:
    outbox = outbox_to(lambda _: httpx.Response(200))

    answer = await outbox.ask(DeliveryId("d1"))

    assert answer == NoAnswer(code=codec.CANNOT_BE_ASKED)


async def test_a_conflict_is_settled_by_asking() -> None:
    receipt = httpx.Response(200, content=b"receipt")
    outbox = outbox_to(by_method(httpx.Response(409), receipt), receipt_path=RECEIPTS)

    outcome = await outbox.deliver(parcel())

    assert isinstance(outcome, DeliveryConfirmed)
    assert outcome.receipt.body.endswith(b"receipt")


async def test_a_conflict_over_nothing_known_is_unknown() -> None:
    missing = httpx.Response(404, json={})
    outbox = outbox_to(by_method(httpx.Response(409), missing), receipt_path=RECEIPTS)

    assert await outbox.deliver(parcel()) == OutcomeUnknown(code=codec.CONFLICT)


async def test_a_conflict_confirms_where_only_the_id_can_be_in_conflict() -> None:
    answer = httpx.Response(409, json={"error": "known already"})

    outcome = await outbox_to(lambda _: answer).deliver(parcel())

    assert isinstance(outcome, DeliveryConfirmed)
    assert outcome.receipt.body.startswith(b"HTTP/1.1 409\r\n")


@pytest.mark.parametrize("status", [400, 409, 413, 422, 451])
async def test_a_web_page_never_makes_the_sender_correct(status: int) -> None:
    page = httpx.Response(status, headers=HTML, content=b"<h1>Blocked</h1>")
    outbox = outbox_to(lambda _: page, certainty="neither")

    outcome = await outbox.deliver(parcel())

    assert outcome == DeliveryFailed(kind=FailureKind.AWAY, code=codec.GATEWAY)


async def test_a_redirect_is_not_followed() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(307, headers={"Location": "http://evil.example/"})

    outcome = await outbox_to(handler).deliver(parcel())

    assert isinstance(outcome, DeliveryFailed)
    assert seen == ["/api/v"]


async def test_a_missing_secret_lets_the_destination_wait() -> None:
    outbox = outbox_to(
        lambda _: httpx.Response(200),
        auth="token",
        token="file:token",
        receipt_path=RECEIPTS,
    )

    outcome = await outbox.deliver(parcel())

    assert outcome == DeliveryFailed(
        kind=FailureKind.AWAY, code="E-SECRET-MISSING", whole_destination=True
    )
    assert await outbox.ask(DeliveryId("d1")) == NoAnswer(code="E-SECRET-MISSING")


async def test_a_rotated_token_is_used_without_a_restart(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("alt")
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200 if seen[-1] == "Bearer neu" else 401)

    outbox = outbox_to(handler, tmp_path, auth="token", token="file:token")
    refused = await outbox.deliver(parcel())
    (tmp_path / "token").write_text("neu")
    taken = await outbox.deliver(parcel())

    assert refused == DeliveryFailed(
        kind=FailureKind.AWAY, code=codec.LOGIN, whole_destination=True
    )
    assert isinstance(taken, DeliveryConfirmed)
    assert seen == ["Bearer alt", "Bearer alt", "Bearer neu"]


async def test_basic_credentials_are_sent(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("geheim")
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200)

    outbox = outbox_to(
        handler, tmp_path, auth="basic", user="amt", password="file:password"
    )
    await outbox.deliver(parcel())

    assert seen == ["Basic YW10OmdlaGVpbQ=="]


async def test_a_token_that_would_end_its_header_is_never_sent(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a\r\nX: y")
    outbox = outbox_to(
        lambda _: httpx.Response(200), tmp_path, auth="token", token="file:token"
    )

    outcome = await outbox.deliver(parcel())

    assert isinstance(outcome, DeliveryFailed)
    assert outcome.code == "E-SECRET-MISSING"


async def test_a_frozen_mapping_this_code_cannot_read_is_ours_to_look_at() -> None:
    outbox = outbox_to(lambda _: httpx.Response(200))

    outcome = await outbox.deliver(make_parcel(mapping={"path": "/v", "later": 1}))

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code="E-CONFIG")


async def test_a_bug_in_our_own_documents_is_not_hidden() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"<"
        raise ZeroDivisionError

    document = replace(make_document(), open=broken)
    outbox = outbox_to(lambda _: httpx.Response(200))

    with pytest.raises(ZeroDivisionError):
        await outbox.deliver(make_parcel(document, mapping=MAPPING))
