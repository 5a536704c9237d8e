"""How a destination pauses, probes and comes back."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest

from schemas.ids import CaseId
from schemas.rules.destinations import (
    STEADY,
    DestinationState,
    Fate,
    Open,
    Paused,
    after_failure,
    after_success,
    allowed,
    held,
    resumed,
)
from tests.cases import NOW

SECOND = timedelta(seconds=1)
PAUSED = Paused(
    reason="E-AWAY", since=NOW, wait=10 * SECOND, next_probe_at=NOW + 10 * SECOND
)


def fail(state: DestinationState, case: str, *, whole: bool = False) -> Fate:
    return after_failure(state, case=CaseId(case), code="E-AWAY", whole=whole, now=NOW)


def failing(state: DestinationState, *cases: str) -> DestinationState:
    return reduce(lambda before, case: fail(before, case).state, cases, state)


def test_three_different_cases_pause_it() -> None:
    fate = fail(failing(STEADY, "a", "b"), "c")

    assert fate.state == replace(PAUSED, witnesses=tuple(map(CaseId, "abc")))
    assert fate.charge == 0
    assert fate.excused == ("a", "b")


def test_one_case_alone_is_charged_once_while_nobody_passes() -> None:
    charges: list[int] = []
    state: DestinationState = STEADY
    for _ in range(4):
        fate = fail(state, "a")
        charges.append(fate.charge)
        state = fate.state

    assert charges == [1, 0, 0, 0]
    assert isinstance(state, Open)


def test_five_failures_in_a_row_pause_it_where_nobody_else_is_there() -> None:
    fate = fail(failing(STEADY, "a", "a", "a", "a"), "a")

    assert isinstance(fate.state, Paused)
    assert (fate.charge, fate.excused) == (-1, ())


def test_two_cases_that_fail_in_turn_pause_it_too_and_are_forgiven() -> None:
    fate = fail(failing(STEADY, "a", "b", "a", "b"), "a")

    assert isinstance(fate.state, Paused)
    assert (fate.charge, fate.excused) == (-1, ("b",))


def test_a_success_between_makes_them_the_cases_own_failures() -> None:
    state = after_success(failing(STEADY, "a", "b"), limit=4)

    assert state == STEADY
    assert fail(state, "c") == Fate(state=Open(failing=(CaseId("c"),)), charge=1)


def test_a_refused_connection_pauses_at_once_and_is_nobodys_failure() -> None:
    fate = fail(failing(STEADY, "a"), "b", whole=True)

    assert isinstance(fate.state, Paused)
    assert (fate.charge, fate.excused) == (0, ("a",))


def test_a_pause_uses_up_no_attempts() -> None:
    assert not any(fail(PAUSED, case).charge for case in "abc")


def test_nothing_passes_but_one_probe_when_it_is_due() -> None:
    due = PAUSED.next_probe_at

    assert allowed(PAUSED, limit=16, now=NOW) == 0
    assert allowed(PAUSED, limit=16, now=due - SECOND) == 0
    assert allowed(PAUSED, limit=16, now=due) == 1
    assert allowed(PAUSED, limit=16, now=due + timedelta(days=3)) == 1


def test_a_probe_that_fails_doubles_the_wait() -> None:
    later = PAUSED.next_probe_at
    fate = after_failure(
        PAUSED, case=CaseId("x"), code="E-AWAY", whole=False, now=later
    )

    assert fate.state == replace(
        PAUSED, wait=20 * SECOND, next_probe_at=later + 20 * SECOND
    )


def test_calls_that_left_before_the_pause_are_no_probes() -> None:
    assert failing(PAUSED, *"defghijklmnop") == PAUSED


def test_a_clock_that_was_set_back_does_not_keep_it_paused() -> None:
    before = NOW - timedelta(days=400)

    assert allowed(PAUSED, limit=4, now=before) == 1
    fate = after_failure(
        PAUSED, case=CaseId("x"), code="E-AWAY", whole=False, now=before
    )
    assert isinstance(fate.state, Paused)
    assert fate.state.next_probe_at == before + 20 * SECOND


def test_it_comes_back_with_1_2_4_and_so_on() -> None:
    state: DestinationState = PAUSED
    passing = []
    for _ in range(6):
        state = after_success(state, limit=16)
        passing.append(allowed(state, limit=16, now=NOW))

    assert passing == [1, 2, 4, 8, 16, 16]
    assert state == STEADY


@pytest.mark.parametrize("limit", range(1, 20))
def test_coming_back_never_passes_the_limit(limit: int) -> None:
    state: DestinationState = PAUSED
    for _ in range(10):
        state = after_success(state, limit=limit)
        assert 1 <= allowed(state, limit=limit, now=NOW) <= limit

    assert state == STEADY


def test_one_bad_case_does_not_pause_it_again_while_it_comes_back() -> None:
    fate = fail(after_success(PAUSED, limit=16), "bad")

    assert fate.charge == 1
    assert allowed(fate.state, limit=16, now=NOW) == 1


def test_those_whose_failures_paused_it_bear_witness_only_once() -> None:
    paused = failing(STEADY, "a", "b", "c")
    back = after_success(paused, limit=16)

    assert isinstance(failing(back, "a", "b", "c"), Open)
    assert all(fail(back, case).charge == 1 for case in "abc")


def test_however_many_bad_cases_are_known_they_do_not_pause_it_again() -> None:
    suspects = tuple(map(CaseId, "abcdefgh"))
    state = failing(Open(parallel=1, suspects=suspects), *suspects)

    assert isinstance(state, Open)
    assert after_success(state, limit=16) == Open(parallel=2, suspects=suspects)


def test_if_it_is_away_again_they_are_excused_with_the_others() -> None:
    back = after_success(failing(STEADY, "a", "b", "c"), limit=16)

    fate = fail(failing(back, "a", "d", "e"), "f")

    assert isinstance(fate.state, Paused)
    assert fate.excused == ("a", "d", "e")
    assert fate.state.witnesses == ("a", "d", "e", "f")


def test_what_a_person_holds_only_a_person_lets_go() -> None:
    state: DestinationState = held("Wartung", NOW)

    assert allowed(state, limit=4, now=NOW + timedelta(days=900)) == 0
    assert after_success(state, limit=4) == state
    assert fail(state, "a", whole=True) == Fate(state=state, charge=0)
    assert allowed(resumed(state, NOW), limit=4, now=NOW) == 1


def test_resuming_a_paused_one_probes_now() -> None:
    state = resumed(replace(PAUSED, wait=600 * SECOND), NOW)

    assert allowed(state, limit=4, now=NOW) == 1
    assert isinstance(state, Paused)
    assert state.wait == 10 * SECOND


def test_resuming_an_open_one_changes_nothing() -> None:
    assert resumed(STEADY, NOW) is STEADY
