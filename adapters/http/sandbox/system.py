"""The sandbox's server: takes deliveries, shows receipts, misbehaves when told to."""

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from adapters.http.sandbox.control import (
    CONTROL_PATH,
    HOST,
    Control,
    misbehaviour_of,
)
from adapters.http.sandbox.faults import FOREVER, Fault, Misbehaviour, Target
from adapters.http.sandbox.misacting import misact
from adapters.http.sandbox.shelf import Copy, Shelf
from adapters.http.sandbox.wire import (
    MAX_HEAD_BYTES,
    BadRequest,
    Head,
    answer,
    read_body,
    read_head,
)

MAX_CONTROL_BYTES: Final = 64 * 1024
METHODS: Final = {"GET", "POST"}
_UNKNOWN_TOKEN = answer(HTTPStatus.UNAUTHORIZED, b'{"error":"unknown token"}')


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxOptions:
    """How a sandbox begins; the first three can be changed while it runs."""

    honours_ids: bool = True
    answers_receipts: bool = True
    latency: float = 0.0
    port: int = 0
    """0 = any free one."""
    folder: Path | None = None
    """Where deliveries are kept; None = only counted, in memory."""
    keep_content: bool = False
    """Keep headers and bodies in memory, for tests."""
    id_header: str = "Idempotency-Key"
    token: str = ""
    """Required as ``Authorization: Bearer``; "" = nobody is asked."""
    conflict: bool = False
    """Answer a repetition with 409 instead of the receipt."""


