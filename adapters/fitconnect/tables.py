"""The operator's tables: what is called how outside, and where replies go."""

from pathlib import Path
from typing import TypeVar

from adapters.fitconnect.events.problem_table import (
    PROBLEMS,
    ProblemTable,
    parse_problems,
    shipped_problems,
)
from adapters.fitconnect.replies.routes import (
    REPLIES,
    Routes,
    parse_routes,
    shipped_routes,
)
from schemas.checking.outside import Meanings
from schemas.checking.outside_file import MEANINGS, parse_meanings, shipped_meanings
from schemas.configuration.problems import FileProblem
from schemas.configuration.source import ConfigFile
from schemas.errors import ConfigurationInvalid

T = TypeVar("T")


def meanings_of(folder: Path | None) -> Meanings:
    """What findings mean outside. Blocks; raises ConfigurationInvalid."""
    file = _file(folder, MEANINGS)
    return shipped_meanings() if file is None else _usable(parse_meanings(file))


def problems_of(folder: Path | None) -> ProblemTable:
    """What our codes are in FIT-Connect. Blocks; raises ConfigurationInvalid."""
    file = _file(folder, PROBLEMS)
    return shipped_problems() if file is None else _usable(parse_problems(file))


def routes_of(folder: Path | None) -> Routes:
    """How replies go over FIT-Connect. Blocks; raises ConfigurationInvalid."""
    file = _file(folder, REPLIES)
    return shipped_routes() if file is None else _usable(parse_routes(file))


def _file(folder: Path | None, name: str) -> ConfigFile | None:
    if folder is None or not (folder / name).exists():
        return None
    try:
        return ConfigFile(file=name, raw=(folder / name).read_bytes())
    except OSError as error:
        unread = FileProblem(
            file=name,
            line=0,
            sentence="It cannot be read.",
            remedy="Let the user who runs Amtsweg read it.",
        )
        raise ConfigurationInvalid(problems=(unread,)) from error


def _usable(verdict: T | tuple[FileProblem, ...]) -> T:
    if isinstance(verdict, tuple):
        raise ConfigurationInvalid(problems=verdict)
    return verdict
