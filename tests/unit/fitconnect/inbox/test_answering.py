"""An answer is signed once, sent once, and found again whatever happened."""

import pytest

from adapters.fitconnect.events.errors import TagsMalformed
from adapters.fitconnect.events.problems import problem as verification_problem
from adapters.fitconnect.events.tokens import Kind
from adapters.fitconnect.jose.errors import KeyUnusable
from schemas.channels import AnswerTaken, TechnicalAnswer
from schemas.states import Problem
from tests.fakes.fitconnect_deposit import DESTINATION
from tests.fakes.fitconnect_mailbox import ENVIRON, Mailbox
from tests.unit.fitconnect.inbox.answers import ATTACHMENT, accept, reject


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
