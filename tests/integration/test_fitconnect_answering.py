"""Our answers at a service of its own: made once, found again, told when too late."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.fitconnect.client.failures import FitAway
from adapters.fitconnect.events.problems import problem
from adapters.fitconnect.events.tokens import read_claims
from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.json_object import read_object
from schemas.channels import (
    AnswerRefused,
    AnswerTaken,
    Gone,
    TechnicalAnswer,
)
from tests.counterparts.fitconnect_mailbox import (
    DATA,
    DAY,
    accepting,
    announced,
    mailbox,
    received,
)
from tests.counterparts.fitconnect_party import (
    Town,
    town,
)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


@pytest.mark.parametrize("fault", ["commit-then-drop", "commit-then-500", "500"])
async def test_an_accept_whose_answer_was_lost_is_made_once(
    place: Town, fault: str
) -> None:
    sent = await place.sender.send()
    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))
        token = await inbox.sign(accepting(stored))
        await place.sandbox.tell(misbehave=fault, on="answer", times=1)

        with pytest.raises(FitAway):
            await inbox.answer(accepting(stored), token)
        taken = await inbox.answer(accepting(stored, again=True), token)

    assert isinstance(taken, AnswerTaken)
    assert [event.token for event in taken.events if event.author == "subscriber"] == [
        token
    ]
    counted = (await place.sandbox.state())["events"]
    assert counted["accept-submission"] == 1


async def test_after_fourteen_days_it_is_too_late(place: Town) -> None:
    sent = await place.sender.send()
    async with mailbox(place, clock_skew=3600) as inbox:
        stored, _ = await received(inbox, announced(sent))
        token = await inbox.sign(accepting(stored))
        await place.sandbox.tell(advance=14 * DAY + 60, skew=-14 * DAY)

        refused = await inbox.answer(accepting(stored), token)
        gone = await inbox.open(announced(sent))

        assert isinstance(refused, AnswerRefused)
        assert refused.code == "E-FIT-REJECTED-BY-SERVICE"
        kinds = [event.kind for event in refused.events]
        assert "reject-submission" in kinds
        assert gone == Gone()
        assert await inbox.listing() == ()


async def test_an_answer_in_an_old_schema_is_told_as_such(place: Town) -> None:
    sent = await place.sender.send()
    old = (
        "https://schema.fitko.de/fit-connect/set-payload/1.0.0/set-payload.schema.json"
    )
    async with mailbox(place, set_schema=old) as inbox:
        stored, _ = await received(inbox, announced(sent))
        answer = accepting(stored)

        refused = await inbox.answer(answer, await inbox.sign(answer))

    assert refused == AnswerRefused(code="E-FIT-SET-SCHEMA")


async def test_an_accept_that_others_made_for_us_is_found(place: Town) -> None:
    sent = await place.sender.send()
    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))
        assert (await place.subscriber.accept(sent)).status_code == 204
        answer = accepting(stored)

        taken = await inbox.answer(answer, await inbox.sign(answer))

    assert isinstance(taken, AnswerTaken)


async def test_a_rejection_of_ours_stands_in_the_way_of_an_accept(
    place: Town,
) -> None:
    sent = await place.sender.send()
    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))
        await place.subscriber.reject(sent)
        answer = accepting(stored)

        refused = await inbox.answer(answer, await inbox.sign(answer))

    assert isinstance(refused, AnswerRefused)
    assert refused.code == "E-FIT-ANSWERED-OTHERWISE"


async def test_problems_of_ours_are_the_words_of_the_event(place: Town) -> None:
    sent = await place.sender.send(DATA, [b"one"])
    [attachment] = sent.attachments
    async with mailbox(place) as inbox:
        stored, _ = await received(inbox, announced(sent))
        answer = TechnicalAnswer(
            submission=stored.submission,
            case=stored.case,
            accepted=False,
            proof="",
            problems=(problem("fit-attachment-hash", location=attachment),),
        )
        await inbox.answer(answer, await inbox.sign(answer))

    token = (await place.sender.log(sent))[-1]
    said = read_claims(read_object(base64url.decode(token.split(".")[1].encode())))
    [told] = said.problems
    assert told.type.endswith("/events/problems/hash-mismatch")
    assert told.instance == f"attachment:{attachment}"
    assert attachment in told.detail
