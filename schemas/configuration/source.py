"""A file of the folder, read as TOML: plain values, and the line of each."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from schemas.configuration.lines import line_at, lines_of
from schemas.configuration.problems import ConfigProblem, FileProblem, KeyPath
from schemas.services import Setting

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_SAVE_AS: Final = "Save the file as UTF-8 without BOM; most editors ask when saving."


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigFile:
    """A file's name within the folder, ``services/wohngeld.toml``, and its bytes."""

    file: str
    raw: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What a file says. Where a value cannot be used, a stand-in is in its place."""

    file: str
    values: Mapping[str, Setting]
    lines: Mapping[KeyPath, int]
    problems: tuple[ConfigProblem, ...]

    def placed(self, problem: ConfigProblem) -> FileProblem:
        """The problem with file and line."""
        return FileProblem(
            file=self.file,
            line=line_at(self.lines, problem.path),
            sentence=problem.sentence,
            remedy=problem.remedy,
        )

    def all_problems(self, said: Iterable[ConfigProblem]) -> tuple[FileProblem, ...]:
        """Its own and what its reader said, by line; at one place the first only."""
        heard = {problem.path for problem in self.problems}
        news = [problem for problem in said if problem.path not in heard]
        found = [self.placed(one) for one in (*self.problems, *news)]
        return tuple(sorted(found, key=lambda one: one.line))


Reading: TypeAlias = Document | FileProblem


def read(file: ConfigFile) -> Reading:
    """The document, or why it is none."""
    if file.raw.startswith(_UTF8_MARK):
        return _problem(file, 1, "The file begins with a byte order mark.", _SAVE_AS)
    if file.raw.startswith(_UTF16_MARKS):
        return _problem(file, 1, "The file is written in UTF-16.", _SAVE_AS)
    try:
        text = file.raw.decode()
    except UnicodeDecodeError as error:
        line = file.raw.count(b"\n", 0, error.start) + 1
        return _problem(file, line, "This line is not written in UTF-8.", _SAVE_AS)
    try:
        table, lines = tomllib.loads(text), lines_of(text)
    except RecursionError:
        return _problem(
            file, 0, "Its lists or tables are nested too deeply.", "Make them flatter."
        )
    except ValueError as error:
        return _syntax(file, text, str(error))
    found: list[ConfigProblem] = []
    values = {key: _plain(value, (key,), found) for key, value in table.items()}
    return Document(file=file.file, values=values, lines=lines, problems=tuple(found))


def _syntax(file: ConfigFile, text: str, message: str) -> FileProblem:
    place = _PLACE.search(message)
    if place is None:
        line, what = 0, "a number is too long"
    else:
        last = text.rstrip().count("\n") + 1
        line, what = int(place.group(1) or last), message[: place.start()]
    return _problem(
        file,
        line,
        f"This is not TOML: {what[:1].lower()}{what[1:]}.",
        "Correct the line; texts stand in double quotes, lists in brackets.",
    )


def _problem(file: ConfigFile, line: int, sentence: str, remedy: str) -> FileProblem:
    return FileProblem(file=file.file, line=line, sentence=sentence, remedy=remedy)


def _plain(value: object, path: KeyPath, found: list[ConfigProblem]) -> Setting:
    match value:
        case dict():
            return {key: _plain(v, (*path, key), found) for key, v in value.items()}
        case list():
            return tuple(_plain(v, (*path, str(i)), found) for i, v in enumerate(value))
        case float() if not math.isfinite(value):
            return _stand_in(path, found)
        case str() | bool() | int() | float():
            return value
        case _:
            return _stand_in(path, found)


def _stand_in(path: KeyPath, found: list[ConfigProblem]) -> Setting:
    found.append(
        ConfigProblem(
            path=path,
            sentence="Dates, times, nan and inf cannot be used here.",
            remedy="Put the value in double quotes if it is meant as text.",
        )
    )
    return "?"
