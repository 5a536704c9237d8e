"""What an examination comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from schemas.configuration.problems import FileProblem
from schemas.errors import ConfigurationInvalid, EngineError


class Light(Enum):
    """How well something is; in the order of getting worse."""

    GREEN = "green"
    YELLOW = "yellow"
    """It works, and somebody should look soon."""
    RED = "red"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One thing that was looked at; no secret and nothing personal in it."""

    subject: str
    light: Light
    detail: str = ""
    remedy: str = ""


def good(subject: str, detail: str = "") -> Result:
    """Nothing to do."""
    return Result(subject=subject, light=Light.GREEN, detail=detail)


def doubtful(subject: str, detail: str, remedy: str) -> Result:
    """It works, but."""
    return Result(subject=subject, light=Light.YELLOW, detail=detail, remedy=remedy)


def bad(subject: str, detail: str, remedy: str) -> Result:
    """It does not work."""
    return Result(subject=subject, light=Light.RED, detail=detail, remedy=remedy)


def failed(subject: str, error: EngineError) -> tuple[Result, ...]:
    """An error of ours as results: a configuration's problems one by one."""
    if isinstance(error, ConfigurationInvalid) and error.problems:
        return problems(subject, error.problems)
    sentence = f"{error.code}: {error.sentence} {error.detail}".rstrip()
    return (bad(subject, sentence, error.remedy),)


def problems(subject: str, found: Iterable[FileProblem]) -> tuple[Result, ...]:
    """Each with its place."""
    return tuple(
        bad(subject, f"{_place(one)}: {one.sentence}", one.remedy) for one in found
    )


def worst(results: Iterable[Result]) -> Light:
    """The light of the whole."""
    order = list(Light)
    return max((one.light for one in results), key=order.index, default=Light.GREEN)


def _place(problem: FileProblem) -> str:
    return f"{problem.file}:{problem.line}" if problem.line else problem.file
