"""What a channel decided without us is settled by a person, on the record."""

import asyncio
import json
from datetime import timedelta

import pytest

from schemas.cases import Case
from schemas.errors import CaseMoved, StateForbids, UnknownCase
from schemas.ids import CaseNumber, OfficeId, TenantId
from schemas.scope import DEFAULT_TENANT, Scope, SomeOffices
from schemas.states import Closed
from storage.answer_decisions import settle_answer
from storage.channels import LINGERS_AFTER
from storage.deadlines import Deadlines
from storage.decisions import Decision
from storage.source_states import SourceStates
from tests.clocks import TestClock
from tests.contract.channelling import (
    POSTFACH,
    arrived,
    event,
    ordered,
    store,
    submission,
)
from tests.contract.leasing import hired, room
from tests.house import SCOPE, House
from tests.looking import assert_chains_hold, change, change_case, row_of, rows

LATE = "E-FIT-REJECTED-BY-SERVICE"
BY_ERIKA = Decision(actor="erika", reason="mit dem Absender gesprochen")


async def decided(home: House, name: str = "s-1", *, code: str = LATE) -> Case:
    """FIT-Connect rejected it by itself; the case is here, and nobody holds it."""
    case = await ordered(home, name, case=name)
    proof = event(f"late-{name}", kind="reject-submission", at=home)
    await store(home).refused(case.id, code, (proof,))
    # A worker leases everything that is due.
    await change(home, "cases", {"owner": None})
    return case


async def alarmed(home: House, *codes: str) -> None:
    await Deadlines(home.database).watch()
    await SourceStates(home.database).polled(DEFAULT_TENANT, POSTFACH, troubles=codes)


async def open_alarms(home: House) -> set[str]:
    found = await rows(home, "disturbances")
    return {row["reason"] for row in found if row["closed_at"] is None}


async def answers(home: House) -> list[str]:
    return [row["answer"] for row in await rows(home, "channel_submissions")]


@pytest.mark.parametrize("code", [LATE, "E-FIT-ANSWERED-OTHERWISE"])
async def test_what_is_settled_is_owed_no_more_and_alarms_nobody(
    home: House, clock: TestClock, code: str
) -> None:
    case = await decided(home, code=code)
    clock.advance(timedelta(days=15))
    await alarmed(home, code)
    before = await open_alarms(home)

    assert await store(home).settle(SCOPE, case.number, BY_ERIKA)

    assert before == {code, "E-FIT-DAY-14"}
    assert await open_alarms(home) == set()
    assert await answers(home) == ["settled"]
    assert not await Deadlines(home.database).unanswered(SCOPE)
    assert not await Deadlines(home.database).watch()
    assert await store(home).settled([case.id]) == {case.id}


async def test_it_stands_in_the_chain_with_who_and_why(home: House) -> None:
    case = await decided(home)

    await store(home).settle(SCOPE, case.number, BY_ERIKA)

    *_, last = await home.cases.events(case)
    assert (last.kind, last.actor) == ("DecisionTaken", "erika")
    assert json.loads(last.body.split(b"\n", 3)[3]) == {
        "question": LATE,
        "answer": "settled",
        "reason": BY_ERIKA.reason,
    }
    await assert_chains_hold(home, case)


async def test_what_proves_the_channels_decision_stays_with_the_case(
    home: House,
) -> None:
    case = await decided(home)

    await store(home).settle(SCOPE, case.number, BY_ERIKA)

    [found] = (await store(home).find(SCOPE, case.number)).submissions
    assert found.answer.state == "settled"
    assert "late-s-1" in {one.id for one in found.submission.events}


async def test_saying_it_twice_changes_nothing(home: House) -> None:
    case = await decided(home)
    await store(home).settle(SCOPE, case.number, BY_ERIKA)
    before = await rows(home, "events")

    assert not await store(home).settle(SCOPE, case.number, BY_ERIKA)

    assert await rows(home, "events") == before


async def test_of_several_who_say_it_at_one_moment_one_is_recorded(
    home: House,
) -> None:
    case = await decided(home)

    said = await asyncio.gather(
        *(store(home).settle(SCOPE, case.number, BY_ERIKA) for _ in range(4))
    )

    assert sorted(said) == [False, False, False, True]
    await assert_chains_hold(home, case)


async def test_a_closed_case_stays_closed_and_since_when(
    home: House, clock: TestClock
) -> None:
    case = await decided(home)
    closed = {"state": "Closed", "state_body": '{"package":"p"}', "due_at": None}
    await change_case(home, case, closed)
    before = await row_of(home, case)
    clock.advance(timedelta(days=1))

    await store(home).settle(SCOPE, case.number, BY_ERIKA)

    after = await home.cases.by_number(SCOPE, case.number)
    assert after.state == Closed(package="p")
    assert after.changed_at == before["changed_at"]
    await assert_chains_hold(home, case)


