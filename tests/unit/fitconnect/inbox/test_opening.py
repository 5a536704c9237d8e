"""Whatever is wrong with a submission is found, all of it, and never raised."""

from datetime import timedelta

import pytest

from adapters.fitconnect.client.failures import ServerError, StrangeAnswer
from adapters.fitconnect.events.tokens import EventProblem, Kind
from adapters.fitconnect.inbox.failures import (
    SubmissionTooLarge,
    WrongMailbox,
)
from schemas.channels import Gone, Intact
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_deposit import SERVICE, File
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.unit.fitconnect.inbox.receiving import receive

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
