"""Bytes on their way: a described body as a stream, an answer's body with a limit."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

import httpx

from adapters.http.bodies import Base64, Body, Piece, Plain
from adapters.http.codec import Progress
from schemas.deliveries import ParcelDocument
from schemas.errors import ObjectDamaged
from schemas.limits import KIB

GATHER_BYTES: Final = 64 * KIB
"""Smaller pieces go out together: each write is a system call."""
RECEIPT_BYTES: Final = 64 * KIB
"""So much of an answer is kept; the rest is not even read."""


class Outgoing(httpx.AsyncByteStream):
    """A body being sent; knows how far it came and whether we ourselves failed."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._stream: AsyncGenerator[bytes, None] | None = None
        self.progress = Progress.NOT_CONNECTED
        self.failure: Exception | None = None
        """What a document raised: our failure, not the counterpart's."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        self.progress = Progress.CONNECTED
        self._stream = self._gathered()
        return self._stream

    async def aclose(self) -> None:
        """Close the documents, wherever sending stopped."""
        if self._stream is not None:
            await self._stream.aclose()

    async def _gathered(self) -> AsyncGenerator[bytes, None]:
        waiting: list[bytes] = []
        size = 0
        for piece in self._body.pieces:
            stream = self._chunks(piece)
            try:
                async for chunk in stream:
                    if size + len(chunk) < GATHER_BYTES:
                        waiting.append(chunk)
                        size += len(chunk)
                        continue
                    self.progress = Progress.SENDING
                    if waiting:
                        yield b"".join(waiting)
                        waiting, size = [], 0
                    yield chunk
            finally:
                await stream.aclose()
        if waiting:
            self.progress = Progress.SENDING
            yield b"".join(waiting)

    async def _chunks(self, piece: Piece) -> AsyncGenerator[bytes, None]:
        try:
            match piece:
                case bytes():
                    yield piece
                case Plain(document=document):
                    async for chunk in exactly(document):
                        yield chunk
                case Base64(document=document):
                    async for chunk in _encoded(document):
                        yield chunk
        except Exception as error:
            self.failure = error
            raise


async def exactly(document: ParcelDocument) -> AsyncGenerator[bytes, None]:
    """The document's bytes; raises ObjectDamaged before one too many or too few.

    The last bytes are held back until the document has ended well: as long as
    anything can go wrong on our side, the counterpart has no complete request.
    """
    left = document.size
    held = b""
    chunks = document.open()
    try:
        async for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                raise ObjectDamaged("longer than recorded")
            if held:
                yield held
            held = chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    if left:
        raise ObjectDamaged("shorter than recorded")
    if held:
        yield held


async def _encoded(document: ParcelDocument) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for chunk in exactly(document):
        data = rest + chunk
        even = len(data) // 3 * 3
        rest = data[even:]
        yield base64.b64encode(data[:even])
    yield base64.b64encode(rest)


async def read_limited(stream: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Up to RECEIPT_BYTES, and whether there is more."""
    body = bytearray()
    try:
        async for chunk in stream:
            body += chunk
            if len(body) > RECEIPT_BYTES:
                return bytes(body[:RECEIPT_BYTES]), True
        return bytes(body), False
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
