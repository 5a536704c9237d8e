"""HTTP on a socket of ours: uvicorn's protocol without its server.

That server asks ten times a second whether it shall stop, and lets nobody end a
connection without a word.
"""

import asyncio
import socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_GOODBYE_SECONDS: Final = 2.0
_KEEP_ALIVE_SECONDS: Final = 30


class Listener:
    """Serves one application."""

    def __init__(self, application: ASGIApp) -> None:
        self._config = uvicorn.Config(
            application,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        self._config.load()
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """From now on callers are answered."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, sock=listening)

    async def stop(self) -> None:
        """Answer what is under way, for a moment, then end every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in self._connections():
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(set(self._state.tasks), timeout=_GOODBYE_SECONDS)
        for connection in self._connections():
            connection.transport.abort()
        for task in set(self._state.tasks):
            task.cancel()
        await asyncio.gather(*self._state.tasks, return_exceptions=True)

    def abort(self, scope: Scope) -> None:
        """End this caller's connection without another byte."""
        for connection in self._connections():
            if connection.client == scope["client"]:
                connection.transport.abort()

    def _connections(self) -> list[H11Protocol]:
        return [one for one in self._state.connections if isinstance(one, H11Protocol)]

    def _protocol(self) -> H11Protocol:
        return H11Protocol(self._config, self._state, {})
