"""What the files of the folder have beyond plain values: ids, spans, sections."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Final, Generic, TypeVar

from schemas.configuration.problems import ConfigProblem
from schemas.fields import Fields
from schemas.services import Setting

ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ID_REMEDY: Final = (
    "Use up to 40 lower-case letters a to z, digits, hyphens and underscores."
)
_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS: Final = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_LONGEST_NAME: Final = 200

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft(Generic[T_co]):
    """A value with stand-ins where there are problems; good only without any."""

    value: T_co
    problems: tuple[ConfigProblem, ...]


class Entries(Fields):
    """Reads a table of the folder key by key."""

    def section(self, name: str) -> Mapping[str, Setting]:
        """A table to be read by itself; empty when it is missing."""
        value = self._take(name, {})
        if isinstance(value, Mapping):
            return value
        header = ".".join((*self._path, name))
        self.wrong(name, f"`{name}` is not a table.", f"Write a [{header}] section.")
        return {}

    def given(self, name: str, read: Callable[[str], T]) -> T | None:
        """What ``read`` makes of a key that need not be there."""
        self._known.add(name)
        return read(name) if name in self else None

    def wrong_element(
        self, name: str, position: int, *, sentence: str, remedy: str
    ) -> None:
        """Note a problem of one element of the list ``name``."""
        self._problems.append(
            ConfigProblem(
                path=(*self._path, name, str(position)),
                sentence=sentence,
                remedy=remedy,
            )
        )

    def title(self, name: str) -> str:
        """A name for people, in one line."""
        value = self.text(name).strip()
        if not value.isprintable() or len(value) > _LONGEST_NAME:
            self.wrong(
                name,
                f"`{name}` is too long, or holds control characters.",
                f"Write one line of at most {_LONGEST_NAME} characters.",
            )
        return value

    def id(self, name: str, default: str | None = None) -> str:
        """A name for machines: part of paths, queues and addresses."""
        value = self.text(name, default)
        if value and not ID.fullmatch(value):
            self.wrong(name, f"`{name}` is not a plain name.", ID_REMEDY)
        return value

    def span(
        self, name: str, *, default: timedelta | None, least: timedelta
    ) -> timedelta:
        """A time span like "30d"; a month is no span, it has no fixed length."""
        self._known.add(name)
        if name not in self and default is not None:
            return default
        value = self._take(name, None)
        found = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if found is not None:
            span = int(found.group(1)) * _UNITS[found.group(2)]
            if span >= least:
                return span
        if value is not None:
            self.wrong(
                name,
                f"`{name}` is not a time span of at least {_said(least)}.",
                'Write "30d" for days or "6w" for weeks; count months in days.',
            )
        return least

    def whole(self, name: str, *, default: int, most: int) -> int:
        """A whole number from 1."""
        value = self._take(name, default)
        if isinstance(value, int) and value is not True and 1 <= value <= most:
            return value
        self.wrong(
            name,
            f"`{name}` is not a whole number from 1 to {most}.",
            f"Write a number in these bounds; the default is {default}.",
        )
        return default


def nearest(word: str, words: Iterable[str]) -> str:
    """A remedy: the word that was probably meant, or all there are."""
    known = sorted(words)
    near = get_close_matches(word, known, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"There are: {', '.join(known)}." if known else "There is none yet."


def _said(span: timedelta) -> str:
    return "one day" if span >= timedelta(days=1) else "one hour"
