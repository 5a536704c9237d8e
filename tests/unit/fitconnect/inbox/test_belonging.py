"""What belongs together is compared, and every difference told."""

from uuid import uuid4

import httpx
import pytest

from adapters.fitconnect.client.failures import Busy
from schemas.channels import Gone, Intact
from tests.fakes.fitconnect_deposit import SERVICE, File, sealed
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.unit.fitconnect.inbox.receiving import codes, receive


async def test_attachments_without_a_tag_are_refused() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(), File()))
    first = next(iter(deposit.attachments))
    mailbox.submit_with(deposit, attachments={first: deposit.tags.attachments[first]})

    stored, _ = await receive(mailbox, deposit)

    assert "fit-attachments-announced" in codes(stored)


async def test_a_tag_without_its_attachment_is_refused() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(),))
    tags = {**deposit.tags.attachments, str(uuid4()): "A" * 22}
    mailbox.submit_with(deposit, attachments=tags)

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachments-announced"]


async def test_an_attachment_that_is_listed_twice_is_refused() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(),))
    [only] = deposit.attachments
    deposit.body["attachments"] = [only, only]

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachments-announced"]


async def test_an_attachment_that_the_metadata_do_not_know_is_refused() -> None:
    mailbox = Mailbox()

    def forget(metadata: dict[str, object]) -> None:
        structure = metadata["contentStructure"]
        assert isinstance(structure, dict)
        structure["attachments"].pop()

    deposit = mailbox.deposit(files=(File(), File()), change=forget)

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachments-described"]


async def test_an_attachment_that_lacks_is_named() -> None:
    mailbox = Mailbox()
    there, lacking = File(), File()
    deposit = mailbox.deposit(files=(there, lacking))
    del deposit.attachments[lacking.id]
    deposit.body["attachments"] = [there.id]
    mailbox.submit_with(
        deposit, attachments={there.id: deposit.tags.attachments[there.id]}
    )

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-attachments-described", "fit-attachment-missing"]
    assert len(shelf.attachments) == 1


async def test_another_service_in_the_metadata_is_refused() -> None:
    mailbox = Mailbox(version="v1")
    deposit = mailbox.deposit(
        metadata_version="1.0.0",
        change=lambda metadata: metadata.update(
            {"publicServiceType": {"identifier": SERVICE[:-1] + "1", "name": "x"}}
        ),
    )

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-service-mismatch"]


async def test_every_problem_is_found_and_not_only_the_first() -> None:
    mailbox = Mailbox()
    swapped, broken, sound = File(), File(), File()
    deposit = mailbox.deposit(files=(swapped, broken, sound))
    deposit.attachments[swapped.id] = sealed(b"other").encode()
    mailbox.seal_anew(deposit, broken.id, b"other bytes")
    mailbox.seal_anew(deposit, "data", b'{"other":"data"}')
    deposit.body["attachments"] = [swapped.id, broken.id]

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == [
        "fit-attachments-announced",
        "fit-attachments-described",
        "fit-data-hash",
        "fit-attachment-tag",
        "fit-attachment-hash",
        "fit-attachment-missing",
    ]
    assert shelf.attachments == []


async def test_a_schema_that_is_not_announced_can_be_refused() -> None:
    mailbox = Mailbox(card={"publicServices": [{"identifier": SERVICE}]})
    deposit = mailbox.deposit()

    free, _ = await receive(mailbox, deposit)
    bound, _ = await receive(mailbox, deposit, schema_claim="announced")
    promised, _ = await receive(
        Mailbox(deposits=mailbox.deposits), deposit, schema_claim="announced"
    )

    assert free.inspection == promised.inspection == Intact()
    assert codes(bound) == ["fit-data-schema-unsupported"]


async def test_a_hostile_service_identifier_is_only_text() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.body["publicService"] = {"identifier": "urn:\x00x\u2028" + "y" * 999}

    opened = await mailbox.inbox().open(deposit.announced)

    assert not isinstance(opened, Gone)
    assert opened.service.startswith("urn:xyyy")
    assert len(opened.service) == 255


async def test_keys_are_asked_for_once_for_many_submissions() -> None:
    mailbox = Mailbox()
    inbox = mailbox.inbox()
    for deposit in [mailbox.deposit() for _ in range(3)]:
        await inbox.open(deposit.announced)

    asked = [one for one in mailbox.requests if "jwks" in one.url.path]
    assert len(asked) == 1


async def test_an_unreadable_list_of_keys_is_away_and_blames_nobody() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    mailbox.faults["/jwks.json"] = lambda _: httpx.Response(503)

    with pytest.raises(Busy):
        await mailbox.inbox().open(deposit.announced)
