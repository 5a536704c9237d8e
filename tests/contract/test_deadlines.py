"""Days 3, 9 and 14: an alarm a day before each, once, until the answer is there."""

from datetime import timedelta

import pytest

from schemas.rules.waits import answer_stage
from schemas.scope import DEFAULT_TENANT, Scope
from storage.deadlines import Deadlines
from storage.source_states import SourceStates
from tests.clocks import TestClock
from tests.contract.channelling import POSTFACH, arrived, ordered, store, submission
from tests.house import SCOPE, House
from tests.looking import rows

DAY = timedelta(days=1)


async def open_alarms(home: House) -> list[str]:
    return sorted(
        row["reason"]
        for row in await rows(home, "disturbances")
        if row["closed_at"] is None
    )


async def test_each_day_alarms_once_and_before_it_comes(
    home: House, clock: TestClock
) -> None:
    await arrived(home, submission(home))
    alarms: dict[int, list[str]] = {}
    for day in range(1, 17):
        clock.advance(DAY)
        if one := await Deadlines(home.database).watch():
            alarms[day] = [found.submission for found in one]
        assert not await Deadlines(home.database).watch()

    assert alarms == {2: ["s-1"], 8: ["s-1"], 13: ["s-1"]}
    assert await open_alarms(home) == ["E-FIT-DAY-14", "E-FIT-DAY-3", "E-FIT-DAY-9"]
    [row] = await rows(home, "channel_submissions")
    assert row["warned"] == 3


async def test_who_was_down_for_a_week_alarms_for_the_last_day_only(
    home: House, clock: TestClock
) -> None:
    await arrived(home, submission(home))
    clock.advance(9 * DAY)

    await Deadlines(home.database).watch()

    assert await open_alarms(home) == ["E-FIT-DAY-9"]


async def test_an_alarm_is_over_when_the_answer_is_there(
    home: House, clock: TestClock
) -> None:
    first, second = await ordered(home, "1"), await ordered(home, "2", case="c-2")
    clock.advance(2 * DAY)
    await Deadlines(home.database).watch()
    seen = [await open_alarms(home)]
    for case in (first, second):
        await store(home).answered(case.id, ())
        await Deadlines(home.database).watch()
        seen.append(await open_alarms(home))

    assert seen == [["E-FIT-DAY-3"], ["E-FIT-DAY-3"], []]


async def test_what_was_answered_alarms_nobody(home: House, clock: TestClock) -> None:
    case = await ordered(home)
    await store(home).answered(case.id, ())
    clock.advance(20 * DAY)

    assert not await Deadlines(home.database).watch()
    assert not await Deadlines(home.database).unanswered(SCOPE)


async def test_an_answer_that_the_channel_refused_still_alarms(
    home: House, clock: TestClock
) -> None:
    case = await ordered(home)
    await store(home).refused(case.id, "E-FIT-409")
    clock.advance(2 * DAY)

    await arrived(home, submission(home, "other"))

    [one] = await Deadlines(home.database).watch()
    refused = await Deadlines(home.database).unanswered(SCOPE, answer="refused")

    assert [found.case for found in refused] == [case.id]
    assert (one.answer, one.code, one.number) == ("refused", "E-FIT-409", case.number)


async def test_many_that_were_alarmed_for_hide_no_newer_one(
    home: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.deadlines._AT_ONCE", 1)
    await arrived(home, submission(home, "old"))
    clock.advance(4 * DAY)
    await Deadlines(home.database).watch()
    await arrived(home, submission(home, "new"))
    clock.advance(2 * DAY)

    assert [one.submission for one in await Deadlines(home.database).watch()] == ["new"]


async def test_everything_without_an_answer_is_shown_the_oldest_first(
    home: House, clock: TestClock
) -> None:
    await arrived(home, submission(home, "young"))
    await arrived(home, submission(home, "old", ago=DAY))

    found = await Deadlines(home.database).unanswered(SCOPE)

    assert [(one.submission, one.age) for one in found] == [
        ("old", DAY),
        ("young", timedelta(0)),
    ]
    other = Scope(tenant=type(DEFAULT_TENANT)("other"))
    assert not await Deadlines(home.database).unanswered(other)


async def test_a_good_round_does_not_close_the_alarm_of_a_deadline(
    home: House, clock: TestClock
) -> None:
    await arrived(home, submission(home))
    clock.advance(2 * DAY)
    await Deadlines(home.database).watch()

    await SourceStates(home.database).polled(DEFAULT_TENANT, POSTFACH)

    assert await open_alarms(home) == ["E-FIT-DAY-3"]


@pytest.mark.parametrize(
    ("days", "stage"),
    [(0, 0), (1.9, 0), (2, 1), (7.9, 1), (8, 2), (12.9, 2), (13, 3), (99, 3)],
)
def test_a_day_before_each_day_an_alarm_is_owed(days: float, stage: int) -> None:
    assert answer_stage(timedelta(days=days)) == stage
