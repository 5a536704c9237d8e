"""How commands print: tables and JSON on stdout, progress and notes on stderr."""

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TextIO, TypeAlias

from schemas.clock import BERLIN

Json: TypeAlias = (
    str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
)

_GAP: Final = "  "
_WIDE: Final = "WF"
_REST_SECONDS: Final = 5.0
"""Without a terminal, progress is a line every so often."""


def say(text: str = "") -> None:
    """To whoever reads the result."""
    _write(sys.stdout, f"{text}\n")


def note(text: str) -> None:
    """To whoever watches; never part of the result."""
    _write(sys.stderr, f"{text}\n")


def say_json(value: Json) -> None:
    """The same for a program."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def say_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need to be; numbers stand to the right."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [
        max(width(title), *(width(row[at]) for row in cells), 0)
        for at, title in enumerate(titles)
    ]
    right = [
        bool(cells) and all(_is_number(row[at]) for row in cells)
        for at in range(len(titles))
    ]
    for row in [list(titles), *cells]:
        padded = (
            _pad(cell, widths[at], right=right[at]) for at, cell in enumerate(row)
        )
        say(_GAP.join(padded).rstrip())


def say_fields(fields: Sequence[tuple[str, str]]) -> None:
    """Names and values, one to a line; what is empty is left out."""
    shown = [(name, plain(value)) for name, value in fields if value]
    longest = max((width(name) for name, _ in shown), default=0)
    for name, value in shown:
        say(f"{_pad(name, longest, right=False)}{_GAP}{value}")


def plain(text: str) -> str:
    """One line without control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def width(text: str) -> int:
    """Columns on a terminal: an umlaut is one, however it is written."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in _WIDE
        else 1
        for character in text
    )


def local(moment: datetime | None) -> str:
    """As people in Germany write it; "" for never."""
    return f"{moment.astimezone(BERLIN):%d.%m.%Y %H:%M:%S}" if moment else ""


def stamp(moment: datetime | None) -> str | None:
    """For programs: ISO 8601 with the offset that people see."""
    return moment.astimezone(BERLIN).isoformat() if moment else None


def span(length: timedelta) -> str:
    """Roughly how long: ``3 d 4 h``, ``12 min``, ``8 s``."""
    seconds = max(0, int(length.total_seconds()))
    days, hours = seconds // 86_400, seconds % 86_400 // 3_600
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {seconds % 3_600 // 60} min"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"  # noqa: PLR2004 - a minute


class Progress:
    """How far long work is: one line on a terminal, a line now and then elsewhere."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._on_terminal = self._stream.isatty()
        self._shown = ""
        self._owed = ""
        self._last = -_REST_SECONDS

    def show(self, text: str) -> None:
        """Say how far it is; the same again says nothing."""
        if text == self._shown:
            return
        if self._on_terminal:
            blank = " " * max(0, width(self._shown) - width(text))
            _write(self._stream, f"\r{text}{blank}")
        elif self._clock() - self._last >= _REST_SECONDS:
            self._last = self._clock()
            self._owed = ""
            _write(self._stream, f"{text}\n")
        else:
            self._owed = text
        self._shown = text

    def end(self) -> None:
        """Leave the line; elsewhere, say what has not been said."""
        if self._on_terminal and self._shown:
            _write(self._stream, "\n")
        if self._owed:
            _write(self._stream, f"{self._owed}\n")
        self._shown = self._owed = ""


def _write(stream: TextIO, text: str) -> None:
    """In whatever letters the terminal has."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()


def _pad(text: str, to: int, *, right: bool) -> str:
    blank = " " * (to - width(text))
    return blank + text if right else text + blank


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).isdecimal()
