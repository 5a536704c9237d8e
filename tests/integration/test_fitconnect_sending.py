"""Cases go out over FIT-Connect, and are read by their recipient."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.fitconnect.jose.jwe import decrypt
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.jose.keys import read_private
from adapters.fitconnect.metadata.reading import Supported, read_metadata
from adapters.fitconnect.metadata.values import Metadata
from schemas.channels import Stage
from schemas.errors import FailureKind
from schemas.outcomes import (
    DeliveryConfirmed,
    DeliveryFailed,
)
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.counterparts.fitconnect_party import SCHEMA_URI, SERVICE, Party, Sent
from tests.fakes.fitconnect_outbox import mapping_to, way_to
from tests.parcels import MAIN, make_attachment, make_document, make_parcel

LIMIT = 10_000_000
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
