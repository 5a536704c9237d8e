"""An answer is signed once, sent once, and found again whatever happened."""

from collections.abc import Callable

import httpx
import pytest

from adapters.fitconnect.client.failures import BrokenOff, Busy, NotLinked
from adapters.fitconnect.events.errors import TagsMalformed
from adapters.fitconnect.events.problems import problem as verification_problem
from adapters.fitconnect.events.tags import tags_json
from adapters.fitconnect.events.tokens import EventProblem, Kind
from adapters.fitconnect.jose.errors import KeyUnusable
from schemas.channels import AnswerRefused, AnswerTaken, TechnicalAnswer
from schemas.states import Problem
from tests.fakes.fitconnect_api import problem
from tests.fakes.fitconnect_mailbox import (
    DESTINATION,
    ENVIRON,
    Deposit,
    Mailbox,
)
from tests.unit.fitconnect.inbox.receiving import codes, receive

ATTACHMENT = "0f0e0d0c-0b0a-4908-8706-050403020100"


def accept(deposit: Deposit, *, is_repeated: bool = False) -> TechnicalAnswer:
    return TechnicalAnswer(
        submission=deposit.submission,
        case=deposit.case,
        accepted=True,
        proof=tags_json(deposit.tags),
        is_repeated=is_repeated,
    )


def reject(
    deposit: Deposit, *problems: Problem, is_repeated: bool = False
) -> TechnicalAnswer:
    return TechnicalAnswer(
        submission=deposit.submission,
        case=deposit.case,
        accepted=False,
        proof="",
        problems=problems,
        is_repeated=is_repeated,
    )


def posts(mailbox: Mailbox) -> int:
    """Events that were sent."""
    return sum(
        one.method == "POST" and one.url.path.endswith("/events")
        for one in mailbox.requests
    )


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_an_acceptance_repeats_the_tags(version: str) -> None:
    mailbox = Mailbox(version=version)
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    answer = accept(deposit)

    token = await inbox.sign(answer)
    taken = await inbox.answer(answer, token)

    assert isinstance(taken, AnswerTaken)
    [event] = taken.events
    assert (event.kind, event.author) == ("accept-submission", "subscriber")
    assert event.token == token
    [said] = mailbox.answers(deposit)
    assert said.tags == deposit.tags
    assert said.issuer == DESTINATION
    assert (said.submission, said.case) == (deposit.submission, deposit.case)
    assert said.at == mailbox.clock.now()
    assert mailbox.listed == []
    [post] = [one for one in mailbox.requests if one.method == "POST"][1:]
    assert post.headers["content-type"] == "application/jose"


async def test_a_rejection_says_what_the_sender_must_correct() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    answer = reject(
        deposit,
        verification_problem("fit-attachment-hash", location=ATTACHMENT),
        Problem(
            code="not-wellformed",
            location="/a",
            german="Kein JSON.",
            english="No JSON.",
        ),
    )

    taken = await inbox.answer(answer, await inbox.sign(answer))

    assert isinstance(taken, AnswerTaken)
    [said] = mailbox.answers(deposit)
    assert said.kind == Kind.REJECT.value
    prefix = "https://schema.fitko.de/fit-connect/events/problems/"
    assert [(one.type, one.instance) for one in said.problems] == [
        (prefix + "hash-mismatch", f"attachment:{ATTACHMENT}"),
        (prefix + "syntax-violation", "data"),
    ]


async def test_a_rejection_without_problems_still_gives_a_reason() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()

    await inbox.answer(reject(deposit), await inbox.sign(reject(deposit)))

    assert len(mailbox.answers(deposit)[0].problems) == 1


async def test_an_acceptance_without_proof_is_never_signed() -> None:
    mailbox = Mailbox()
    answer = TechnicalAnswer(
        submission=ATTACHMENT, case=ATTACHMENT, accepted=True, proof=""
    )

    with pytest.raises(TagsMalformed):
        await mailbox.inbox().sign(answer)


async def test_a_key_for_decryption_signs_nothing() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox({**ENVIRON, "SIGNING": ENVIRON["DECRYPTION"]})

    with pytest.raises(KeyUnusable):
        await inbox.sign(accept(deposit))


async def test_our_answers_name_the_schema_that_the_service_uses() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    newer = "https://schema.fitko.de/fit-connect/set-payload/1.3.1/"
    deposit.log = [
        mailbox.event(deposit, Kind.CREATE),
        mailbox.event(
            deposit,
            Kind.SUBMIT,
            tags=deposit.tags,
            schema=newer + "set-payload.schema.json",
        ),
    ]

    await inbox.open(deposit.announced)
    deposit.log.append(deposit.log[0])
    await inbox.answer(accept(deposit), await inbox.sign(accept(deposit)))

    assert mailbox.answers(deposit)[0].schema.startswith(newer)


async def test_the_schema_can_be_set() -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    wanted = (
        "https://schema.fitko.de/fit-connect/set-payload/1.0.1/set-payload.schema.json"
    )
    inbox = mailbox.inbox(set_schema=wanted)

    await inbox.open(deposit.announced)
    await inbox.answer(accept(deposit), await inbox.sign(accept(deposit)))

    assert mailbox.answers(deposit)[0].schema == wanted


# Again


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
    ("change", "code"),
    [
        (_rejected_by_service, "E-FIT-REJECTED-BY-SERVICE"),
        (_rejected_by_us, "E-FIT-ANSWERED-OTHERWISE"),
    ],
)
async def test_an_answer_that_comes_too_late_is_told(
    change: Change, code: str, *, is_repeated: bool
) -> None:
    mailbox = Mailbox()
    deposit = mailbox.deposit()
    inbox = mailbox.inbox()
    answer = accept(deposit, is_repeated=is_repeated)
    token = await inbox.sign(answer)
    change(mailbox, deposit)

    assert await inbox.answer(answer, token) == AnswerRefused(code=code)


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

    assert refused == AnswerRefused(code="E-FIT-ANSWERED-OTHERWISE")


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
