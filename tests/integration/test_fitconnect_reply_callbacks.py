"""Whoever is answered is called by the sandbox, and we believe the call."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.fitconnect.callbacks import CallbackKind, read_callback, verify_callback
from schemas.channels import Announced
from tests.counterparts.fitconnect_party import metadata_of
from tests.counterparts.fitconnect_replies import ANSWER, Exchange, exchange
from tests.integration.test_fitconnect_hostile_replies import replied
from tests.integration.test_fitconnect_sandbox_time import Ear, listening


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with exchange(tmp_path) as made:
        yield made


async def test_a_reply_is_told_to_the_client_that_has_a_callback(
    both: Exchange,
) -> None:
    async with listening() as ear:
        here = {"url": ear.url, "client_id": both.sandbox.sender.client_id}
        await both.sandbox.tell(callback=here)
        announced = await both.delivered()
        reply = await both.answered(announced)
        told = await first_of_replies(ear)

    headers, body = told
    secret = both.sandbox.callback_secret
    verify_callback(secret, headers, body, now=datetime.now(UTC))
    [entry] = read_callback(body).entries
    assert (entry.reply, entry.case) == (reply, announced.case)
    assert entry.destination == both.sandbox.destination


async def test_a_reply_is_told_where_its_submission_named_a_callback(
    both: Exchange,
) -> None:
    async with listening() as ear:
        named = {"url": ear.url, "secret": "geheim"}
        sent = await both.place.sender.send(callback=named)
        announced = Announced(submission=sent.submission, case=sent.case)
        reply = await replied(both, announced, metadata_of(ANSWER, {}), {})
        headers, body = await first_of_replies(ear)

    verify_callback("geheim", headers, body, now=datetime.now(UTC))
    assert [one.reply for one in read_callback(body).entries] == [reply]


async def first_of_replies(ear: Ear) -> tuple[dict[str, str], bytes]:
    """Events of the submission are called, too."""
    for count in range(1, 10):
        await ear.until(count)
        headers, body = ear.heard[count - 1]
        if read_callback(body).kind is CallbackKind.NEW_REPLIES:
            return headers, body
    raise AssertionError(ear.heard)
