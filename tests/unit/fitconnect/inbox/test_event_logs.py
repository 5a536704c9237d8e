"""What an event log proves of a submission, and whose matter the rest is."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.fitconnect.client.failures import StrangeAnswer
from adapters.fitconnect.events.tokens import Kind
from adapters.fitconnect.inbox.failures import (
    LogTooNew,
    NothingProved,
)
from schemas.channels import Intact, Unclear
from tests.fakes.fitconnect_deposit import DATA, DESTINATION, Deposit, File
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.unit.fitconnect.inbox.receiving import codes, receive


async def test_an_empty_log_of_what_waits_is_the_services_matter() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log.clear()

    with pytest.raises(StrangeAnswer):
        await mailbox.inbox().open(deposit.announced)


OTHER = "0f0e0d0c-0b0a-4908-8706-050403020100"
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
        lambda m, d: m.event(
            d, Kind.SUBMIT, tags=d.tags, key="sign-destination", issuer=DESTINATION
        ),
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, issuer="https://evil.test"),
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, case=OTHER),
        _unsigned,
        lambda m, d: d.log[1][:-8] + b"AAAAAAAA",
        lambda m, d: b"no token at all",
    ],
    ids=[
        "the subscriber as author",
        "foreign issuer",
        "another case",
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


@pytest.mark.parametrize(
    "token",
    [
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, key="service-other"),
        lambda m, d: m.event(d, Kind.SUBMIT, tags=d.tags, key="sign-destination"),
        lambda m, d: m.event(
            d, Kind.SUBMIT, tags=d.tags, at=m.clock.now() + timedelta(hours=1)
        ),
    ],
    ids=["unknown key", "the subscriber's key", "from the future"],
)
async def test_a_log_that_time_may_mend_leaves_the_submission_where_it_is(
    token: Callable[[Mailbox, Deposit], bytes],
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    proved = deposit.log[1]
    deposit.log[1] = token(mailbox, deposit)

    with pytest.raises(LogTooNew):
        await receive(mailbox, deposit)

    deposit.log[1] = proved
    stored, _ = await receive(mailbox, deposit)
    assert stored.inspection == Intact()


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
