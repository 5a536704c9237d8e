"""Cases go out over FIT-Connect, to a sandbox that misbehaves."""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.fitconnect.jose.jwe import decrypt
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.jose.keys import read_private
from adapters.fitconnect.metadata.reading import Supported, read_metadata
from adapters.fitconnect.metadata.values import Metadata
from adapters.memory import MemoryNotes
from schemas.channels import Stage
from schemas.errors import FailureKind
from schemas.outcomes import (
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    OutcomeUnknown,
)
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.counterparts.fitconnect_party import SCHEMA_URI, SERVICE, Party, Sent
from tests.fakes.fitconnect_outbox import mapping_to, way_to
from tests.parcels import MAIN, make_attachment, make_document, make_parcel

LIMIT = 10_000_000
DESKS = ("token", "destinations", "keys", "announce", "attach", "submit", "events")
FAULTS = ("drop", "commit-then-drop", "commit-then-503", "500", "garbage")
DAY = 86_400.0
NAME = "Łukasz Đorđević-Größe ẞ.pdf"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Pointed]:
    async with fitconnect_here(tmp_path / "sandbox") as pointed:
        yield pointed


async def received(sandbox: Pointed, version: str) -> tuple[dict[str, Any], Party]:
    """The one submission that waits, as its recipient reads it."""
    party = Party(sandbox, sandbox.subscriber, version=version)
    await party.authenticate()
    listed = (await party.http.get("/submissions")).json()["submissions"]
    (one,) = listed
    answer = await party.http.get(f"/submissions/{one['submissionId']}")
    found: dict[str, Any] = answer.json()
    return found, party


def opened(sandbox: Pointed, token: str) -> bytes:
    text = sandbox.decryption_key.read_text(encoding="ascii")
    return decrypt(Keyring([read_private(text)]), token, limit=LIMIT)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("metadata_version", ["1.0.0", "2.1.0"])
async def test_a_recipient_reads_what_was_sent(
    sandbox: Pointed, version: str, metadata_version: str
) -> None:
    pdf = os.urandom(300_000)
    parcel = make_parcel(
        make_document(),
        make_attachment(pdf, filename=NAME),
        make_attachment(b"", number=3),
        mapping=mapping_to(sandbox, metadata=metadata_version),
    )
    way = way_to(sandbox, version=version)

    outcome = await way.deliver(parcel)

    assert isinstance(outcome, DeliveryConfirmed), outcome
    found, party = await received(sandbox, version)
    plain = opened(sandbox, found["encryptedMetadata"])
    read = read_metadata(plain, supported=Supported())
    assert isinstance(read, Metadata)
    assert read.version == metadata_version
    assert read.reference == parcel.case_number
    assert read.data is not None
    assert opened(sandbox, found["encryptedData"]) == MAIN
    assert read.data.hash == hashlib.sha512(MAIN).hexdigest()
    assert (read.data.schema_uri, read.data.mime) == (SCHEMA_URI, "application/xml")
    assert {one.id for one in read.attachments} == set(found["attachments"])
    assert [one.filename for one in read.attachments] == [NAME, "Nachweis.pdf"]
    for one, content in zip(read.attachments, (pdf, b""), strict=True):
        path = f"/submissions/{found['submissionId']}/attachments/{one.id}"
        token = (await party.http.get(path)).text
        assert opened(sandbox, token) == content
        assert one.hash == hashlib.sha512(content).hexdigest()
    await party.http.aclose()
    await way.aclose()


async def test_it_is_followed_until_the_recipient_has_accepted(
    sandbox: Pointed,
) -> None:
    way = way_to(sandbox)
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await way.deliver(parcel)

    found, party = await received(sandbox, "v2")
    sent = await _as_sent(party, found)
    assert (await party.accept(sent)).status_code == 204
    followed = await way.follow(parcel.delivery)

    assert followed.stage is Stage.ACCEPTED
    assert followed.events[-1].author == "subscriber"
    await party.http.aclose()
    await way.aclose()


