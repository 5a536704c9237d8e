"""Reads tables of meanings: the shipped one, and what an operator changes in it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from schemas.checking.outside import (
    NOTHING,
    FaultName,
    FitConnectProblem,
    Instance,
    Meaning,
    Meanings,
    ReturnReason,
    XtaFault,
)
from schemas.configuration.entries import Draft, Entries, nearest
from schemas.configuration.problems import ConfigProblem, FileProblem, KeyPath
from schemas.configuration.source import ConfigFile, Document, read
from schemas.errors import ConfigurationInvalid
from schemas.services import Setting

MEANINGS: Final = "meanings.toml"
"""The operator's file, in the folder of the configuration."""

_TYPE: Final = re.compile(r"https://[!-~]{1,200}")
_REASON: Final = re.compile(r"[A-Z][0-9]{3}")
_FAULT: Final = re.compile(r"9[0-9]{3}")

_SHIPPED: Final = Path(__file__).with_name("outside.toml")

Verdict: TypeAlias = Meanings | tuple[FileProblem, ...]


@cache
def shipped_meanings() -> Meanings:
    """The table as this version ships it."""
    read = _parse(ConfigFile(file=_SHIPPED.name, raw=_SHIPPED.read_bytes()), {})
    if isinstance(read, tuple):
        raise ConfigurationInvalid(problems=read)
    return read


def parse_meanings(file: ConfigFile) -> Verdict:
    """The shipped table with the columns that the file replaces, or its problems."""
    return _parse(file, shipped_meanings())


def _parse(file: ConfigFile, known: Meanings) -> Verdict:
    """``known`` are the rules there are; none: any."""
    document = read(file)
    if isinstance(document, FileProblem):
        return (document,)
    draft = _table(document, known)
    return document.all_problems(draft.problems) or draft.value


def _table(document: Document, known: Meanings) -> Draft[dict[str, Meaning]]:
    top = Entries(document.values)
    meanings = dict(known)
    problems: list[ConfigProblem] = []
    for rule in document.values:
        draft = _meaning(top.section(rule), (rule,))
        meanings[rule] = known.get(rule, NOTHING).but(draft.value)
        problems.extend(draft.problems)
        if known and rule not in known:
            top.wrong(rule, f"There is no rule `{rule}`.", nearest(rule, known))
    return Draft(value=meanings, problems=(*top.finish(), *problems))


def _meaning(values: Mapping[str, Setting], path: KeyPath) -> Draft[Meaning]:
    columns = Entries(values, *path)
    problems: list[ConfigProblem] = []

    def column(name: str) -> "_Column":
        return _Column(columns.section(name), *path, name)

    fit = columns.given("fit_connect", column)
    xoev = columns.given("xoev", column)
    xta = columns.given("xta", column)
    meaning = Meaning(
        fit_connect=_problem(fit) if fit else None,
        xoev=_reason(xoev) if xoev else None,
        xta=_fault(xta) if xta else None,
    )
    for one in (fit, xoev, xta):
        problems.extend(one.finish() if one else ())
    return Draft(value=meaning, problems=(*columns.finish(), *problems))


class _Column(Entries):
    """One column of one rule."""

    def fitting(self, name: str, pattern: re.Pattern[str], remedy: str) -> str:
        """A text of a form that a standard prescribes."""
        text = self.text(name)
        if text and not pattern.fullmatch(text):
            self.wrong(name, f"`{name}` does not have the form it must have.", remedy)
        return text

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false; without a default it must be said."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.wrong(name, f"`{name}` is neither true nor false.", "Write one.")
        return False


def _problem(column: _Column) -> FitConnectProblem:
    return FitConnectProblem(
        type=column.fitting("type", _TYPE, "Write the whole address, https://…"),
        instance=column.choice("instance", Instance, default=None),
        title=column.title("title"),
        confirmed=column.flag("confirmed"),
    )


def _reason(column: _Column) -> ReturnReason:
    return ReturnReason(
        code=column.fitting("code", _REASON, 'Write it like "X001".'),
        names_rules=column.flag("names_rules", default=False),
        confirmed=column.flag("confirmed"),
    )


def _fault(column: _Column) -> XtaFault:
    return XtaFault(
        name=column.choice("name", FaultName, default=None),
        code=column.fitting("code", _FAULT, 'Write it like "9050".'),
        confirmed=column.flag("confirmed"),
    )
