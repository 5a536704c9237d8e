"""Around every request: its number, one log line, and the last resort.

Plain ASGI: a wrapped stream costs nothing, and the request passes unread.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.door import Door
from api.exchange import Exchange, open_exchange
from api.intake.limits import DoorLimits
from api.problems import incident_response

_log = structlog.get_logger("door")
_CLOSE: Final = (b"connection", b"close")


class Answering:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        exchange = open_exchange(scope, self._door.random_bytes(8).hex())
        wire = _Wire(scope, receive, send, exchange)
        try:
            await self._app(scope, wire.receive, wire.send)
        except Exception as error:  # noqa: BLE001 - this is the last resort
            response = incident_response(error, exchange)
            if not wire.status:
                await response(scope, wire.receive, wire.send)
        # Before lingering: the sender has had the answer by now.
        _write_line(scope, exchange, wire.status, time.perf_counter() - began)
        await wire.finish(self._door.limits)


class _Wire:
    """Knows whether the body was read; if not, answers first and then closes."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, exchange: Exchange
    ) -> None:
        self._receive = receive
        self._send = send
        self._exchange = exchange
        headers = Request(scope).headers
        self._unread = (
            "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        )
        self._expects = "expect" in headers
        self._held_back = False
        self.status = 0

    async def receive(self) -> Message:
        """Pass on what comes, and see when it is all."""
        # Asking for the body is what lets such a sender begin.
        self._expects = False
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        """Pass on what goes, and hold the very end back where we must linger."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            number = (b"x-request-id", self._exchange.id.encode())
            headers = [*message.get("headers", ()), number]
            if self._unread:
                headers.append(_CLOSE)
            message = {**message, "headers": headers}
        elif self._unread and not self._expects and not message.get("more_body", False):
            self._held_back = True
            message = {**message, "more_body": True}
        await self._send(message)

    async def finish(self, limits: DoorLimits) -> None:
        """Throw away a bit of the body, then close.

        Closing with unread bytes resets the connection, and the sender would see
        that instead of the answer. One that waits for "100 Continue" sends none.
        """
        if not self._held_back:
            return
        left = limits.linger_bytes
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.linger_seconds):
                while self._unread and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        await self._send({"type": "http.response.body", "body": b""})


def _write_line(scope: Scope, exchange: Exchange, status: int, seconds: float) -> None:
    # The address as declared: the asked one contains Tracking-IDs.
    route = scope.get("route")
    _log.info(
        "request",
        request=exchange.id,
        method=scope["method"] if route else "",
        route=getattr(route, "path", ""),
        sender=exchange.sender,
        case=exchange.case,
        code=exchange.code,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )
