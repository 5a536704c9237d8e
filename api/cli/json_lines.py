"""On which line of a JSON text each value stands; parsers tell values only."""

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r'(?P<mark>[{}\[\],])|(?P<string>"(?:[^"\\]|\\.)*+")|(?P<other>[^\s{}\[\],:"]++)'
)
_INNER: Final = ("}", "]", ",")
"""Only within something that is open."""


def line_of(lines: Mapping[str, int], pointer: str) -> int:
    """The line of a value, or of the nearest one around it; 0 where nothing is."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 0)


def lines_of(text: str) -> Mapping[str, int]:
    """Pointer → line, from 1; as far as the text is JSON."""
    ends = [at for at, character in enumerate(text) if character == "\n"]
    scan = _Scan()
    for token in _TOKEN.finditer(text):
        if not scan.take(token, bisect_left(ends, token.start()) + 1):
            break
    return scan.lines


@dataclass(kw_only=True, slots=True)
class _Level:
    """An object or a list that is open; ``at`` is the pointer of its current value."""

    pointer: str
    is_list: bool
    index: int = 0
    at: str = ""
    has_key: bool = False


class _Scan:
    """What is open, and what has been seen."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._open: list[_Level] = []

    def take(self, token: re.Match[str], line: int) -> bool:
        """False where no more is to be expected."""
        if not self._open and token["mark"] in _INNER:
            return False
        match token["mark"]:
            case "{" | "[" as mark:
                self._value(line)
                level = _Level(pointer=self._here(), is_list=mark == "[")
                self._open.append(level)
            case "}" | "]":
                self._open.pop()
                return bool(self._open)
            case ",":
                self._open[-1].index += 1
                self._open[-1].has_key = False
            case _:
                self._word(token, line)
        return bool(self._open)

    def _word(self, token: re.Match[str], line: int) -> None:
        top = self._open[-1] if self._open else None
        if top and not top.is_list and not top.has_key and token["string"]:
            name = _name(token["string"])
            top.at = f"{top.pointer}/{name}"
            top.has_key = True
            self.lines.setdefault(top.at, line)
        else:
            self._value(line)

    def _value(self, line: int) -> None:
        """A list's element, or the whole, stands where it begins."""
        if not self._open:
            self.lines[""] = line
        elif self._open[-1].is_list:
            top = self._open[-1]
            top.at = f"{top.pointer}/{top.index}"
            self.lines.setdefault(top.at, line)

    def _here(self) -> str:
        return self._open[-1].at if self._open else ""


def _name(string: str) -> str:
    try:
        name = str(json.loads(string, strict=False))
    except ValueError:
        return "*"
    return name.replace("~", "~0").replace("/", "~1")
