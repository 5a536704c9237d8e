"""Callbacks of FIT-Connect: the door believes them, and somebody goes and looks."""

import asyncio
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from adapters.fitconnect.callbacks import (
    AUTHENTICATION,
    MOST_BYTES,
    TIMESTAMP,
    CallbackRefused,
    verify_callback,
)
from api.callbacks import Pace
from api.door import Door
from api.intake.body import Body
from api.intake.headers import Headers, collect_headers, declared_length, one
from api.intake.refusals import SubmissionTooLarge
from api.problems import json_response
from api.refusals import CallbackNotBelieved, NoSuchAddress, TooManyCallbacks
from api.routes import description
from schemas.limits import KIB

_LONG = 64 * KIB
"""What is longer is hashed in a thread."""


def callback_routes(door: Door) -> APIRouter:
    """One address per source or destination, as their files are called."""
    callbacks = CallbackDesk(door)
    router = APIRouter(prefix="/api/v1/callbacks", tags=["callbacks"])
    router.post("/fitconnect/{name}", **description.CALLBACK)(callbacks.take)
    return router


class CallbackDesk:
    """Believes or does not; says nothing of why."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._pace = Pace(door.monotonic)

    async def take(self, request: Request, name: str) -> Response:
        """A hint that is believed becomes a wish; what is true the worker asks."""
        callbacks = self._door.callbacks
        caller = callbacks.callers.get(name) if callbacks else None
        if callbacks is None or caller is None:
            raise NoSuchAddress
        if not self._pace.allows(name):
            raise TooManyCallbacks
        headers = collect_headers(request.scope["headers"])
        body = await self._body(request, headers)
        secret = await asyncio.to_thread(callbacks.secrets.read, caller.secret)
        await self._believe(secret, headers, body)
        await callbacks.wish(caller.tenant, name)
        return json_response({"status": "noted"}, status=202)

    async def _body(self, request: Request, headers: Headers) -> bytes:
        limits = replace(self._door.limits, submission_bytes=MOST_BYTES)
        declared = declared_length(headers)
        if declared is not None and declared > MOST_BYTES:
            raise SubmissionTooLarge(f"At most {MOST_BYTES} bytes.")
        pieces = Body(request.receive, limits, declared=declared)
        whole = bytearray()
        while (piece := await pieces.next()) is not None:
            whole += piece
        return bytes(whole)

    async def _believe(self, secret: str, headers: Headers, body: bytes) -> None:
        said = {name: one(headers, name) or "" for name in (AUTHENTICATION, TIMESTAMP)}
        now = self._door.clock.now()

        def verify() -> None:
            verify_callback(secret, said, body, now=now)

        try:
            if len(body) > _LONG:
                await asyncio.to_thread(verify)
            else:
                verify()
        except CallbackRefused:
            raise CallbackNotBelieved from None
