"""Whatever the sandbox does wrong, a case goes out over FIT-Connect once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.memory import MemoryNotes
from schemas.errors import FailureKind
from schemas.outcomes import (
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    OutcomeUnknown,
)
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.fakes.fitconnect_outbox import mapping_to, way_to
from tests.parcels import make_parcel

DESKS = ("token", "destinations", "keys", "announce", "attach", "submit", "events")
FAULTS = ("drop", "commit-then-drop", "commit-then-503", "500", "garbage")
DAY = 86_400.0


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Pointed]:
    async with fitconnect_here(tmp_path / "sandbox") as pointed:
        yield pointed


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_one_fault_at_any_desk_leaves_one_submission(
    sandbox: Pointed, desk: str, fault: str
) -> None:
    store = MemoryNotes()
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await sandbox.tell(misbehave=fault, on=desk, times=1)
    outcomes: list[AttemptOutcome] = []

    for _ in range(3):
        way = way_to(sandbox, notes=store, pause=_at_once)
        outcome = await way.deliver(parcel)
        outcomes.append(outcome)
        await way.aclose()
        counted = (await sandbox.state())["submissions"].get("submitted", 0)
        if isinstance(outcome, DeliveryFailed):
            assert counted == 0
            # What passes by itself must not end as a dead letter.
            assert outcome.kind is FailureKind.AWAY
        if isinstance(outcome, DeliveryConfirmed):
            break

    assert isinstance(outcomes[-1], DeliveryConfirmed), outcomes
    assert (await sandbox.state())["submissions"]["submitted"] == 1


async def test_attachments_that_were_lost_there_are_sent_again(
    sandbox: Pointed,
) -> None:
    store = MemoryNotes()
    way = way_to(sandbox, notes=store, pause=_at_once)
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await sandbox.tell(misbehave="500", on="submit")
    assert not isinstance(await way.deliver(parcel), DeliveryConfirmed)
    await sandbox.tell(misbehave="none")
    with sqlite3.connect(sandbox.folder / "books.sqlite3") as books:
        books.execute("UPDATE attachments SET tag = ''")
    books.close()

    refused = await way.deliver(parcel)
    outcome = await way.deliver(parcel)

    assert not isinstance(refused, DeliveryConfirmed)
    assert isinstance(outcome, DeliveryConfirmed)
    await sandbox.expect(submitted=1)
    await way.aclose()


class Stuttering(httpx.AsyncHTTPTransport):
    """Sends everything twice, and hears only the second answer.

    But announcements only once, or nobody could ever hear of their own.
    """

    announced = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        content = b"".join([chunk async for chunk in request.stream])
        twice = [
            httpx.Request(
                request.method,
                request.url,
                headers=request.headers,
                content=content,
                extensions=request.extensions,
            )
            for _ in range(2)
        ]
        is_announcement = request.url.path.endswith("/submissions")
        if is_announcement and self.announced:
            return await super().handle_async_request(twice[0])
        self.announced |= is_announcement
        first = await super().handle_async_request(twice[0])
        await first.aread()
        await first.aclose()
        return await super().handle_async_request(twice[1])


async def test_requests_that_arrive_twice_make_one_submission(
    sandbox: Pointed,
) -> None:
    way = way_to(sandbox, transport=Stuttering(trust_env=False))

    outcome = await way.deliver(make_parcel(mapping=mapping_to(sandbox)))

    assert isinstance(outcome, DeliveryConfirmed), outcome
    # The other announcement stays incomplete, and nobody sees it.
    await sandbox.expect(announced=1, submitted=1)
    await way.aclose()


async def test_an_answer_that_was_lost_is_found_in_the_log(sandbox: Pointed) -> None:
    way = way_to(sandbox)
    await sandbox.tell(misbehave="commit-then-drop", on="submit", times=1)

    outcome = await way.deliver(make_parcel(mapping=mapping_to(sandbox)))

    assert isinstance(outcome, DeliveryConfirmed)
    await way.aclose()


async def test_a_log_that_cannot_be_read_leaves_it_unknown(sandbox: Pointed) -> None:
    way = way_to(sandbox, pause=_at_once)
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await sandbox.tell(misbehave="500", on="events")

    outcome = await way.deliver(parcel)
    await sandbox.tell(misbehave="none")
    again = await way.deliver(parcel)

    assert outcome == OutcomeUnknown(code="E-FIT-SERVER-ERROR")
    assert isinstance(again, DeliveryConfirmed)
    await sandbox.expect(submitted=1)
    await way.aclose()


async def test_an_expired_token_is_renewed_in_the_middle(sandbox: Pointed) -> None:
    way = way_to(sandbox)
    await way.check()
    await sandbox.tell(expire_tokens=True)

    outcome = await way.deliver(make_parcel(mapping=mapping_to(sandbox)))

    assert isinstance(outcome, DeliveryConfirmed)
    await way.aclose()


async def test_what_was_left_incomplete_for_a_day_is_announced_anew(
    sandbox: Pointed,
) -> None:
    way = way_to(sandbox, pause=_at_once)
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await sandbox.tell(misbehave="500", on="attach")
    assert isinstance(await way.deliver(parcel), DeliveryFailed)
    await sandbox.tell(misbehave="none", advance=1.1 * DAY)

    outcome = await way.deliver(parcel)

    assert isinstance(outcome, DeliveryConfirmed), outcome
    await sandbox.expect(deleted=1, submitted=1)
    await way.aclose()


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)