async def test_a_case_goes_on_after_it_was_settled(home: House) -> None:
    case = await decided(home)
    await change_case(home, case, {"due_at": home.clock.now()})

    await store(home).settle(SCOPE, case.number, BY_ERIKA)
    await home.work()

    found = await home.cases.by_number(SCOPE, case.number)
    assert isinstance(found.state, Closed)
    await assert_chains_hold(home, case)


async def test_the_same_trouble_of_another_submission_stays_open(
    home: House, clock: TestClock
) -> None:
    one, two = await decided(home, "1"), await decided(home, "2")
    clock.advance(timedelta(days=15))
    await alarmed(home, LATE)

    seen = []
    for case in (one, two):
        await store(home).settle(SCOPE, case.number, BY_ERIKA)
        seen.append(await open_alarms(home))

    assert seen == [{LATE, "E-FIT-DAY-14"}, set()]


async def test_other_troubles_of_the_source_are_left_alone(home: House) -> None:
    case = await decided(home)
    await alarmed(home, LATE, "E-SOURCE-SERVICE")

    await store(home).settle(SCOPE, case.number, BY_ERIKA)

    assert await open_alarms(home) == {"E-SOURCE-SERVICE"}


@pytest.mark.parametrize(
    ("answer", "code", "word"),
    [
        ("refused", "E-FIT-SET-SCHEMA", "amtsweg source answer 2026-000001"),
        ("owed", "", "still being sent"),
        ("sent", "", "nothing to settle"),
        ("none", "", "Nothing has been decided yet"),
    ],
)
async def test_only_what_was_decided_there_can_be_settled(
    home: House, answer: str, code: str, word: str
) -> None:
    case = await decided(home)
    await change(home, "channel_submissions", {"answer": answer, "code": code})
    before = await rows(home, "events")

    with pytest.raises(StateForbids, match=word):
        await store(home).settle(SCOPE, case.number, BY_ERIKA)

    assert await rows(home, "events") == before
    assert await answers(home) == [answer]


async def test_what_came_over_no_channel_has_no_answer_to_settle(home: House) -> None:
    case = await home.receive()

    with pytest.raises(StateForbids, match="no channel"):
        await store(home).settle(SCOPE, case.number, BY_ERIKA)
    with pytest.raises(UnknownCase):
        await store(home).settle(SCOPE, CaseNumber("2026-999999"), BY_ERIKA)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(tenant=TenantId("other")),
        Scope(
            tenant=DEFAULT_TENANT,
            offices=SomeOffices(offices=frozenset({OfficeId("other")})),
        ),
    ],
)
async def test_nobody_settles_what_is_not_theirs(home: House, scope: Scope) -> None:
    case = await decided(home)

    with pytest.raises(UnknownCase):
        await store(home).settle(scope, case.number, BY_ERIKA)

    assert await answers(home) == ["refused"]


async def test_while_a_worker_has_the_case_it_is_said_later(home: House) -> None:
    case = await decided(home)
    await change_case(home, case, {"owner": "w"})

    with pytest.raises(CaseMoved):
        await store(home).settle(SCOPE, case.number, BY_ERIKA)

    assert await answers(home) == ["refused"]


async def test_what_is_settled_is_never_sent_again(
    home: House, clock: TestClock
) -> None:
    case = await decided(home)
    await store(home).settle(SCOPE, case.number, BY_ERIKA)
    clock.advance(10 * LINGERS_AFTER)

    with pytest.raises(StateForbids, match="settled"):
        await store(home).again(SCOPE, case.number)
    # Whoever was sending it meanwhile comes too late to say so.
    await store(home).retry_at(case.id, "E-AWAY", clock.now())
    await store(home).refused(case.id, "E-FIT-CONFLICT")

    assert await store(home).still_listed(DEFAULT_TENANT, POSTFACH, ["s-1"]) == 0
    assert await store(home).owed(DEFAULT_TENANT, POSTFACH, 10) == ()
    assert await answers(home) == ["settled"]


async def test_what_is_settled_meanwhile_is_not_owed_again(home: House) -> None:
    case = await decided(home)
    async with home.database.write("settle answer") as connection:
        now = await home.database.now(connection)
        await settle_answer(connection, (SCOPE, case.number), BY_ERIKA, now)
        again = asyncio.create_task(store(home).again(SCOPE, case.number))
        # It reads what stood there before, where a database lets it.
        await asyncio.sleep(0.3)

    with pytest.raises((CaseMoved, StateForbids)):
        await again
    assert await answers(home) == ["settled"]


async def test_settling_one_leaves_every_other_as_it_is(home: House) -> None:
    case = await decided(home)
    other = await arrived(home, submission(home, "other", case="c-9"))
    worker = await hired(home, "w")

    await store(home).settle(SCOPE, case.number, BY_ERIKA)

    assert sorted(await answers(home)) == ["none", "settled"]
    assert other.id in {one.case.id for one in await worker.lease(room())}