async def test_a_late_rejection_is_heard(sandbox: Pointed) -> None:
    way = way_to(sandbox)
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await way.deliver(parcel)

    found, party = await received(sandbox, "v2")
    await party.reject(await _as_sent(party, found))
    followed = await way.follow(parcel.delivery)

    assert followed.stage is Stage.REJECTED
    assert [problem.code for problem in followed.problems] == ["fit-technical"]
    await party.http.aclose()
    await way.aclose()


async def test_what_nobody_fetches_is_rejected_by_the_service_on_day_14(
    sandbox: Pointed,
) -> None:
    way = way_to(sandbox)
    parcel = make_parcel(mapping=mapping_to(sandbox))
    await way.deliver(parcel)

    await sandbox.tell(advance=15 * DAY)
    followed = await way.follow(parcel.delivery)

    assert followed.stage is Stage.REJECTED
    assert followed.events[-1].author == "service"
    assert [problem.code for problem in followed.problems] == ["fit-unknown-reason"]
    await way.aclose()


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


async def test_a_destination_is_found_by_routing(sandbox: Pointed) -> None:
    mapping = {"ars": "064350014014", "schema": SCHEMA_URI}
    way = way_to(sandbox, mapping={**mapping, "service": SERVICE})

    findings = await way.check()
    outcome = await way.deliver(make_parcel(mapping=mapping))

    assert all(finding.ok for finding in findings), findings
    assert isinstance(outcome, DeliveryConfirmed), outcome
    await way.aclose()


async def test_a_portal_that_we_do_not_trust_routes_nothing(sandbox: Pointed) -> None:
    mapping = {"ars": "064350014014", "schema": SCHEMA_URI}
    way = way_to(sandbox, self_service_issuer=f"{sandbox.base_url}/submission-api")

    outcome = await way.deliver(make_parcel(mapping=mapping))

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code="E-FIT-ROUTE-UNPROVEN")
    await way.aclose()


async def test_nobody_competent_is_our_matter_and_no_failure_of_the_network(
    sandbox: Pointed,
) -> None:
    mapping = {"ars": "064350014014", "schema": SCHEMA_URI}
    mapping["service"] = "urn:de:fim:leika:leistung:99999999999999"
    way = way_to(sandbox)

    outcome = await way.deliver(make_parcel(mapping=mapping))

    assert outcome == DeliveryFailed(kind=FailureKind.OURS, code="E-FIT-NO-ROUTE")
    await way.aclose()


async def test_a_hundred_attachments_arrive(sandbox: Pointed) -> None:
    many = [make_attachment(b"%d" % n * 500, number=n) for n in range(2, 102)]
    parcel = make_parcel(make_document(), *many, mapping=mapping_to(sandbox))
    way = way_to(sandbox)

    outcome = await way.deliver(parcel)

    assert isinstance(outcome, DeliveryConfirmed), outcome
    found, party = await received(sandbox, "v2")
    assert len(found["attachments"]) == 100
    await party.http.aclose()
    await way.aclose()


async def test_a_sender_whose_secret_is_wrong_stops_the_destination(
    sandbox: Pointed,
) -> None:
    way = way_to(sandbox, client_id="99999999-0000-4000-8000-000000000000")

    outcome = await way.deliver(make_parcel(mapping=mapping_to(sandbox)))

    assert outcome == DeliveryFailed(
        kind=FailureKind.AWAY, code="E-FIT-LOGIN", whole_destination=True
    )
    await way.aclose()


async def _as_sent(party: Party, found: dict[str, Any]) -> Sent:
    tokens = {
        one: (
            await party.http.get(
                f"/submissions/{found['submissionId']}/attachments/{one}"
            )
        ).text
        for one in found["attachments"]
    }
    return Sent(
        submission=found["submissionId"],
        case=found["caseId"],
        metadata=found["encryptedMetadata"],
        data=found["encryptedData"],
        attachments=tokens,
    )


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)
