"""An answer is found again whatever happened to it."""

from collections.abc import Callable

import httpx
import pytest

from adapters.fitconnect.client.failures import BrokenOff, Busy, NotLinked
from adapters.fitconnect.events.problems import problem as verification_problem
from adapters.fitconnect.events.tokens import EventProblem, Kind
from schemas.channels import AnswerRefused, AnswerTaken
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_deposit import DESTINATION, Deposit
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.unit.fitconnect.inbox.answers import accept, posts, reject
from tests.unit.fitconnect.inbox.receiving import codes, receive


async def test_an_answer_that_arrived_unseen_is_found_and_not_sent_again() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    token = await inbox.sign(accept(deposit))
    taken: list[httpx.Response] = []

    def answer_lost(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and not taken:
            taken.append(mailbox._post(deposit.case, request.content))
            raise httpx.RemoteProtocolError("gone")
        return None

    mailbox.faults["/events"] = answer_lost
    with pytest.raises(BrokenOff):
        await inbox.answer(accept(deposit), token)

    again = await inbox.answer(accept(deposit, is_repeated=True), token)

    assert isinstance(again, AnswerTaken)
    assert [event.kind for event in again.events][-1] == "accept-submission"
    assert posts(mailbox) == 1
    assert len(mailbox.answers(deposit)) == 1


async def test_an_answer_that_never_arrived_is_sent_with_the_same_bytes() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    token = await inbox.sign(accept(deposit))

    await inbox.answer(accept(deposit, is_repeated=True), token)

    assert deposit.log[-1] == token


async def test_a_second_accept_that_is_refused_is_found_in_the_log() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    token = await inbox.sign(accept(deposit))
    await inbox.answer(accept(deposit), token)

    again = await inbox.answer(accept(deposit), token)

    assert isinstance(again, AnswerTaken)
    assert posts(mailbox) == 2


Change = Callable[[Mailbox, Deposit], object]


def _rejected_by_service(mailbox: Mailbox, deposit: Deposit) -> None:
    problems = (EventProblem(type="x"),)
    deposit.log.append(mailbox.event(deposit, Kind.REJECT, problems=problems))
    mailbox.listed.clear()


def _rejected_by_us(mailbox: Mailbox, deposit: Deposit) -> None:
    deposit.log.append(
        mailbox.event(
            deposit,
            Kind.REJECT,
            problems=(EventProblem(type="x"),),
            key="sign-destination",
            issuer=DESTINATION,
        )
    )
    mailbox.listed.clear()


@pytest.mark.parametrize("is_repeated", [False, True])
@pytest.mark.parametrize(
    ("change", "code", "author"),
    [
        (_rejected_by_service, "E-FIT-REJECTED-BY-SERVICE", "service"),
        (_rejected_by_us, "E-FIT-ANSWERED-OTHERWISE", "subscriber"),
    ],
)
async def test_an_answer_that_comes_too_late_is_told_with_what_proves_it(
    change: Change, code: str, author: str, *, is_repeated: bool
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    answer = accept(deposit, is_repeated=is_repeated)
    token = await inbox.sign(answer)
    change(mailbox, deposit)

    refused = await inbox.answer(answer, token)

    assert isinstance(refused, AnswerRefused)
    assert refused.code == code
    last = refused.events[-1]
    assert (last.kind, last.author) == ("reject-submission", author)
    assert last.token == deposit.log[-1]


async def test_an_accept_with_other_tags_in_the_log_is_not_ours() -> None:
    mailbox = Mailbox()
    deposit, other = mailbox.deposit(), mailbox.deposit()
    deposit.log.append(
        mailbox.event(
            deposit,
            Kind.ACCEPT,
            tags=other.tags,
            key="sign-destination",
            issuer=DESTINATION,
        )
    )
    inbox = mailbox.inbox()
    answer = accept(deposit, is_repeated=True)

    refused = await inbox.answer(answer, await inbox.sign(answer))

    assert isinstance(refused, AnswerRefused)
    assert refused.code == "E-FIT-ANSWERED-OTHERWISE"


async def test_a_forged_accept_in_the_log_is_not_believed() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log.append(
        mailbox.event(
            deposit,
            Kind.ACCEPT,
            tags=deposit.tags,
            key="sign-stranger",
            issuer=DESTINATION,
        )
    )
    inbox = mailbox.inbox()
    answer = accept(deposit, is_repeated=True)

    await inbox.answer(answer, await inbox.sign(answer))

    assert posts(mailbox) == 1


async def test_our_rejection_of_a_contradictory_log_is_found_in_it() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    deposit.log.append(mailbox.event(deposit, Kind.SUBMIT, tags=deposit.tags))
    stored, _ = await receive(mailbox, deposit)
    assert codes(stored) == ["fit-log"]
    inbox = mailbox.inbox()
    answer = reject(deposit, verification_problem("fit-log"), is_repeated=True)
    token = await inbox.sign(answer)

    for _ in range(2):
        assert isinstance(await inbox.answer(answer, token), AnswerTaken)
    assert posts(mailbox) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (problem(422, title="Payload Schema not supported"), "E-FIT-SET-SCHEMA"),
        (problem(422, "something"), "E-FIT-REFUSED"),
        (problem(409), "E-FIT-CONFLICT"),
        (problem(400), "E-FIT-REQUEST"),
        (problem(404, "case-not-found"), "E-FIT-NOT-FOUND"),
    ],
)
async def test_a_refused_answer_says_where_to_look(
    answer: httpx.Response, code: str
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    mailbox.faults["/events"] = lambda request: (
        answer if request.method == "POST" else None
    )

    refused = await inbox.answer(accept(deposit), await inbox.sign(accept(deposit)))

    assert refused == AnswerRefused(code=code)


@pytest.mark.parametrize("is_repeated", [False, True])
async def test_a_submission_that_was_deleted_there_is_told(
    *, is_repeated: bool
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    mailbox.faults["/events"] = lambda _: problem(404, "submission-not-found")
    answer = accept(deposit, is_repeated=is_repeated)

    refused = await inbox.answer(answer, await inbox.sign(answer))

    assert refused == AnswerRefused(code="E-FIT-SUBMISSION-UNKNOWN")


@pytest.mark.parametrize(
    ("answer", "failure"), [(problem(503), Busy), (problem(403), NotLinked)]
)
async def test_being_away_is_no_answer(
    answer: httpx.Response, failure: type[Exception]
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    mailbox.faults["/events"] = lambda _: answer

    with pytest.raises(failure):
        await inbox.answer(accept(deposit), await inbox.sign(accept(deposit)))
