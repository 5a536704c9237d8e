"""The steps there are, and which processes can be run with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from schemas.configuration.problems import ConfigProblem
from schemas.ids import StepName

CHECK: Final = StepName("check")
SCAN: Final = StepName("scan")
ACKNOWLEDGE: Final = StepName("acknowledge")
ASSIGN: Final = StepName("assign")
REVIEW: Final = StepName("review")
RENDER: Final = StepName("render")
DELIVER: Final = StepName("deliver")
ARCHIVE: Final = StepName("archive")
AWAIT: Final = StepName("await")
NOTIFY: Final = StepName("notify")
CLOSE: Final = StepName("close")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A word of the vocabulary."""

    name: StepName
    can_wait: bool = False
    """A case may rest in it for days."""
    has_effect: bool = False
    """Something outside our database is different afterwards."""
    built: bool = True
    """This version can run it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The steps that a process may name.

    Append-only: old cases name the steps of their day. A new step raises the
    version; none is ever renamed or taken out.
    """

    version: int
    steps: tuple[Step, ...]

    def find(self, name: StepName) -> Step | None:
        """The step of this name."""
        return next((step for step in self.steps if step.name == name), None)

    def runnable(self) -> tuple[StepName, ...]:
        """The names this version can run."""
        return tuple(step.name for step in self.steps if step.built)


VOCABULARY: Final = Vocabulary(
    version=1,
    steps=(
        Step(name=CHECK),
        Step(name=SCAN),
        Step(name=ACKNOWLEDGE, has_effect=True),
        Step(name=ASSIGN),
        Step(name=REVIEW, can_wait=True),
        Step(name=RENDER, built=False),
        Step(name=DELIVER, can_wait=True, has_effect=True),
        Step(name=ARCHIVE, has_effect=True),
        Step(name=AWAIT, can_wait=True, built=False),
        Step(name=NOTIFY, has_effect=True, built=False),
        Step(name=CLOSE),
    ),
)
STANDARD_PROCESS: Final = (CHECK, SCAN, ACKNOWLEDGE, ASSIGN, DELIVER, ARCHIVE, CLOSE)
_REQUIRED: Final = (CHECK, ACKNOWLEDGE, ASSIGN, ARCHIVE, CLOSE)
_BEFORE: Final = (
    (ACKNOWLEDGE, ASSIGN, "The sender's receipt comes before we look for an office."),
    (SCAN, DELIVER, "Nothing leaves the house unscanned."),
    (ASSIGN, DELIVER, "Only `assign` knows where to deliver."),
)


def delivers(process: Iterable[StepName]) -> bool:
    """Whether a process sends anything to a destination."""
    return DELIVER in process


def lacking(
    named: Iterable[StepName], vocabulary: Vocabulary = VOCABULARY
) -> tuple[StepName, ...]:
    """Steps that (open cases) name and this version cannot run."""
    return tuple(sorted(set(named) - set(vocabulary.runnable())))


def process_problems(
    process: tuple[StepName, ...], vocabulary: Vocabulary = VOCABULARY
) -> tuple[ConfigProblem, ...]:
    """Why a process cannot be run; paths start at the process itself."""
    return (
        *_missing(process),
        *_names(process, vocabulary),
        *_repeated(process),
        *_ends(process),
        *_order(process, vocabulary),
    )


def _missing(process: tuple[StepName, ...]) -> Iterable[ConfigProblem]:
    for name in _REQUIRED:
        if name not in process:
            yield _problem(
                None,
                f"The process has no `{name}`, which no case can do without.",
                f'Add "{name}", or write process = "standard".',
            )


def _names(
    process: tuple[StepName, ...], vocabulary: Vocabulary
) -> Iterable[ConfigProblem]:
    runnable = vocabulary.runnable()
    for position, name in enumerate(process):
        step = vocabulary.find(name)
        if step is None:
            near = get_close_matches(name, runnable, n=1)
            yield _problem(
                position,
                f"There is no step `{name}`.",
                f"Did you mean `{near[0]}`?"
                if near
                else f"Steps are: {', '.join(runnable)}.",
            )
        elif not step.built:
            yield _problem(
                position,
                f"The step `{name}` is known, but this version cannot run it yet.",
                "Remove it until a version has it.",
            )


def _repeated(process: tuple[StepName, ...]) -> Iterable[ConfigProblem]:
    for position, name in enumerate(process):
        if name in process[:position]:
            yield _problem(
                position, f"The step `{name}` stands here twice.", "Remove one of them."
            )


def _ends(process: tuple[StepName, ...]) -> Iterable[ConfigProblem]:
    if CHECK in process[1:] and process[0] != CHECK:
        yield _problem(
            process.index(CHECK),
            "Another step stands before `check`.",
            "Put `check` first; nothing may happen to what was not checked.",
        )
    if CLOSE in process[:-1] and process[-1] != CLOSE:
        yield _problem(
            process.index(CLOSE),
            "Another step stands after `close`.",
            "Put `close` last; nothing happens to a closed case.",
        )


def _order(
    process: tuple[StepName, ...], vocabulary: Vocabulary
) -> Iterable[ConfigProblem]:
    last = {name: position for position, name in enumerate(process)}
    for first, then, why in (*_BEFORE, *_because_of_waiting(vocabulary)):
        if then in process[: last.get(first, 0)]:
            yield _problem(
                process.index(then),
                f"`{then}` stands before `{first}`. {why}",
                f"Put `{first}` before `{then}`.",
            )


def _because_of_waiting(
    vocabulary: Vocabulary,
) -> Iterable[tuple[StepName, StepName, str]]:
    for step in vocabulary.steps:
        if step.can_wait:
            yield ACKNOWLEDGE, step.name, "The sender's receipt must not wait for it."
            yield step.name, ARCHIVE, "The archive keeps what came of it, too."


def _problem(position: int | None, sentence: str, remedy: str) -> ConfigProblem:
    path = () if position is None else (str(position),)
    return ConfigProblem(path=path, sentence=sentence, remedy=remedy)
