"""An installation's door, on a port of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.app import create_app
from api.serving import door_server
from api.wiring import open_door
from storage.settings import read_settings


@asynccontextmanager
async def door_of() -> AsyncIterator[str]:
    """Its address."""
    async with open_door(read_settings()) as door:
        server = door_server(create_app(door), host="127.0.0.1", port=0)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await serving
