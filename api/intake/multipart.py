"""A push parser for multipart/form-data: bytes in, events out, nothing kept.

Stricter than python-multipart, which skips garbage before the first boundary,
drops what follows the last one, takes a body without it, and logs bytes that it
does not like. Here every byte is part of a document or a reason to refuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from api.intake.refusals import MultipartMalformed, PartHeadersTooLarge

_CRLF: Final = b"\r\n"
_LAST: Final = b"--"


@dataclass(frozen=True, kw_only=True, slots=True)
class PartBegan:
    """A part starts; its header lines as sent, without the empty one."""

    header: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class PartContinued:
    """Some bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class PartEnded:
    """The part that began last is complete."""


PartEvent: TypeAlias = PartBegan | PartContinued | PartEnded


class _Place(Enum):
    PREAMBLE = auto()
    AFTER_BOUNDARY = auto()
    HEADER = auto()
    CONTENT = auto()
    EPILOGUE = auto()


class MultipartReader:
    """Takes a body in pieces of any size; holds back less than one boundary."""

    def __init__(self, boundary: str, *, header_bytes: int) -> None:
        """``boundary`` as RFC 2046 allows it; ``header_bytes`` is per part."""
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        self._header_bytes = header_bytes
        self._held = _CRLF
        """As if an empty line came before: the first boundary is like any other."""
        self._skipped = False
        self._place = _Place.PREAMBLE

    def feed(self, data: bytes) -> Iterator[PartEvent]:
        """What these bytes complete. Exhaust it before feeding more.

        Raises MultipartMalformed, PartHeadersTooLarge.
        """
        self._held += data
        before = None
        while before != (self._place, len(self._held)):
            before = (self._place, len(self._held))
            match self._place:
                case _Place.PREAMBLE:
                    self._begin()
                case _Place.AFTER_BOUNDARY:
                    self._decide()
                case _Place.HEADER:
                    yield from self._header()
                case _Place.CONTENT:
                    yield from self._content()
                case _Place.EPILOGUE:
                    self._finish()

    def close(self) -> None:
        """Say that the body is over. Raises MultipartMalformed."""
        if self._place is not _Place.EPILOGUE:
            raise MultipartMalformed("It ends before the closing boundary.")

    def _begin(self) -> None:
        if self._held.startswith(_CRLF + _CRLF) and not self._skipped:
            # Some old clients send an empty line first, as MIME allows.
            self._skipped = True
            self._held = self._held[len(_CRLF) :]
        if not self._held.startswith(self._delimiter[: len(self._held)]):
            if self._held == _CRLF + b"\r" and not self._skipped:
                return
            raise MultipartMalformed("It does not begin with the boundary.")
        if len(self._held) >= len(self._delimiter):
            self._held = self._held[len(self._delimiter) :]
            self._place = _Place.AFTER_BOUNDARY

    def _decide(self) -> None:
        following = self._held[:2]
        if len(following) < len(_CRLF):
            return
        if following not in {_CRLF, _LAST}:
            raise MultipartMalformed("A boundary is followed by something else.")
        self._held = self._held[2:]
        self._place = _Place.HEADER if following == _CRLF else _Place.EPILOGUE

    def _header(self) -> Iterator[PartEvent]:
        if self._held.startswith(_CRLF):
            raise MultipartMalformed("A part has no headers.")
        end = self._held.find(_CRLF + _CRLF, 0, self._header_bytes + 4)
        if end < 0:
            if len(self._held) > self._header_bytes + 3:
                raise PartHeadersTooLarge(f"At most {self._header_bytes} bytes.")
            return
        header, self._held = self._held[:end], self._held[end + 4 :]
        self._place = _Place.CONTENT
        yield PartBegan(header=header)

    def _content(self) -> Iterator[PartEvent]:
        end = self._held.find(self._delimiter)
        complete = end >= 0
        if not complete:
            # The tail may be the first bytes of a boundary.
            end = max(0, len(self._held) - len(self._delimiter) + 1)
        if end:
            yield PartContinued(data=self._held[:end])
        if complete:
            self._held = self._held[end + len(self._delimiter) :]
            self._place = _Place.AFTER_BOUNDARY
            yield PartEnded()
        else:
            self._held = self._held[end:]

    def _finish(self) -> None:
        if self._held.strip(b" \t\r\n"):
            raise MultipartMalformed("Something follows the closing boundary.")
        self._held = b""
