"""Which state may follow which."""

from itertools import pairwise
from typing import get_args

import pytest

from schemas import states as s
from schemas.ids import StepName
from schemas.rules.transitions import (
    IllegalTransition,
    follow,
    is_open,
    leaves_line,
    may_follow,
)
from schemas.states import CaseState
from tests.cases import NOW, THERE

EXAMPLES: dict[type[CaseState], CaseState] = {
    type(state): state
    for state in (
        s.Received(),
        s.Checked(),
        s.Acknowledged(),
        s.Assigned(destinations=(THERE,)),
        s.InReview(question="review", step=StepName("review"), since=NOW),
        s.Delivering(destination=THERE, since=NOW),
        s.Delivered(),
        s.Archived(package="p"),
        s.Closed(package="p"),
        s.Refused(problems=()),
        s.Quarantined(
            code="E-BUG", step=StepName("check"), since=NOW, acknowledged=False
        ),
        s.Waiting(reason="date", step=StepName("await"), until=NOW),
        s.Undeliverable(destination=THERE, code="E", since=NOW),
    )
}
STATES = list(EXAMPLES.values())
MAIN_LINE: list[type[CaseState]] = [
    s.Received,
    s.Checked,
    s.Acknowledged,
    s.Assigned,
    s.Delivering,
    s.Delivered,
    s.Archived,
    s.Closed,
]


def reached_from(state: CaseState) -> set[type[CaseState]]:
    reached, new = set[type[CaseState]](), {type(state)}
    while new:
        reached |= new
        new = {
            type(after)
            for after in STATES
            if any(may_follow(EXAMPLES[kind], after) for kind in new)
        } - reached
    return reached


def test_there_is_an_example_of_every_state() -> None:
    assert set(EXAMPLES) == set(get_args(CaseState))


def test_the_main_line_can_be_walked() -> None:
    for before, after in pairwise(MAIN_LINE):
        assert may_follow(EXAMPLES[before], EXAMPLES[after])


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_every_state_but_the_ends_leads_to_an_end(state: CaseState) -> None:
    assert reached_from(state) & {s.Closed, s.Refused}


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_staying_is_always_allowed(state: CaseState) -> None:
    assert follow(state, state) is state


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_nothing_follows_closed(state: CaseState) -> None:
    assert may_follow(s.Closed(package="p"), state) is isinstance(state, s.Closed)


def test_nothing_is_received_or_checked_a_second_time() -> None:
    back = {
        type(before)
        for before in STATES
        for after in (s.Received(), s.Checked())
        if may_follow(before, after) and type(before) is not type(after)
    }

    # From aside a case goes back to where it came from.
    assert back == {s.Received, s.InReview, s.Quarantined, s.Waiting}


def test_nobody_is_refused_after_the_receipt() -> None:
    for before in (s.Acknowledged, s.Assigned, s.Delivering, s.Delivered, s.Archived):
        assert not may_follow(EXAMPLES[before], s.Refused(problems=()))


@pytest.mark.parametrize(
    "state", [s.Assigned, s.Delivering], ids=lambda kind: kind.__name__
)
def test_waiting_for_a_destination_can_be_given_up(state: type[CaseState]) -> None:
    assert may_follow(EXAMPLES[state], EXAMPLES[s.Undeliverable])


def test_a_dead_letter_only_goes_on_by_delivering() -> None:
    after = {
        type(state) for state in STATES if may_follow(EXAMPLES[s.Undeliverable], state)
    }

    assert after == {s.Undeliverable, s.Delivering}


@pytest.mark.parametrize(
    "before", [state for state in STATES if not isinstance(state, s.Closed)]
)
def test_a_quarantined_case_can_go_back_to_where_a_step_was_run(
    before: CaseState,
) -> None:
    if may_follow(before, EXAMPLES[s.Quarantined]):
        assert may_follow(EXAMPLES[s.Quarantined], before)


def test_an_illegal_wish_is_named_without_any_value() -> None:
    with pytest.raises(IllegalTransition, match="Closed -> Received"):
        follow(s.Closed(package="Erika"), s.Received())


def test_closed_and_refused_are_the_only_ends() -> None:
    assert {type(state) for state in STATES if not is_open(state)} == {
        s.Closed,
        s.Refused,
    }


def test_who_may_never_come_to_deliver_leaves_the_line() -> None:
    leaving = {type(state) for state in STATES if leaves_line(state)}

    assert leaving == {
        s.Delivered,
        s.Archived,
        s.Closed,
        s.Refused,
        s.Quarantined,
        s.Undeliverable,
    }
