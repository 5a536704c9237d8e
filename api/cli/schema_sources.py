"""Documents to be checked: files by name, or standard input, as the operator says."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import typer

from api.cli.json_lines import line_of, lines_of
from schemas.checking.reading import MAX_CHECKED_BYTES

STDIN: Final = "-"

_XML: Final = "application/xml"
_JSON: Final = "application/json"
_TYPES: Final = {".xml": _XML, ".json": _JSON}
_MARK: Final = b"\xef\xbb\xbf"
_CHUNK: Final = 1024 * 1024
_LONGEST: Final = 4096
"""Of a line, so much is kept; a whole document may be one line."""
_LOOKED_AT: Final = 512
_SMALL: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One document, open to be read more than once."""

    name: str
    stream: BinaryIO
    size: int
    media_type: str
    _pointers: dict[str, int] = field(default_factory=dict, repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """All of it, from the start."""
        self.stream.seek(0)
        while chunk := await asyncio.to_thread(self.stream.read, _CHUNK):
            yield chunk

    def line_of(self, pointer: str) -> int:
        """Where a JSON pointer leads to in a small document; 0 = not known."""
        if self.media_type != _JSON or self.size > _SMALL:
            return 0
        if not self._pointers:
            self.stream.seek(0)
            text = self.stream.read().decode("utf-8", "replace")
            self._pointers.update(lines_of(text))
        return line_of(self._pointers, pointer)

    def lines(self, wanted: Collection[int]) -> Mapping[int, str]:
        """The beginnings of these lines, counted from 1."""
        self.stream.seek(0)
        found: dict[int, str] = {}
        number, starts = 1, True
        while number <= max(wanted, default=0):
            piece = self.stream.readline(_LONGEST)
            if not piece:
                break
            if starts and number in wanted:
                found[number] = piece.decode("utf-8", "replace")
            starts = piece.endswith(b"\n")
            number += starts
        return found


def check_names(names: Sequence[str]) -> None:
    """Before the first is checked. Raises BadParameter for one that is not there."""
    for name in names:
        if name != STDIN and not Path(name).is_file():
            raise typer.BadParameter(f"{name} is not a file.", param_hint="FILE")


@contextmanager
def opened(name: str) -> Iterator[Source]:
    """A file, or ``-``. Raises BadParameter for what cannot be read."""
    path = Path(name)
    try:
        stream = _stdin() if name == STDIN else path.open("rb")
    except OSError as error:
        raise typer.BadParameter(
            f"{name} cannot be read: {error.strerror}", param_hint="FILE"
        ) from None
    with stream:
        media_type = _type_of(path, stream.read(_LOOKED_AT))
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        yield Source(name=name, stream=stream, size=size, media_type=media_type)


def _stdin() -> BinaryIO:
    # One byte more than may be checked is enough to be too large.
    return io.BytesIO(sys.stdin.buffer.read(MAX_CHECKED_BYTES + 1))


def _type_of(path: Path, start: bytes) -> str:
    known = _TYPES.get(path.suffix.lower())
    is_xml = start.removeprefix(_MARK).lstrip().startswith(b"<")
    return known or (_XML if is_xml else _JSON)
