"""Day 12: who came over a channel is accepted there, in time, by the policy."""

from datetime import timedelta

import pytest

from schemas.cases import Case
from schemas.events import CaseQuarantined
from schemas.ids import StepName
from schemas.scope import DEFAULT_TENANT
from schemas.states import Quarantined, Received
from schemas.work import OrderedAnswer, Progress, Rest
from storage.channels import OwedAnswer
from tests.clocks import TestClock
from tests.contract.channelling import (
    POSTFACH,
    WRONG,
    arrived,
    leased,
    store,
    submission,
)
from tests.house import House
from tests.looking import assert_chains_hold, rows

DAY = timedelta(days=1)


async def quarantined(home: House, *, answer: OrderedAnswer | None = None) -> Case:
    case = await arrived(home, submission(home))
    state = Quarantined(
        code="E-BUG",
        step=StepName("check"),
        since=home.clock.now(),
        acknowledged=answer is not None,
    )
    isolated = Progress(
        state=state,
        events=(CaseQuarantined(step=state.step, code=state.code),),
        then=Rest(),
        came_from=Received(),
        answer=answer,
    )
    await home.ports.ledger.commit(await leased(home, case), isolated)
    return case


async def owed(home: House) -> tuple[OwedAnswer, ...]:
    return await store(home).owed(DEFAULT_TENANT, POSTFACH, 9)


async def kinds(home: House) -> set[str]:
    return {row["kind"] for row in await rows(home, "events")}


async def test_a_quarantined_submission_is_accepted_on_day_12(
    home: House, clock: TestClock
) -> None:
    case = await quarantined(home)
    days: list[int] = []
    for day in range(1, 15):
        clock.advance(DAY)
        await home.duties().watch_quarantine()
        if await owed(home):
            days.append(day)

    assert days == [12, 13, 14]
    [one] = await owed(home)
    assert (one.case, one.answer.accepted) == (case.id, True)
    found = await kinds(home)
    assert "ReceiptOrdered" in found
    # Nobody has sent anything yet, so nothing says so.
    assert "ReceiptSent" not in found
    await assert_chains_hold(home, case)


@pytest.mark.parametrize(
    "answer",
    [OrderedAnswer(accepted=True), OrderedAnswer(accepted=False, problems=(WRONG,))],
)
async def test_the_policy_replaces_no_answer_that_was_ordered(
    home: House, clock: TestClock, answer: OrderedAnswer
) -> None:
    await quarantined(home, answer=answer)
    clock.advance(13 * DAY)
    await home.duties().watch_quarantine()

    [one] = await owed(home)
    assert (one.answer.accepted, one.answer.problems) == (
        answer.accepted,
        answer.problems,
    )


async def test_of_who_was_handed_in_the_chain_says_as_before(
    home: House, clock: TestClock
) -> None:
    case = await home.receive()
    state = Quarantined(
        code="E-BUG",
        step=StepName("check"),
        since=clock.now(),
        acknowledged=False,
    )
    await home.ports.ledger.commit(
        await leased(home, case),
        Progress(
            state=state,
            events=(CaseQuarantined(step=state.step, code=state.code),),
            then=Rest(),
            came_from=Received(),
        ),
    )
    clock.advance(12 * DAY)
    await home.duties().watch_quarantine()

    found = await kinds(home)
    assert "ReceiptSent" in found
    assert "ReceiptOrdered" not in found
