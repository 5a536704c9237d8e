"""What is done next about a delivery: never simply repeat what may have happened."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import Certainty
from schemas.rules.attempts import (
    AskCounterpart,
    CallUnknown,
    LeaveToPerson,
    Move,
    Try,
    next_move,
)
from schemas.rules.waits import SETTLE
from schemas.work import Attempt
from tests.cases import NOW


def attempts(*outcomes: str) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(
            number=number,
            epoch=1,
            started_at=NOW + number * timedelta(hours=1),
            outcome=outcome,
            code="",
        )
        for number, outcome in enumerate(outcomes, start=1)
    )


histories = st.lists(st.sampled_from(["failed", "unknown", "open"]), max_size=6).map(
    lambda outcomes: attempts(*outcomes)
)
certainties = st.sampled_from(Certainty)


@pytest.mark.parametrize("certainty", Certainty)
def test_the_first_attempt_is_simply_made(certainty: Certainty) -> None:
    assert next_move((), certainty, settle=SETTLE) == Try(number=1)


@pytest.mark.parametrize("certainty", Certainty)
def test_after_a_failure_the_next_one_is_made(certainty: Certainty) -> None:
    history = attempts("failed", "failed")

    assert next_move(history, certainty, settle=SETTLE) == Try(number=3)


@pytest.mark.parametrize("certainty", Certainty)
def test_an_attempt_found_open_is_called_unknown_first(certainty: Certainty) -> None:
    history = attempts("failed", "open")

    assert next_move(history, certainty, settle=SETTLE) == CallUnknown(number=2)


def test_an_idempotent_counterpart_gets_the_same_again() -> None:
    move = next_move(attempts("unknown"), Certainty.IDEMPOTENT, settle=SETTLE)

    assert move == Try(number=2)


def test_one_that_can_be_asked_is_asked_once_a_late_call_must_be_there() -> None:
    history = attempts("failed", "unknown")

    move = next_move(history, Certainty.CAN_BE_ASKED, settle=SETTLE)

    assert move == AskCounterpart(number=2, not_before=history[1].started_at + SETTLE)


def test_where_nobody_can_know_a_person_decides() -> None:
    move = next_move(attempts("unknown"), Certainty.NEITHER, settle=SETTLE)

    assert move == LeaveToPerson(number=1)


@given(histories, certainties)
def test_nothing_that_may_have_arrived_is_sent_again_unless_ids_are_honoured(
    history: tuple[Attempt, ...], certainty: Certainty
) -> None:
    move = next_move(history, certainty, settle=SETTLE)

    if history and history[-1].outcome in {"open", "unknown"}:
        repeats = isinstance(move, Try)
        honoured = certainty is Certainty.IDEMPOTENT
        assert not repeats or (honoured and history[-1].outcome == "unknown")


@given(histories, certainties)
def test_every_try_is_a_new_attempt_and_every_question_is_about_the_last(
    history: tuple[Attempt, ...], certainty: Certainty
) -> None:
    move = next_move(history, certainty, settle=SETTLE)

    assert type(move) in get_args(Move)
    assert move.number == len(history) + isinstance(move, Try)
