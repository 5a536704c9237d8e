"""Answers: ordered with the case, sent until the channel has them, one each."""

from datetime import timedelta

import pytest

from schemas.channels import Faulty, Unclear
from schemas.errors import CounterpartAway
from schemas.states import Closed, Problem, Quarantined, Refused
from storage.decisions import Decision
from tests.clocks import TestClock
from tests.house import SCOPE
from tests.unit.sources.mailroom import letter, mailroom

PROBLEM = Problem(
    code="hash-mismatch", location="data", german="Falsch.", english="Wrong."
)


async def test_what_the_sender_must_correct_is_rejected_with_its_problems(
    database_url: str,
) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a", inspection=Faulty(problems=(PROBLEM,))))

        await room.all_through()

        [case] = await room.cases()
        assert case.state == Refused(problems=(PROBLEM,))
        [answer] = room.inbox.answers
        assert (answer.accepted, answer.problems) == (False, (PROBLEM,))


async def test_a_document_that_cannot_be_read_is_rejected(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a", body=b"<not xml"))

        await room.all_through()

        [answer] = room.inbox.answers
        assert not answer.accepted
        assert answer.problems


async def test_what_is_ours_to_look_at_is_answered_with_nothing(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a", inspection=Unclear(code="E-FIT-STRANGE")))

        await room.all_through()

        [case] = await room.cases()
        assert isinstance(case.state, Quarantined)
        assert case.state.code == "E-FIT-STRANGE"
        assert room.inbox.answers == []


async def test_a_case_that_came_over_http_is_not_asked_for_its_channel(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        await room.house.receive()

        await room.house.work()
        await room.answering.send()

        [case] = await room.cases()
        kinds = [event.kind for event in await room.house.cases.events(case)]
        assert isinstance(case.state, Closed)
        assert "ReceiptSent" in kinds
        assert "ReceiptOrdered" not in kinds


async def test_an_answer_is_ordered_in_the_chain(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a"))

        await room.all_through()

        [case] = await room.cases()
        kinds = [event.kind for event in await room.house.cases.events(case)]
        assert kinds.index("ReceiptOrdered") < kinds.index("CaseDelivered")
        assert "ReceiptSent" not in kinds


async def test_an_answer_goes_out_once(database_url: str) -> None:
    async with mailroom(database_url) as room:
        room.inbox.put(letter("a"))
        await room.all_through()

        assert await room.answering.send() == 0
        assert len(room.inbox.answers) == 1


async def test_an_answer_that_finds_nobody_is_sent_later(database_url: str) -> None:
    clock = TestClock()
    async with mailroom(database_url, clock=clock) as room:
        room.inbox.put(letter("a"))
        await room.look()
        await room.house.work()

        room.inbox.away = True
        with pytest.raises(CounterpartAway):
            await room.answering.send()
        room.inbox.away = False
        assert await room.answering.send() == 0, "not at once"
        clock.advance(timedelta(seconds=21))
        assert await room.answering.send() == 1

        [answer] = room.inbox.answers
        assert answer.is_repeated, "whether the first try arrived nobody knew"


async def test_answers_keep_the_order_of_their_case(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        for number in range(6):
            room.inbox.put(letter(f"{number}", of="vorgang", at=timedelta(number)))

        await room.all_through()

        assert [one.submission for one in room.inbox.answers] == list("012345")


async def test_an_answer_that_is_refused_is_trouble_until_somebody_looks(
    sqlite_url: str,
) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a"))
        room.inbox.refuses = "E-FIT-TOO-LATE"

        await room.all_through()
        fresh = type(room.answering)(room.watch().source, room.inbox, room.ports)
        await fresh.remember()

        assert room.answering.codes == fresh.codes == {"E-FIT-TOO-LATE"}
        assert await room.answering.send() == 0


@pytest.mark.parametrize(
    ("code", "sent"),
    [("E-FIT-SET-SCHEMA", 1), ("E-FIT-REJECTED-BY-SERVICE", 0)],
)
async def test_whoever_comes_next_tries_once_more_what_may_pass_now(
    sqlite_url: str, code: str, sent: int
) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a"))
        room.inbox.refuses = code
        await room.all_through()
        room.inbox.refuses = ""
        fresh = type(room.answering)(room.watch().source, room.inbox, room.ports)

        await fresh.remember()

        assert fresh.codes == {code}
        assert await fresh.send() == sent
        assert bool(fresh.codes) is not bool(sent)


async def test_what_a_person_has_settled_is_trouble_no_more(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a"))
        room.inbox.put(letter("b"))
        room.inbox.refuses = "E-FIT-REJECTED-BY-SERVICE"
        await room.all_through()
        one, two = await room.cases()

        seen = []
        for case in (one, two):
            await room.ports.channels.settle(
                SCOPE, case.number, Decision(actor="erika", reason="besprochen")
            )
            await room.answering.send()
            seen.append(room.answering.codes)

        assert seen == [{"E-FIT-REJECTED-BY-SERVICE"}, frozenset()]


async def test_a_bug_with_one_answer_stops_no_other(sqlite_url: str) -> None:
    async with mailroom(sqlite_url) as room:
        room.inbox.put(letter("a"))
        room.inbox.put(letter("b"))
        room.inbox.unsignable = {"a"}

        await room.all_through()

        assert [one.submission for one in room.inbox.answers] == ["b"]
        assert room.answering.codes == {"E-BUG"}


async def test_what_is_listed_still_is_answered_again(sqlite_url: str) -> None:
    clock = TestClock()
    async with mailroom(sqlite_url, clock=clock) as room:
        room.inbox.forgets = True
        room.inbox.put(letter("a"))
        await room.all_through()

        clock.advance(timedelta(minutes=11))
        await room.look()
        await room.answering.send()

        assert [one.is_repeated for one in room.inbox.answers] == [False, True]
        assert len(await room.cases()) == 1
