"""Whether a document can be read at all, fed piece by piece, nothing resolved."""

import json
from typing import Final, Protocol

from lxml import etree

from schemas.limits import MIB
from schemas.states import Problem

MAX_JSON_BYTES: Final = 64 * MIB


class WellFormedCheck(Protocol):
    """Takes a document's bytes in order, then says what is wrong with it."""

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        ...

    def close(self) -> tuple[Problem, ...]:
        """What the sender must correct; never a value from the document."""
        ...


class XmlCheck:
    """Well-formed XML without a document type: constant memory, no network."""

    def __init__(self) -> None:
        self._target = _Silent()
        self._parser = etree.XMLParser(
            # Only what it wants to hear: elements never reach Python.
            target=self._target,  # type: ignore[arg-type]
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        self._line: int | None = None

    def feed(self, chunk: bytes) -> None:
        """The next bytes; after the first mistake nothing more is looked at."""
        if self._line is not None or self._target.has_doctype:
            return
        try:
            self._parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            self._line = error.lineno or 1

    def close(self) -> tuple[Problem, ...]:
        """See the port."""
        if self._line is None and not self._target.has_doctype:
            try:
                self._parser.close()
            except etree.XMLSyntaxError as error:
                self._line = error.lineno or 1
        if self._target.has_doctype:
            return (_DOCTYPE,)
        if self._line is not None:
            return (_broken("XML", f"line {self._line}", f"Zeile {self._line}"),)
        return ()


class JsonCheck:
    """Well-formed JSON in UTF-8."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """The next bytes; beyond the limit only their number is kept."""
        self._size += len(chunk)
        if self._size <= MAX_JSON_BYTES:
            self._chunks.append(chunk)

    def close(self) -> tuple[Problem, ...]:
        """See the port."""
        if self._size > MAX_JSON_BYTES:
            return (_TOO_BIG,)
        try:
            text = b"".join(self._chunks).decode("utf-8-sig")
            # Numbers are not made: one of 5,000 digits is well-formed, and no int.
            json.loads(
                text, parse_int=_seen, parse_float=_seen, parse_constant=_no_constant
            )
        except json.JSONDecodeError as error:
            where = (f"line {error.lineno}", f"Zeile {error.lineno}")
            return (_broken("JSON", *where),)
        except (UnicodeDecodeError, RecursionError, _NoJson):
            return (_broken("JSON", "", ""),)
        return ()


class _NoJson(Exception):
    """NaN and Infinity: Python's idea, in no standard."""


def _seen(_: str) -> None:
    return


def _no_constant(_: str) -> None:
    raise _NoJson


class _Silent:
    """A parser target that keeps nothing."""

    def __init__(self) -> None:
        self.has_doctype = False

    def doctype(self, *_: object) -> None:
        self.has_doctype = True

    def close(self) -> None:
        return


def _broken(kind: str, english: str, german: str) -> Problem:
    return Problem(
        code=f"E-{kind}-BROKEN",
        location=english,
        german=f"Das Dokument ist kein lesbares {kind} ({german or 'Anfang'}).",
        english=f"The document is not well-formed {kind} ({english or 'start'}).",
    )


_DOCTYPE: Final = Problem(
    code="E-XML-DOCTYPE",
    location="",
    german="Das Dokument enthält eine DOCTYPE-Angabe; sie ist nicht zugelassen.",
    english="The document has a DOCTYPE declaration, which is not allowed.",
)
_TOO_BIG: Final = Problem(
    code="E-JSON-TOO-BIG",
    location="",
    german="Das JSON-Dokument ist größer als 64 MiB.",
    english="The JSON document is larger than 64 MiB.",
)
