"""The door on a real socket, and somebody who speaks HTTP byte by byte."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from api.serving import door_server
from tests.fakes.doorstep import SUBMISSIONS

PATIENCE = 10.0


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        server = door_server(app, host="127.0.0.1", port=port)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)
        try:
            yield port
        finally:
            server.should_exit = True
            await running


class Caller:
    """One connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    def begin(self, headers: dict[str, str], *, path: str = SUBMISSIONS) -> None:
        """Send the head of a POST."""
        lines = [f"POST {path} HTTP/1.1", "Host: door"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def send(self, data: bytes) -> None:
        """Send some bytes, and wait until they have left us."""
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().rstrip().split("\r\n")
            pairs = (line.split(": ", 1) for line in lines)
            headers = {name.lower(): value for name, value in pairs}
            length = int(headers.get("content-length", "0"))
            body = await self._reader.readexactly(length)
        return int(first.split()[1]), headers, body

    async def is_closed(self) -> bool:
        """Whether the other side says nothing more and closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self._reader.read() == b""
            except ConnectionError:
                return True

    def half_close(self) -> None:
        """Say that nothing more will come."""
        self._writer.write_eof()

    def vanish(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[Caller]:
    """Open a connection, and leave none behind."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()
