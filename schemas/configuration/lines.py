"""On which line each key of a TOML text stands; tomllib reads values only."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from schemas.configuration.problems import KeyPath

_BLANK: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_DOT: Final = re.compile(r"(?:[ \t]*\.[ \t]*)?")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
# Longest first. Three quotes end a multi-line string, and up to two more belong to it.
_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_OTHER_VALUE: Final = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """The line of every key, table and list element of a *valid* TOML text.

    A table that has a header of its own stands there, any other where it is first
    mentioned. Lines count from 1, as tomllib's and editors' do.
    """
    return _Scan(text.replace("\r\n", "\n")).document()


def line_at(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, or of the nearest table around it that is there."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scan:
    """One walk over the text; ``_at`` is the next character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [i for i, character in enumerate(text) if character == "\n"]
        self._lines: dict[KeyPath, int] = {}
        self._sizes: dict[KeyPath, int] = {}
        """How many ``[[tables]]`` each array has so far."""

    def document(self) -> Mapping[KeyPath, int]:
        table: KeyPath = ()
        self._take(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._entry(table)
            self._take(_BLANK)
        return self._lines

    def _header(self) -> KeyPath:
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        line = self._line()
        self._at += brackets
        *outer, last = self._key()
        self._take(_SPACE)
        self._at += brackets
        path: KeyPath = ()
        for part in outer:
            path = (*path, part)
            self._lines.setdefault(path, line)
            if path in self._sizes:
                path = (*path, str(self._sizes[path] - 1))
        path = (*path, last)
        if brackets == 1:
            self._lines[path] = line
            return path
        self._lines.setdefault(path, line)
        size = self._sizes.get(path, 0)
        self._sizes[path] = size + 1
        path = (*path, str(size))
        self._lines[path] = line
        return path

    def _entry(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self._lines.setdefault(path, line)
        self._take(_SPACE)
        self._at += len("=")
        self._take(_SPACE)
        self._value(path)

    def _key(self) -> KeyPath:
        parts = [self._key_part()]
        while self._take(_DOT):
            parts.append(self._key_part())
        return tuple(parts)

    def _key_part(self) -> str:
        if self._text[self._at] not in "\"'":
            return self._take(_BARE_KEY)
        quoted = self._take(_STRING)
        key: str = tomllib.loads(f"key = {quoted}")["key"]
        return key

    def _value(self, path: KeyPath) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self._take(_STRING if opening in "\"'" else _OTHER_VALUE)

    def _list(self, path: KeyPath) -> None:
        self._open()
        size = 0
        while self._text[self._at] != "]":
            element = (*path, str(size))
            self._lines[element] = self._line()
            self._value(element)
            self._separate()
            size += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._open()
        while self._text[self._at] != "}":
            self._entry(path)
            self._separate()
        self._at += 1

    def _open(self) -> None:
        self._at += 1
        self._take(_BLANK)

    def _separate(self) -> None:
        self._take(_BLANK)
        if self._text[self._at] == ",":
            self._open()

    def _line(self) -> int:
        return bisect_left(self._ends, self._at) + 1

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            # tomllib has read the text, so this is ours; going on would never end.
            raise RuntimeError(f"no {pattern.pattern} at {self._at}")
        self._at = found.end()
        return found.group()
