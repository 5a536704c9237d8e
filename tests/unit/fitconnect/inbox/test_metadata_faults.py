"""Metadata that cannot be relied upon, and whose matter that is."""

import json

import pytest

from adapters.fitconnect.inbox.failures import (
    MetadataPromised,
    MetadataUnsure,
)
from adapters.fitconnect.jose.errors import KeyNotHeld, KeyUnusable
from schemas.channels import Gone, Intact
from schemas.errors import SecretMissing
from tests.fakes.fitconnect_deposit import METADATA, File
from tests.fakes.fitconnect_mailbox import ENVIRON, Mailbox
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.inbox.receiving import codes, receive


async def test_swapped_metadata_are_refused() -> None:
    mailbox = Mailbox()
    deposit, other = mailbox.deposit(), mailbox.deposit()
    deposit.body["encryptedMetadata"] = other.body["encryptedMetadata"]

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-metadata-tag"]


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c.d.e", "ü" * 50])
async def test_metadata_that_are_no_jwe_are_refused(token: str) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(),))
    deposit.body["encryptedMetadata"] = token

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-metadata-tag", "fit-metadata-encryption"]
    assert shelf.main.media_type == "application/jose"
    assert shelf.attachments == []


async def test_metadata_for_a_key_that_is_not_ours_wait_for_us() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(key="stranger")

    with pytest.raises(KeyNotHeld) as caught:
        await mailbox.inbox().open(deposit.announced)

    kid = test_key("stranger").kid
    assert kid[:8] in str(caught.value)
    assert kid[:9] not in str(caught.value)


async def test_an_old_key_still_opens_what_came_before_a_rotation() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(key="destination-old", files=(File(),))

    stored, _ = await receive(mailbox, deposit)

    assert stored.inspection == Intact()


async def test_a_key_that_is_put_back_counts_without_a_restart() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(key="destination-old")
    environ = {**ENVIRON, "OLD": ENVIRON["DECRYPTION"]}
    inbox = mailbox.inbox(environ)
    with pytest.raises(KeyNotHeld):
        await inbox.open(deposit.announced)

    environ["OLD"] = ENVIRON["OLD"]

    assert not isinstance(await inbox.open(deposit.announced), Gone)


@pytest.mark.parametrize(
    ("text", "failure"), [("", SecretMissing), ("{}", KeyUnusable)]
)
async def test_a_key_that_cannot_be_read_is_ours(
    text: str, failure: type[Exception]
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()

    with pytest.raises(failure):
        await mailbox.inbox({**ENVIRON, "OLD": text}).open(deposit.announced)


@pytest.mark.parametrize(
    ("plain", "code"),
    [
        (b"{", "fit-metadata-syntax"),
        (b"\xff", "fit-metadata-syntax"),
        (b'{"a":1,"a":2}', "fit-metadata-syntax"),
        (b"[" * 100_000, "fit-metadata-syntax"),
        (b"[]", "fit-metadata-violation"),
        (b"{}", "fit-metadata-schema-missing"),
    ],
)
async def test_metadata_that_cannot_be_read_are_refused(
    plain: bytes, code: str
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    mailbox.seal_anew(deposit, "metadata", plain)

    stored, shelf = await receive(mailbox, deposit)

    assert codes(stored) == [code]
    assert shelf.main.content == str(deposit.body["encryptedData"]).encode()


async def test_metadata_that_break_their_schema_are_refused_with_every_place() -> None:
    mailbox = Mailbox()

    def broken(metadata: dict[str, object]) -> None:
        metadata["contentStructure"] = {"attachments": [{"attachmentId": "x"}]}

    deposit = mailbox.deposit(change=broken)

    stored, _ = await receive(mailbox, deposit)

    assert set(codes(stored)) == {"fit-metadata-violation"}
    assert len(codes(stored)) > 1


async def test_metadata_of_another_minor_version_are_not_judged_by_guess() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(
        change=lambda metadata: metadata.update(
            {"$schema": METADATA.format("1.3.0"), "contentStructure": {}}
        )
    )

    with pytest.raises(MetadataUnsure):
        await mailbox.inbox().open(deposit.announced)


async def test_an_unknown_version_is_the_senders_matter() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(metadata_version="3.0.0")

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-metadata-schema-unsupported"]


async def test_a_version_that_our_destination_announces_is_our_matter() -> None:
    mailbox = Mailbox(card={"metadataVersions": ["2.1.0", "3.0.0"]})
    deposit = mailbox.deposit(metadata_version="3.0.0")

    with pytest.raises(MetadataPromised):
        await mailbox.inbox().open(deposit.announced)


async def test_a_generation_of_metadata_can_be_switched_off() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(metadata_version="1.0.0")

    stored, _ = await receive(mailbox, deposit, metadata_majors=(2,))

    assert codes(stored) == ["fit-metadata-schema-unsupported"]


async def test_metadata_without_schema_can_be_taken() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(
        metadata_version="1.0.0", change=lambda metadata: metadata.pop("$schema")
    )

    refused, _ = await receive(mailbox, deposit)
    taken, _ = await receive(mailbox, deposit, metadata_without_schema="take")

    assert codes(refused) == ["fit-metadata-schema-missing"]
    assert taken.inspection == Intact()


@pytest.mark.parametrize("amount", ["19.99", "4.35", "0.07"])
async def test_amounts_in_cents_are_exact(amount: str) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    payment = {
        "transactionReference": "r",
        "transactionId": "t",
        "paymentMethod": "GIROPAY",
        "status": "BOOKED",
        "grossAmount": "AMOUNT",
    }
    text = json.dumps({**deposit.metadata, "paymentInformation": payment})
    mailbox.seal_anew(deposit, "metadata", text.replace('"AMOUNT"', amount).encode())

    stored, _ = await receive(mailbox, deposit)

    assert stored.inspection == Intact()


async def test_metadata_larger_than_allowed_are_refused() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(
        change=lambda metadata: metadata.update({"filling": "x" * 50_000})
    )

    stored, _ = await receive(mailbox, deposit, most_metadata_mb=0.01)

    assert codes(stored) == ["fit-metadata-too-large"]
