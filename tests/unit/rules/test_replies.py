"""Where a reply stands, when it alarms, and what people are told to do."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.replies import ReplyState
from schemas.rules.replies import (
    REPLY_WAITS,
    Replied,
    reply_codes,
    reply_stands,
    sent_stands,
    standing_of_reply,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
WAITING, UNPROVED, GONE = ReplyState.WAITING, ReplyState.UNPROVED, ReplyState.GONE
ACCEPTED = ReplyState.ACCEPTED


@pytest.mark.parametrize(
    ("before", "seen", "is_listed", "then"),
    [
        (None, WAITING, True, WAITING),
        (None, UNPROVED, True, UNPROVED),
        (UNPROVED, UNPROVED, True, UNPROVED),
        (UNPROVED, UNPROVED, False, GONE),
        (WAITING, UNPROVED, True, WAITING),
        (WAITING, UNPROVED, False, GONE),
        (WAITING, WAITING, False, WAITING),
        (WAITING, ACCEPTED, False, ACCEPTED),
        (ACCEPTED, UNPROVED, True, ACCEPTED),
        (ACCEPTED, UNPROVED, False, ACCEPTED),
        (GONE, UNPROVED, True, UNPROVED),
        (GONE, WAITING, True, WAITING),
        (GONE, UNPROVED, False, GONE),
    ],
)
def test_what_is_proved_counts_and_what_is_gone_waits_no_more(
    before: ReplyState | None, seen: ReplyState, then: ReplyState, *, is_listed: bool
) -> None:
    assert reply_stands(before, seen, is_listed=is_listed) is then


@pytest.mark.parametrize(
    ("seen", "is_due", "then"),
    [
        (WAITING, True, WAITING),
        (UNPROVED, True, WAITING),
        (WAITING, False, GONE),
        (UNPROVED, False, GONE),
        (ACCEPTED, False, ACCEPTED),
    ],
)
def test_one_of_ours_waits_no_longer_than_it_is_due(
    seen: ReplyState, then: ReplyState, *, is_due: bool
) -> None:
    assert sent_stands(WAITING, seen, is_due=is_due) is then


@pytest.mark.parametrize(
    ("days", "last"),
    [(0, "WAITS"), (1.9, "WAITS"), (2, "DAY-3"), (8, "DAY-9"), (13, "DAY-14")],
)
def test_each_alarm_comes_a_day_before_its_day(days: float, last: str) -> None:
    every = ["WAITS", "DAY-3", "DAY-9", "DAY-14"]
    expected = {f"E-FIT-REPLY-{one}" for one in every[: every.index(last) + 1]}

    assert reply_codes(timedelta(days=days)) == expected
    assert REPLY_WAITS in expected


def told(state: ReplyState, *, is_ours: bool = False, code: str = "") -> Replied:
    return Replied(
        number="2026-000123",
        place="nachbarkreis",
        is_ours=is_ours,
        state=state,
        code=code,
        since=NOW - timedelta(days=1),
        answered_at=NOW if not state.is_open else None,
    )


@pytest.mark.parametrize("state", [WAITING, UNPROVED])
def test_a_reply_that_waits_names_the_command_and_the_next_day(
    state: ReplyState,
) -> None:
    standing = standing_of_reply(told(state), NOW)

    command = "amtsweg fitconnect replies 2026-000123 --save FOLDER --accept"
    assert command in standing.advice
    assert standing.deadline.startswith("Tag 3, 12.03.2026")


def test_what_no_event_proves_is_not_told_as_proved() -> None:
    doubt = "Kein Ereignis beweist"

    assert doubt in standing_of_reply(told(UNPROVED), NOW).where
    assert doubt not in standing_of_reply(told(WAITING), NOW).where


@pytest.mark.parametrize("is_ours", [True, False])
@pytest.mark.parametrize("state", ReplyState)
def test_each_state_is_told_in_its_own_words(
    state: ReplyState, *, is_ours: bool
) -> None:
    standing = standing_of_reply(told(state, is_ours=is_ours, code="E-X"), NOW)

    assert standing.where.endswith("Zuletzt: E-X.")
    assert ("Unsere Antwort" in standing.where) is is_ours
    assert bool(standing.deadline) is state.is_open
    assert ("amtsweg fitconnect replies" in standing.advice) is (
        state.is_open and not is_ours
    )
    is_dated = state not in {WAITING, UNPROVED, GONE}
    assert ("am 10.03.2026" in standing.where) is is_dated
    assert ("kein Ereignis beweist" in standing.where) is (state is GONE)
