"""Answers over channels: ordered once, signed once, owed until they are there."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.errors import LeaseLost, StateForbids, UnknownCase
from schemas.ids import CaseNumber, OfficeId
from schemas.scope import DEFAULT_TENANT, Scope, SomeOffices
from schemas.steps import Away
from storage.channels import LINGERS_AFTER, OwedAnswer
from tests.clocks import TestClock
from tests.contract.acting import opening
from tests.contract.channelling import (
    POSTFACH,
    WRONG,
    answering,
    arrived,
    checked_and_answered,
    event,
    leased,
    ordered,
    store,
    submission,
)
from tests.house import SCOPE, House
from tests.looking import assert_chains_hold, rows

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def owed(home: House, limit: int = 10) -> tuple[OwedAnswer, ...]:
    return await store(home).owed(DEFAULT_TENANT, POSTFACH, limit)


async def test_nothing_is_owed_before_it_is_decided(home: House) -> None:
    await arrived(home, submission(home))

    assert await owed(home) == ()


async def test_an_ordered_answer_is_owed_with_what_it_must_prove(home: House) -> None:
    case = await ordered(home)

    [one] = await owed(home)

    assert (one.case, one.number) == (case.id, case.number)
    assert one.answer.accepted
    assert one.answer.proof == '{"tag":"s-1"}'
    assert (one.answer.submission, one.answer.case) == ("s-1", "c-1")
    assert (one.token, one.tries, one.answer.is_repeated) == (b"", 0, False)
    await assert_chains_hold(home, case)


async def test_a_rejection_carries_its_problems(home: House) -> None:
    case = await arrived(home, submission(home))
    await home.ports.ledger.commit(await leased(home, case), answering(accepted=False))

    [one] = await owed(home)

    assert (one.answer.accepted, one.answer.problems) == (False, (WRONG,))


async def test_an_answer_once_ordered_is_never_replaced(home: House) -> None:
    case = await arrived(home, submission(home))
    held = await home.ports.ledger.commit(await leased(home, case), answering())
    again = replace(answering(accepted=False), steps=())

    await home.ports.ledger.commit(held, again)
    [before] = await owed(home)
    await store(home).answered(case.id, ())
    await home.ports.ledger.commit(
        replace(
            held, version=held.version + 1, seq=held.seq + 2, head=await _head(home)
        ),
        again,
    )

    assert before.answer.accepted
    assert await owed(home) == ()


async def _head(home: House) -> bytes:
    [row] = await rows(home, "cases")
    return bytes(row["head"])


async def test_who_has_lost_the_case_orders_nothing(home: House) -> None:
    case = await arrived(home, submission(home))
    held = await leased(home, case)

    with pytest.raises(LeaseLost):
        await home.ports.ledger.commit(replace(held, epoch=held.epoch + 1), answering())

    assert await owed(home) == ()


@pytest.mark.parametrize("way", ["attempt", "wait", "put off"])
async def test_an_answer_is_ordered_by_whatever_commits_the_step(
    home: House, way: str
) -> None:
    case = await arrived(home, submission(home))
    held, ledger = await leased(home, case), home.ports.ledger
    match way:
        case "attempt":
            progress = answering()
            await ledger.open_attempt(
                replace(held, ordering_key=""), progress, opening(held)
            )
        case "wait":
            await ledger.wait(held, checked_and_answered(), "d:standard/fachverfahren")
        case _:
            away = Away(counterpart=".archive", code="E-STORAGE-FULL", whole=True)
            await ledger.put_off(held, checked_and_answered(), away)

    assert [one.case for one in await owed(home)] == [held.case.id]


async def test_answers_go_out_the_oldest_first_and_no_more_than_wanted(
    home: House,
) -> None:
    for name, ago in (("young", 1), ("old", 9), ("middle", 5)):
        await ordered(home, name, case=name, ago=ago)

    assert [one.answer.submission for one in await owed(home)] == [
        "old",
        "middle",
        "young",
    ]
    assert [one.answer.submission for one in await owed(home, 1)] == ["old"]


async def test_no_answer_overtakes_another_of_the_same_channel_case(
    home: House, clock: TestClock
) -> None:
    first = await ordered(home, "first", ago=2)
    await ordered(home, "second", ago=1)
    await ordered(home, "other", case="c-2", ago=1)

    await store(home).retry_at(first.id, "E-AWAY", clock.now() + MINUTE)

    assert [one.answer.submission for one in await owed(home)] == ["other"]
    clock.advance(MINUTE)
    names = [one.answer.submission for one in await owed(home)]
    assert names.index("first") < names.index("second")


async def test_an_answer_waits_for_its_next_try(home: House, clock: TestClock) -> None:
    case = await ordered(home)
    await store(home).retry_at(case.id, "E-AWAY", clock.now() + MINUTE)

    early = await owed(home)
    clock.advance(MINUTE)
    [late] = await owed(home)

    assert (early, late.tries) == ((), 1)


async def test_of_two_signed_answers_the_first_is_kept(home: House) -> None:
    case = await ordered(home)

    kept = [await store(home).keep_token(case.id, token) for token in (b"1", b"2")]

    assert kept == [b"1", b"1"]
    [one] = await owed(home)
    assert (one.token, one.answer.is_repeated) == (b"1", True)


async def test_signing_at_one_moment_all_get_the_same_answer(home: House) -> None:
    case = await ordered(home)

    kept = await asyncio.gather(
        *(store(home).keep_token(case.id, b"%d" % n) for n in range(8))
    )

    assert len(set(kept)) == 1


async def test_what_was_answered_is_owed_no_more_and_proved(home: House) -> None:
    case = await ordered(home)
    accept = event("accepted", kind="accept-submission", at=home)

    for _ in range(2):
        await store(home).answered(case.id, (accept,))

    assert await owed(home) == ()
    events = (await store(home).of_case(case.id)).events
    assert [one for one in events if one.kind == "accept-submission"] == [accept]


async def test_what_the_channel_refuses_waits_for_a_person(
    home: House, clock: TestClock
) -> None:
    case = await ordered(home)
    await store(home).keep_token(case.id, b"in an old schema")
    await store(home).refused(case.id, "E-FIT-409")
    clock.advance(timedelta(days=1))

    before = await owed(home)
    await store(home).again(SCOPE, case.number)

    assert before == ()
    [one] = await owed(home)
    assert (one.case, one.token) == (case.id, b""), "it is signed anew"
    assert one.answer.is_repeated, "it may have arrived all the same: ask first"


async def test_nothing_can_be_sent_again_that_was_never_ordered(home: House) -> None:
    case = await arrived(home, submission(home))

    with pytest.raises(StateForbids):
        await store(home).again(SCOPE, case.number)
    with pytest.raises(UnknownCase):
        await store(home).again(SCOPE, CaseNumber("2026-999999"))


async def test_nobody_sends_again_what_belongs_to_another_office(home: House) -> None:
    case = await ordered(home)
    other = Scope(
        tenant=DEFAULT_TENANT,
        offices=SomeOffices(offices=frozenset({OfficeId("other")})),
    )

    with pytest.raises(UnknownCase):
        await store(home).again(other, case.number)


async def test_what_is_written_about_an_answer_makes_none(home: House) -> None:
    case = await arrived(home, submission(home))

    await store(home).retry_at(case.id, "E", home.clock.now())
    await store(home).refused(case.id, "E")
    await store(home).answered(case.id, ())

    [row] = await rows(home, "channel_submissions")
    assert (row["answer"], row["tries"], row["code"]) == ("none", 0, "")


async def test_what_is_listed_long_after_its_answer_is_answered_again(
    home: House, clock: TestClock
) -> None:
    case = await ordered(home)
    await store(home).keep_token(case.id, b"token")
    await store(home).answered(case.id, ())

    early = await store(home).still_listed(DEFAULT_TENANT, POSTFACH, ["s-1", "x"])
    clock.advance(LINGERS_AFTER)
    late = await store(home).still_listed(DEFAULT_TENANT, POSTFACH, ["s-1", "x"])
    [one] = await owed(home)

    assert (early, late) == (0, 1)
    assert (one.token, one.answer.is_repeated) == (b"token", True)


async def test_an_unanswered_one_is_listed_rightly(
    home: House, clock: TestClock
) -> None:
    await arrived(home, submission(home))
    clock.advance(10 * LINGERS_AFTER)

    assert await store(home).still_listed(DEFAULT_TENANT, POSTFACH, ["s-1"]) == 0
