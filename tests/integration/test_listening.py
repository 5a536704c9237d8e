"""The door's own socket behaves like one that asyncio makes itself."""

import asyncio
import socket

from api.cli.ports import HERE, listen


async def test_no_answer_waits_for_a_delayed_acknowledgement() -> None:
    """With Nagle's algorithm on, an answer in two writes takes 40 ms longer."""
    promptness: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        promptness.set_result(
            accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        )
        writer.close()
        await writer.wait_closed()

    with listen(HERE, 0, "a port") as listening:
        server = await asyncio.start_server(accept, sock=listening)
        async with server:
            _, ours = await asyncio.open_connection(*listening.getsockname())
            assert await promptness
            ours.close()
            await ours.wait_closed()