class SpecialistSystem:
    """A specialist system on a port of this machine, for people and tests to try.

    ``POST`` on any path delivers, ``GET …/{delivery id}`` shows the receipt, and
    ``/_sandbox`` shows (GET) and changes (POST) what it does.
    """

    def __init__(
        self,
        options: SandboxOptions = SandboxOptions(),
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._options = options
        self._tls = tls
        self._port = options.port
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()
        self._shelf = Shelf(options.folder, keep_content=options.keep_content)
        self._misbehaviour: Misbehaviour | None = None
        self._released = asyncio.Event()
        self.honours_ids = options.honours_ids
        self.answers_receipts = options.answers_receipts
        self.latency = options.latency
        self.requests = 0
        self.connections = 0

    def state(self) -> dict[str, object]:
        """What ``GET /_sandbox`` shows."""
        counts = self.counts()
        return {
            "honours_ids": self.honours_ids,
            "answers_receipts": self.answers_receipts,
            "latency": self.latency,
            "misbehaves": self._misbehaviour.fault.value if self._misbehaviour else "",
            "requests": self.requests,
            "connections": self.connections,
            "copies": sum(counts.values()),
            "duplicates": [d for d, number in counts.items() if number > 1],
            "deliveries": counts,
        }

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http{'s' if self._tls else ''}://{HOST}:{self._port}"

    @property
    def address(self) -> tuple[str, int]:
        """The same as host and port."""
        return HOST, self._port

    def copies(self, delivery: str) -> tuple[Copy, ...]:
        """What arrived under this id."""
        return self._shelf.copies(delivery)

    def counts(self) -> dict[str, int]:
        """How many copies each id has, in order of arrival."""
        return self._shelf.counts()

    def misbehave(
        self,
        fault: Fault,
        *,
        status: int = 500,
        times: int = FOREVER,
        target: Target = Target.DELIVERIES,
    ) -> None:
        """Do this wrong from now on, ``times`` times or until told otherwise."""
        self._change(
            Misbehaviour(fault=fault, status=status, times=times, target=target)
        )

    def behave(self) -> None:
        """Do everything right again; what hangs is let go."""
        self._change(None)

    async def start(self) -> None:
        """Listen, again on the same port after a stop."""
        self._server = await asyncio.start_server(
            self._converse, HOST, self._port, ssl=self._tls, limit=MAX_HEAD_BYTES
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop every connection and refuse new ones; what was taken stays."""
        if self._server is not None:
            self._server.close()
        conversations = tuple(self._conversations)
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _change(self, misbehaviour: Misbehaviour | None) -> None:
        self._misbehaviour = misbehaviour
        self._released.set()
        self._released = asyncio.Event()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - start_server makes one
        self._conversations.add(task)
        self.connections += 1
        try:
            while (head := await read_head(reader)) is not None:
                if not await self._serve(head, reader, writer):
                    break
        except BadRequest:
            writer.write(answer(HTTPStatus.BAD_REQUEST))
        except (OSError, EOFError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._conversations.discard(task)
            writer.close()

    async def _serve(
        self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether the connection stays open."""
        if head.path.partition("?")[0] == CONTROL_PATH:
            writer.write(await self._control(head, reader))
            await writer.drain()
            return head.keeps_alive
        if head.method not in METHODS:
            raise BadRequest
        self.requests += 1
        released = self._released
        if head.method == "GET":
            fault = self._next_fault(Target.RECEIPTS)
            reply = self._show(head)
        else:
            fault = self._next_fault(Target.DELIVERIES)
            reply = await self._take(head, reader, fault)
        if self.latency:
            await asyncio.sleep(self.latency)
        if fault is not None:
            return await misact(fault, reply, (reader, writer), released)
        writer.write(reply)
        await writer.drain()
        return head.keeps_alive

    def _next_fault(self, target: Target) -> Misbehaviour | None:
        current = self._misbehaviour
        if current is None or not current.hits(target):
            return None
        self._misbehaviour = current.once_less()
        return current

    async def _take(
        self, head: Head, reader: asyncio.StreamReader, fault: Misbehaviour | None
    ) -> bytes:
        """Read a delivery, store it unless told otherwise, and say so."""
        delivery = head.headers.get(self._options.id_header.lower(), "")
        slot = self._shelf.begin(head, delivery)
        try:
            async for chunk in read_body(head, reader):
                if fault is not None and fault.fault is Fault.DROP_MIDWAY:
                    return b""
                slot.write(chunk)
            if not self._admits(head):
                return _UNKNOWN_TOKEN
            known = self.copies(delivery) if self.honours_ids else ()
            if known and self._options.conflict:
                return answer(HTTPStatus.CONFLICT, b'{"error":"known already"}')
            if known:
                return answer(HTTPStatus.OK, _shown(known[0]))
            if fault is not None and not fault.fault.stores:
                return b""
            copy = self._shelf.keep(slot)
        finally:
            slot.discard()
        place = {"Location": f"/vorgaenge/{copy.delivery}"}
        return answer(HTTPStatus.CREATED, _shown(copy), headers=place)

    def _show(self, head: Head) -> bytes:
        """The receipt of the delivery named last in the path."""
        if not self._admits(head):
            return _UNKNOWN_TOKEN
        name = head.path.partition("?")[0].rpartition("/")[2]
        if name == "health":
            return answer(HTTPStatus.OK, b'{"status":"ok"}')
        known = self.copies(name) if self.answers_receipts else ()
        if known:
            return answer(HTTPStatus.OK, _shown(known[0]))
        missing = json.dumps({"error": "no such delivery", "delivery": name})
        if self.answers_receipts:
            return answer(HTTPStatus.NOT_FOUND, missing.encode())
        return answer(HTTPStatus.METHOD_NOT_ALLOWED, b'{"error":"cannot be asked"}')

    def _admits(self, head: Head) -> bool:
        expected = self._options.token
        given = head.headers.get("authorization", "")
        return not expected or given == f"Bearer {expected}"

    async def _control(self, head: Head, reader: asyncio.StreamReader) -> bytes:
        body = b""
        async for chunk in read_body(head, reader):
            body += chunk
            if len(body) > MAX_CONTROL_BYTES:
                raise BadRequest
        if head.method != "GET":
            try:
                self._obey(Control.model_validate_json(body))
            except ValueError as error:
                text = json.dumps({"error": str(error)})
                return answer(HTTPStatus.UNPROCESSABLE_ENTITY, text.encode())
        return answer(HTTPStatus.OK, json.dumps(self.state(), indent=2).encode())

    def _obey(self, control: Control) -> None:
        if control.misbehave is not None:
            self._change(
                misbehaviour_of(control.misbehave, times=control.times, on=control.on)
            )
        if control.honours_ids is not None:
            self.honours_ids = control.honours_ids
        if control.answers_receipts is not None:
            self.answers_receipts = control.answers_receipts
        if control.latency is not None:
            self.latency = control.latency


def _shown(copy: Copy) -> bytes:
    return (
        f'{{"receipt":"{copy.number:08}","delivery":"{copy.delivery}",'
        f'"bytes":{copy.size},"sha256":"{copy.sha256}"}}'
    ).encode()


async def serve(options: SandboxOptions, announce: Callable[[str], None]) -> None:
    """Run a sandbox until cancelled; ``announce`` gets its address."""
    async with SpecialistSystem(options) as system:
        announce(system.url)
        await asyncio.Event().wait()
