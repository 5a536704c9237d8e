"""The sandbox as an ASGI application: finds the desk, answers, misbehaves when told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from adapters.fitconnect.sandbox.calls import (
    Answer,
    Call,
    Refusal,
    Vanished,
    problem_answer,
)
from adapters.fitconnect.sandbox.chaos import Act, Chaos, Fault
from adapters.fitconnect.sandbox.control import CONTROL_PATH, control
from adapters.fitconnect.sandbox.limits import Windows
from adapters.fitconnect.sandbox.routes import DESKS, Route, find_route
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_CHUNK_BYTES: Final = 256 * 1024
_SUBMISSION_API: Final = "/submission-api"
_GARBAGE: Final = Answer(
    body=b"<!doctype html><title>Wartung</title>", media_type="text/html"
)


class Application:
    """Serves the desks of a Zustelldienst."""

    def __init__(
        self,
        dienst: Zustelldienst,
        *,
        abort: Callable[[Scope], None],
    ) -> None:
        """``abort`` ends a caller's connection without another byte."""
        self._dienst = dienst
        self._abort = abort
        self._windows = Windows()
        self._ending = asyncio.Event()
        self.chaos = Chaos()

    def end(self) -> None:
        """Let go of everybody who is kept hanging."""
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = scope["path"].removeprefix(_SUBMISSION_API)
        call = _call_of(scope, path, receive)
        try:
            if path == CONTROL_PATH:
                answer = await control(self._dienst, call, self.chaos, DESKS)
            else:
                found = await self._answer(call, receive)
                if found is None:
                    self._abort(scope)
                    return
                answer = found
        except Refusal as refusal:
            answer = problem_answer(refusal)
        except Vanished:
            return
        await _send(answer, send)

    async def _answer(self, call: Call, receive: Receive) -> Answer | None:
        """The right answer or a wrong one; None = none at all."""
        if self._dienst.switches.latency:
            await asyncio.sleep(self._dienst.switches.latency)
        found = find_route(call.method, call.path)
        if isinstance(found, set):
            if found:
                allowed = {"Allow": ", ".join(sorted(found))}
                raise Refusal(405, "method-not-allowed", headers=allowed)
            raise Refusal(404, "not-found")
        route, names = found
        fault = self.chaos.next(route.desk)
        if fault is not None and not fault.after_commit:
            return await self._misact(fault, receive)
        answer = await self._right(route, replace(call, names=names))
        return answer if fault is None else await self._misact(fault, receive)

    async def _right(self, route: Route, call: Call) -> Answer:
        caller = call.headers.get("authorization", "")
        within, limits = (
            (True, dict[str, str]())
            if route.desk == "token"
            else self._windows.count(caller, self._dienst.switches)
        )
        if not within:
            return Answer(status=429, media_type="", headers=limits)
        try:
            answer = await route.handler(self._dienst, call)
        except Refusal as refusal:
            answer = problem_answer(refusal)
        return replace(answer, headers={**answer.headers, **limits})

    async def _misact(self, fault: Fault, receive: Receive) -> Answer | None:
        match fault.act:
            case Act.STATUS:
                refusal = Refusal(fault.status, "sandbox", "The sandbox misbehaves")
                return problem_answer(refusal)
            case Act.GARBAGE:
                return _GARBAGE
            case Act.HANG:
                await self._hang(receive)
                return None
            case Act.DROP:
                return None

    async def _hang(self, receive: Receive) -> None:
        gone = asyncio.create_task(_gone(receive))
        ending = asyncio.create_task(self._ending.wait())
        self.chaos.hanging += 1
        try:
            await asyncio.wait({gone, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.chaos.hanging -= 1
            for task in (gone, ending):
                task.cancel()
            await asyncio.gather(gone, ending, return_exceptions=True)


def _call_of(scope: Scope, path: str, receive: Receive) -> Call:
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Call(
        method=scope["method"],
        path=path,
        names={},
        query={name: tuple(values) for name, values in query.items()},
        headers=_headers(scope),
        chunks=_chunks(receive),
    )


def _headers(scope: Scope) -> Mapping[str, str]:
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
    }


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Vanished
        if message["body"]:
            yield message["body"]
        if not message.get("more_body"):
            return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(answer: Answer, send: Send) -> None:
    size = len(answer.body) if answer.file is None else answer.file.stat().st_size
    headers = {"date": formatdate(usegmt=True), **answer.headers}
    if answer.media_type:
        headers["content-type"] = answer.media_type
    if answer.status != 204:  # noqa: PLR2004 - has no body
        headers["content-length"] = str(size)
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers.items()
            ],
        }
    )
    if answer.file is not None:
        await _send_file(answer.file, send)
    await send({"type": "http.response.body", "body": answer.body})


async def _send_file(path: Path, send: Send) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
