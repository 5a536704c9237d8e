"""Doing wrong what the sandbox was told to do wrong."""

import asyncio
from typing import Final

from adapters.http.sandbox.faults import Fault, Misbehaviour
from adapters.http.sandbox.wire import CHUNK_BYTES, answer

PACE: Final = 0.2
"""Seconds between two bytes of a slow body."""
RETRY_AFTER: Final = {429, 503}


async def misact(
    misbehaviour: Misbehaviour,
    reply: bytes,
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    released: asyncio.Event,
) -> bool:
    """Answer wrongly; whether the connection stays open.

    ``reply`` is what would have been right. What hangs ends when it is released
    or the other side goes.
    """
    reader, writer = streams
    match misbehaviour.fault:
        case Fault.STATUS | Fault.STORE_STATUS:
            status = misbehaviour.status
            later = {"Retry-After": "1"} if status in RETRY_AFTER else {}
            writer.write(answer(status, b'{"error":"sandbox"}', headers=later))
            await writer.drain()
            return True
        case Fault.HANG | Fault.STORE_HANG:
            await _hang(reader, released)
        case Fault.GARBAGE:
            writer.write(b"\x00\xff\r\n\r\nno HTTP at all\r\n" * 8)
            await writer.drain()
            return False
        case Fault.STORE_SLOW:
            await _slowly(reply, reader, writer, released)
        case Fault.STORE_ENDLESS:
            await _endlessly(writer, released)
        case Fault.STORE_SHORT:
            writer.write(answer(200, b'{"receipt":', announced=1000))
            await writer.drain()
            return False
        case Fault.DROP | Fault.DROP_MIDWAY | Fault.STORE_DROP:
            pass
    writer.transport.abort()
    return False


async def _hang(reader: asyncio.StreamReader, released: asyncio.Event) -> None:
    waiting = {
        asyncio.create_task(released.wait()),
        asyncio.create_task(reader.read(1)),
    }
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _slowly(
    reply: bytes,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    released: asyncio.Event,
) -> None:
    head, gap, body = reply.partition(b"\r\n\r\n")
    writer.write(head + gap)
    for byte in body:
        writer.write(bytes([byte]))
        await writer.drain()
        if released.is_set() or reader.at_eof():
            return
        await asyncio.sleep(PACE)


async def _endlessly(writer: asyncio.StreamWriter, released: asyncio.Event) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"%x\r\n" % CHUNK_BYTES + b" " * CHUNK_BYTES + b"\r\n"
    while not released.is_set():
        writer.write(chunk)
        await writer.drain()
