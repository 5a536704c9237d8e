"""Whatever is wrong with a submission is found, all of it, and never raised."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from adapters.fitconnect.client.failures import Busy, ServerError, StrangeAnswer
from adapters.fitconnect.events.tokens import EventProblem, Kind
from adapters.fitconnect.inbox.failures import (
    MetadataPromised,
    MetadataUnsure,
    NothingProved,
    SubmissionTooLarge,
    WrongMailbox,
)
from adapters.fitconnect.jose.errors import KeyNotHeld, KeyUnusable
from schemas.channels import Gone, Intact, Unclear
from schemas.errors import SecretMissing
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_mailbox import (
    DATA,
    DESTINATION,
    ENVIRON,
    METADATA,
    SERVICE,
    Deposit,
    File,
    Mailbox,
    sealed,
)
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.inbox.receiving import codes, receive

OTHER = "0f0e0d0c-0b0a-4908-8706-050403020100"


@pytest.mark.parametrize(("version", "metadata"), [("v1", "1.0.0"), ("v2", "2.1.0")])
async def test_a_sound_submission_is_intact(version: str, metadata: str) -> None:
    mailbox = Mailbox(version=version)
    deposit = mailbox.deposit(files=(File(), File()), metadata_version=metadata)

    opened = await mailbox.inbox().open(deposit.announced)

    assert not isinstance(opened, Gone)
    assert opened.service == SERVICE
    assert opened.submitted_at == mailbox.clock.now() - timedelta(minutes=10)
    stored, _ = await receive(mailbox, deposit)
    assert stored.inspection == Intact()


async def test_the_first_generation_reads_the_log_of_the_case() -> None:
    mailbox = Mailbox(version="v1")
    first = mailbox.deposit()
    second = mailbox.deposit(case=first.case)

    stored, _ = await receive(mailbox, second)

    assert stored.inspection == Intact()
    assert len(stored.events) == 3
    paths = {one.url.path.rpartition("/v1")[2] for one in mailbox.requests}
    assert f"/cases/{first.case}/events" in paths


async def test_a_long_log_is_read_page_by_page() -> None:
    mailbox = Mailbox(page_limit=2)
    deposit = mailbox.deposit()
    deposit.log += [mailbox.event(deposit, Kind.NOTIFY) for _ in range(4)]

    stored, _ = await receive(mailbox, deposit)

    assert len(stored.events) == 7


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_no_longer_there_is_gone(status: int) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    mailbox.faults[deposit.submission] = lambda _: problem(
        status, "submission-not-found"
    )

    assert await mailbox.inbox().open(deposit.announced) == Gone()


@pytest.mark.parametrize("kind", [Kind.REJECT, Kind.DELETE])
async def test_what_the_log_knows_as_over_is_gone(kind: Kind) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    problems = (EventProblem(type="x"),) if kind is Kind.REJECT else ()
    deposit.log.append(mailbox.event(deposit, kind, problems=problems))

    assert await mailbox.inbox().open(deposit.announced) == Gone()


@pytest.mark.parametrize("part", ["", "/events"])
async def test_a_failing_service_is_away(part: str) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    mailbox.faults[deposit.submission + part] = lambda _: problem(502)

    with pytest.raises(ServerError):
        await mailbox.inbox().open(deposit.announced)


@pytest.mark.parametrize(
    "change",
    [
        {"submissionId": OTHER},
        {"caseId": OTHER},
        {"destinationId": OTHER},
        {"destinationId": None},
    ],
)
async def test_another_submission_than_the_listed_one_is_left(
    change: dict[str, object],
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.body.update(change)

    with pytest.raises(WrongMailbox):
        await mailbox.inbox().open(deposit.announced)


@pytest.mark.parametrize("listed", ["x", ["../x"], [7], {"a": 1}])
async def test_attachments_that_are_no_ids_are_strange(listed: object) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.body["attachments"] = listed

    with pytest.raises(StrangeAnswer):
        await mailbox.inbox().open(deposit.announced)


async def test_what_is_too_large_to_be_read_waits_for_us() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(data=b"<a>" + b"x" * 700_000 + b"</a>")

    with pytest.raises(SubmissionTooLarge):
        await mailbox.inbox(most_data_mb=0.1, most_metadata_mb=0.1).open(
            deposit.announced
        )


# The event log


async def test_an_empty_log_of_what_waits_is_the_services_matter() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log.clear()

    with pytest.raises(StrangeAnswer):
        await mailbox.inbox().open(deposit.announced)


Tamper = Callable[[Mailbox, Deposit], object]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda m, d: d.log.pop(1),
        lambda m, d: d.log.append(m.event(d, Kind.SUBMIT, tags=d.tags)),
        lambda m, d: d.log.__setitem__(1, m.event(d, Kind.SUBMIT)),
    ],
    ids=["no submit", "two submits", "no tags"],
)
async def test_a_log_without_one_proved_submission_is_told_the_sender(
    tamper: Tamper,
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    tamper(mailbox, deposit)

    stored, _ = await receive(mailbox, deposit)

    assert codes(stored) == ["fit-log"]


def _unsigned(mailbox: Mailbox, deposit: Deposit) -> bytes:
    _, payload, _ = deposit.log[1].split(b".")
    header = b"eyJhbGciOiJub25lIiwidHlwIjoic2VjZXZlbnQrand0Iiwia2lkIjoieCJ9"
    return header + b"." + payload + b"."


@pytest.mark.parametrize(
    "token",
    [
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, key="service-other"),
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, key="sign-destination"),
        lambda m, d: m.event(
            d, Kind.SUBMIT, tags=d.tags, key="sign-destination", issuer=DESTINATION
        ),
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, issuer="https://evil.test"),
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, case=OTHER),
        lambda m, d: m.event(
            d, Kind.SUBMIT, tags=d.tags, at=m.clock.now() + timedelta(hours=1)
        ),
        _unsigned,
        lambda m, d: d.log[1][:-8] + b"AAAAAAAA",
        lambda m, d: b"no token at all",
    ],
    ids=[
        "unknown key",
        "the subscriber's key",
        "the subscriber as author",
        "foreign issuer",
        "another case",
        "from the future",
        "alg none",
        "broken signature",
        "garbage",
    ],
)
async def test_a_log_that_does_not_verify_is_ours_to_look_at(
    token: Callable[[Mailbox, Deposit], bytes],
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit(files=(File(),))
    deposit.log[1] = token(mailbox, deposit)

    stored, shelf = await receive(mailbox, deposit)

    assert stored.inspection == Unclear(code="E-FIT-LOG")
    # Complete and with a proof, so that a person may decide to accept it.
    assert shelf.main.content == DATA
    assert len(shelf.attachments) == 1
    assert json.loads(stored.proof)["attachments"] == dict(deposit.tags.attachments)


async def test_a_clock_that_runs_a_little_late_is_tolerated() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log[1] = mailbox.event(
        deposit,
        Kind.SUBMIT,
        tags=deposit.tags,
        at=mailbox.clock.now() + timedelta(minutes=4),
    )

    stored, _ = await receive(mailbox, deposit)

    assert stored.inspection == Intact()


async def test_neither_log_nor_content_to_rely_upon_is_not_taken_half() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log[1] = b"garbage"
    deposit.body["encryptedMetadata"] = "garbage"

    with pytest.raises(NothingProved):
        await mailbox.inbox().open(deposit.announced)


async def test_the_order_of_the_log_means_nothing() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log.reverse()
    deposit.log += deposit.log

    stored, _ = await receive(mailbox, deposit)

    assert stored.inspection == Intact()
    assert [event.kind for event in stored.events] == [
        "create-submission",
        "submit-submission",
        "notify-submission",
    ]


async def test_a_neighbours_bad_event_in_the_same_case_does_no_harm() -> None:
    mailbox = Mailbox(version="v1")
    deposit = mailbox.deposit()
    neighbour = mailbox.deposit(case=deposit.case)
    neighbour.log[1] = mailbox.event(
        neighbour, Kind.SUBMIT, tags=neighbour.tags, key="service-other"
    )

    stored, _ = await receive(mailbox, deposit)

    assert stored.inspection == Intact()


# Metadata


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


# What belongs together


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
