"""As much of HTTP/1.1 as a sandbox needs, on plain streams.

An own reader, because a server of the shelf can neither drop a connection after it has
taken a request nor answer garbage; and because it is cheap.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from schemas.limits import KIB

MAX_HEAD_BYTES: Final = 64 * KIB
CHUNK_BYTES: Final = 64 * KIB


class BadRequest(ValueError):
    """The other side does not speak HTTP/1.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """A request's line and headers; names in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection stays open."""
        return self.headers.get("connection", "").lower() != "close"


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next request's head; None when the connection ended in between."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadRequest from error
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest from error
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or parts[2] not in {"HTTP/1.1", "HTTP/1.0"}:  # noqa: PLR2004 - a request line has three words
        raise BadRequest
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest
        headers[name.lower()] = value.strip()
    return Head(method=parts[0], path=parts[1], headers=headers)


async def read_body(head: Head, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The request's body as it comes in. Raises BadRequest, IncompleteReadError."""
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        while size := _hexadecimal(await reader.readuntil(b"\r\n")):
            async for chunk in _exactly(reader, size):
                yield chunk
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return
    length = head.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise BadRequest
    async for chunk in _exactly(reader, int(length)):
        yield chunk


async def _exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    if size <= CHUNK_BYTES:
        yield await reader.readexactly(size)
        return
    left = size
    while left:
        chunk = await reader.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(chunk)
        yield chunk


def _hexadecimal(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0].strip(), 16)
    except ValueError as error:
        raise BadRequest from error


def answer(
    status: int,
    body: bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
    announced: int | None = None,
) -> bytes:
    """A whole answer; ``announced`` lies about the length."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if announced is None else announced}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
