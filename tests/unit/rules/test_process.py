"""Which processes can be run, and what is said about the others."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.ids import StepName
from schemas.rules.process import (
    ACKNOWLEDGE,
    ARCHIVE,
    ASSIGN,
    CHECK,
    CLOSE,
    DELIVER,
    REVIEW,
    SCAN,
    STANDARD_PROCESS,
    VOCABULARY,
    Step,
    delivers,
    lacking,
    process_problems,
)

REVIEWED = (CHECK, SCAN, ACKNOWLEDGE, ASSIGN, REVIEW, DELIVER, ARCHIVE, CLOSE)
SHORTEST = (CHECK, ACKNOWLEDGE, ASSIGN, ARCHIVE, CLOSE)


def steps(text: str) -> tuple[StepName, ...]:
    """A process from one line."""
    return tuple(StepName(word) for word in text.split())


def can_be_run(process: tuple[StepName, ...]) -> bool:
    """The same rules, said in another way: what may come after what."""
    places = {name: [i for i, n in enumerate(process) if n == name] for name in process}
    single = all(len(found) == 1 for found in places.values())
    if not single or not set(SHORTEST) <= set(process):
        return False
    last = len(process) - 1
    ends = places[CHECK] == [0] and places[CLOSE] == [last]
    chain = (places[ACKNOWLEDGE][0], places[ASSIGN][0], places[ARCHIVE][0])
    delivering = places.get(DELIVER, [])
    return (
        ends
        and chain[0] < chain[1]
        and all(chain[1] < place < chain[2] for place in delivering)
        and all(chain[0] < place < chain[2] for place in places.get(REVIEW, []))
        and all(a < b for a in places.get(SCAN, []) for b in delivering)
    )


@pytest.mark.parametrize("process", [STANDARD_PROCESS, REVIEWED, SHORTEST])
def test_a_process_that_can_be_run_has_no_problem(
    process: tuple[StepName, ...],
) -> None:
    assert process_problems(process) == ()


@given(
    process=st.one_of(
        st.lists(st.sampled_from(VOCABULARY.runnable()), max_size=9).map(tuple),
        st.permutations(REVIEWED).map(tuple),
        st.permutations((*STANDARD_PROCESS, DELIVER)).map(tuple),
    )
)
@example(process=(*REVIEWED[:-2], DELIVER, ARCHIVE, CLOSE))
@example(process=steps("check acknowledge assign deliver archive deliver close"))
@example(process=steps("check acknowledge assign archive review close"))
def test_exactly_the_processes_that_can_be_run_have_no_problem(
    process: tuple[StepName, ...],
) -> None:
    assert (process_problems(process) == ()) is can_be_run(process)


@pytest.mark.parametrize(
    ("process", "path", "sentence"),
    [
        ("scan check acknowledge assign archive close", ("1",), "before `check`"),
        ("check acknowledge assign close archive", ("3",), "after `close`"),
        ("check review acknowledge assign archive close", ("1",), "before `ackn"),
        ("check acknowledge assign archive deliver close", ("3",), "before `deliv"),
        ("check acknowledge assign archive review close", ("3",), "before `rev"),
        ("check assign acknowledge archive close", ("1",), "`assign` stands before"),
        ("check acknowledge deliver assign archive close", ("2",), "before `assign`"),
        ("check acknowledge assign assign archive close", ("3",), "twice"),
        ("check assign archive close", (), "no `acknowledge`"),
        ("check acknowledge assign archive", (), "no `close`"),
        ("check acknowledge assign archvie archive close", ("3",), "no step `archv"),
        ("check acknowledge await assign archive close", ("2",), "cannot run it yet"),
        ("check acknowledge assign render archive close", ("3",), "cannot run it yet"),
        ("check acknowledge assign archive notify close", ("4",), "cannot run it yet"),
        ("check acknowledge assign Archive archive close", ("3",), "no step `Archive`"),
    ],
)
def test_a_violation_is_told_where_it_stands(
    process: str, path: tuple[str, ...], sentence: str
) -> None:
    problems = process_problems(steps(process))

    assert len(problems) == 1
    assert problems[0].path == path
    assert sentence in problems[0].sentence


def test_a_name_that_is_nearly_right_is_corrected() -> None:
    problems = process_problems((*SHORTEST[:-1], StepName("delivr"), CLOSE))

    assert problems[0].remedy == "Did you mean `deliver`?"


def test_every_violation_is_told_at_once() -> None:
    assert len(process_problems(steps("review foo notify deliver deliver"))) >= 7


def test_a_process_delivers_if_a_step_does() -> None:
    assert delivers(STANDARD_PROCESS)
    assert not delivers(SHORTEST)


def test_words_of_the_vocabulary_are_never_taken_out() -> None:
    """Cases of years ago name these. Add below; change nothing above."""
    first = "check scan acknowledge assign review render deliver archive await"

    assert tuple(step.name for step in VOCABULARY.steps)[:11] == steps(
        f"{first} notify close"
    )
    assert VOCABULARY.version == 1


def test_steps_that_this_version_lacks_are_named() -> None:
    named = [*STANDARD_PROCESS, StepName("await"), StepName("stamp")]

    assert lacking(named) == ("await", "stamp")
    assert lacking(STANDARD_PROCESS) == ()


def test_a_wider_vocabulary_allows_more() -> None:
    stamp = StepName("stamp")
    wider = replace(
        VOCABULARY,
        version=2,
        steps=(*VOCABULARY.steps, Step(name=stamp, can_wait=True)),
    )
    right = (CHECK, ACKNOWLEDGE, stamp, ASSIGN, ARCHIVE, CLOSE)
    wrong = (CHECK, stamp, ACKNOWLEDGE, ASSIGN, ARCHIVE, CLOSE)

    assert process_problems(right, wider) == ()
    assert len(process_problems(wrong, wider)) == 1
    assert len(process_problems(right)) == 1


def test_the_standard_process_is_in_the_order_of_the_vocabulary() -> None:
    order = [step.name for step in VOCABULARY.steps]

    assert all(
        order.index(one) < order.index(other)
        for one, other in pairwise(STANDARD_PROCESS)
    )
