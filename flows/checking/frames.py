"""What goes through the pipes to a check process and back: bytes after their length."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Final

_PREFIX: Final = 4
MAX_PIECE: Final = 2**20
"""A document goes over in pieces: neither side holds it twice."""


def frame(body: bytes) -> bytes:
    """Length, then the bytes."""
    return len(body).to_bytes(_PREFIX, "big") + body


def read_frame(pipe: IO[bytes]) -> bytes | None:
    """The next; None where the other side is gone."""
    prefix = pipe.read(_PREFIX)
    if len(prefix) < _PREFIX:
        return None
    length = int.from_bytes(prefix, "big")
    body = pipe.read(length)
    return body if len(body) == length else None


def read_pieces(pipe: IO[bytes]) -> bytes | None:
    """Frames up to an empty one, as one; None where the other side is gone."""
    pieces: list[bytes] = []
    while piece := read_frame(pipe):
        pieces.append(piece)
    return None if piece is None else b"".join(pieces)


async def receive_frame(reader: asyncio.StreamReader) -> bytes:
    """The next. Raises IncompleteReadError where the other side is gone."""
    prefix = await reader.readexactly(_PREFIX)
    return await reader.readexactly(int.from_bytes(prefix, "big"))


async def send_pieces(
    writer: asyncio.StreamWriter, chunks: AsyncIterator[bytes]
) -> None:
    """A document as it comes, and an empty frame. Raises ConnectionError."""
    async for chunk in chunks:
        for start in range(0, len(chunk), MAX_PIECE):
            writer.write(frame(chunk[start : start + MAX_PIECE]))
            await writer.drain()
    writer.write(frame(b""))
    await writer.drain()
