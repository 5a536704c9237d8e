"""The way of a submission over the sandbox's desks, in both generations."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.fitconnect.jose.jws import header_of, verify
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.counterparts.fitconnect_party import EVENTS, Party, Sent
from tests.fitconnect_keys import test_key

DAY = 86_400
PUBLISHED = {
    key.kid: key
    for key in (test_key(name).public() for name in ("service", "sign-destination"))
}


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Pointed]:
    async with fitconnect_here(tmp_path) as running:
        yield running


@pytest.fixture(params=["v1", "v2"])
async def sender(
    sandbox: Pointed, request: pytest.FixtureRequest
) -> AsyncIterator[Party]:
    async with Party(sandbox, sandbox.sender, version=request.param) as party:
        yield party


@pytest.fixture
async def subscriber(sandbox: Pointed, sender: Party) -> AsyncIterator[Party]:
    version = sender.version
    async with Party(sandbox, sandbox.subscriber, version=version) as party:
        yield party


async def kinds(party: Party, sent: Sent) -> list[str]:
    """Names of the case's events, all by keys that are published."""
    found = []
    for token in await party.log(sent):
        key = PUBLISHED[str(header_of(token)["kid"])]
        events = verify(token, key, kind="secevent+jwt")["events"]
        assert isinstance(events, dict)
        found += [uri.removeprefix(EVENTS) for uri in events]
    return found


async def listed(party: Party) -> list[str]:
    answer = await party.http.get("/submissions")
    return [one["submissionId"] for one in answer.json()["submissions"]]


async def test_what_is_sent_lies_there_byte_for_byte_until_it_is_accepted(
    sender: Party, subscriber: Party
) -> None:
    sent = await sender.send("Müller-Lüdenscheidt".encode(), [b"one", b"\0" * 70_000])
    shown = (await subscriber.http.get(f"/submissions/{sent.submission}")).json()
    attached = {
        one: (
            await subscriber.http.get(
                f"/submissions/{sent.submission}/attachments/{one}"
            )
        ).text
        for one in shown["attachments"]
    }
    before = await listed(subscriber)
    accepted = await subscriber.accept(sent)

    assert before == [sent.submission]
    assert (shown["encryptedMetadata"], shown["encryptedData"]) == (
        sent.metadata,
        sent.data,
    )
    assert attached == sent.attachments
    assert (accepted.status_code, accepted.content) == (204, b"")
    assert await listed(subscriber) == []
    assert await kinds(sender, sent) == [
        "create-submission",
        "submit-submission",
        "accept-submission",
    ]
