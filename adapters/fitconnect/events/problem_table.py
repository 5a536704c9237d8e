"""The table of problems: the shipped one, and what an operator changes in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from schemas.configuration.entries import Entries, nearest
from schemas.configuration.problems import ConfigProblem, FileProblem
from schemas.configuration.source import ConfigFile, Document, read
from schemas.errors import ConfigurationInvalid
from schemas.services import Setting

PROBLEMS: Final = "fitconnect-problems.toml"
"""The operator's file, in the folder of the configuration."""
ATTACHMENT: Final = "{attachment}"
OF_ATTACHMENT: Final = f"attachment:{ATTACHMENT}"

_SHIPPED: Final = Path(__file__).with_name("problems.toml")
_TYPE: Final = re.compile(r"https://[!-~]{1,200}")
_INSTANCES: Final = ("submission", "metadata", "data", "other", OF_ATTACHMENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemMeaning:
    """A code of ours in FIT-Connect's words, and in people's."""

    type: str
    instance: str
    """Holds ``{attachment}`` where it is about one."""
    title: str
    confirmed: bool
    german: str
    english: str


ProblemTable: TypeAlias = Mapping[str, ProblemMeaning]
"""By our code."""
Verdict: TypeAlias = ProblemTable | tuple[FileProblem, ...]

_BLANK: Final = ProblemMeaning(
    type="", instance="", title="", confirmed=False, german="", english=""
)


@cache
def shipped_problems() -> ProblemTable:
    """The table as this version ships it."""
    file = ConfigFile(file=_SHIPPED.name, raw=_SHIPPED.read_bytes())
    table = _parse(file, {})
    if isinstance(table, tuple):
        raise ConfigurationInvalid(problems=table)
    return table


def parse_problems(file: ConfigFile) -> Verdict:
    """The shipped table with what the file replaces, or the file's problems."""
    return _parse(file, shipped_problems())


def _parse(file: ConfigFile, known: ProblemTable) -> Verdict:
    """``known`` are the codes there are; none: any."""
    document = read(file)
    if isinstance(document, FileProblem):
        return (document,)
    table, said = _table(document, known)
    return document.all_problems(said) or table


def _table(
    document: Document, known: ProblemTable
) -> tuple[ProblemTable, list[ConfigProblem]]:
    top = Entries(document.values)
    table = dict(known)
    problems: list[ConfigProblem] = []
    for code in document.values:
        entry = _Entry(top.section(code), code)
        table[code] = entry.meaning(known.get(code, _BLANK))
        problems.extend(entry.finish())
        if known and code not in known:
            top.wrong(code, f"There is no problem `{code}`.", nearest(code, known))
    return table, [*top.finish(), *problems]


class _Entry(Entries):
    """One problem; what it does not say stays as it was."""

    def __init__(self, values: Mapping[str, Setting], code: str) -> None:
        super().__init__(values, code)

    def meaning(self, before: ProblemMeaning) -> ProblemMeaning:
        """The shipped file says everything, since nothing was before it."""
        return ProblemMeaning(
            type=self._address(before.type),
            instance=self._instance(before.instance),
            title=self._line("title", before.title),
            confirmed=self._flag(before),
            german=self._line("german", before.german),
            english=self._line("english", before.english),
        )

    def _line(self, name: str, before: str) -> str:
        if before and name not in self:
            self._known.add(name)
            return before
        return self.title(name)

    def _address(self, before: str) -> str:
        value = self._line("type", before)
        if value and not _TYPE.fullmatch(value):
            self.wrong(
                "type", "`type` is no address.", "Write the whole one, https://…"
            )
        return value

    def _instance(self, before: str) -> str:
        value = self._line("instance", before)
        if value and value not in _INSTANCES:
            self.wrong(
                "instance",
                "`instance` has an unknown value.",
                f"Use one of {', '.join(_INSTANCES)}.",
            )
        return value

    def _flag(self, before: ProblemMeaning) -> bool:
        value = self._take("confirmed", before.confirmed)
        if isinstance(value, bool):
            return value
        self.wrong(
            "confirmed", "`confirmed` is neither true nor false.", "Write one of them."
        )
        return False
