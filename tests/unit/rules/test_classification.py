"""The kind of an error decides who has to act."""

from collections.abc import Iterator

import pytest

from schemas import errors
from schemas.errors import (
    CounterpartAway,
    EngineError,
    FailureKind,
    KeyMissing,
    MalformedTrackingId,
    StorageFull,
)
from schemas.rules.classification import BUG, TIMEOUT, classify
from schemas.steps import Away, Isolate, Refuse


def tree(root: type[EngineError]) -> Iterator[type[EngineError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


EVERY_ERROR = sorted(
    {kind for kind in tree(EngineError) if kind.__module__ == errors.__name__},
    key=lambda kind: kind.__name__,
)
RESULTS = {
    FailureKind.SENDER: Refuse,
    FailureKind.AWAY: Away,
    FailureKind.OURS: Isolate,
}


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda kind: kind.__name__)
def test_every_error_goes_where_its_kind_says(kind: type[EngineError]) -> None:
    result = classify(kind("detail"), counterpart="archive")

    assert type(result) is RESULTS[kind.kind]


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in EVERY_ERROR]

    assert len(codes) == len(set(codes))


def test_a_sender_is_told_the_code_and_nothing_of_the_detail() -> None:
    result = classify(MalformedTrackingId("Erika"), counterpart="")

    assert isinstance(result, Refuse)
    [problem] = result.problems
    assert problem.code == MalformedTrackingId.code
    assert "Erika" not in repr(problem)


def test_a_counterpart_that_is_away_pauses_at_once() -> None:
    result = classify(CounterpartAway(), counterpart="archive")

    assert result == Away(counterpart="archive", code="E-AWAY", whole=True)


@pytest.mark.parametrize("error", [KeyMissing(), StorageFull()])
def test_what_is_ours_is_isolated_under_its_code(error: EngineError) -> None:
    assert classify(error, counterpart="") == Isolate(code=error.code)


@pytest.mark.parametrize("error", [ValueError("Erika"), KeyError(3), OSError(5, "x")])
def test_what_is_no_error_of_ours_is_a_bug_of_ours(error: Exception) -> None:
    assert classify(error, counterpart="") == Isolate(code=BUG)


def test_a_step_that_took_too_long_is_isolated() -> None:
    assert classify(TimeoutError(), counterpart="") == Isolate(code=TIMEOUT)
