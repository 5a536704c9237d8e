"""On a real socket: senders that vanish, lie, wait, stall or do not listen."""

import asyncio
import json
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from api.intake.limits import DoorLimits
from schemas.ids import DocumentId
from storage.base import CaseKey, ObjectWriter
from tests.fakes.door import GlassVault, GlassWriter
from tests.fakes.doorstep import (
    XML,
    Doorstep,
    attachment,
    form_headers,
    headers,
    main_part,
    multipart,
)
from tests.fakes.served import PATIENCE, Caller, calling, served

MEGABYTE = b"x" * (1 << 20)
FORM = multipart(main_part(), attachment())
WRONG = "Bearer amtsweg_" + "z" * 32


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the fakes tell nobody
            await asyncio.sleep(0.005)


async def post(caller: Caller, body: bytes, given: dict[str, str]) -> tuple[int, str]:
    caller.begin(given | {"content-length": str(len(body))})
    await caller.send(body)
    status, _, answer = await caller.answer()
    return status, json.loads(answer).get("code", "")


async def test_a_connection_is_kept_after_an_answer_and_after_a_refusal() -> None:
    step = Doorstep()
    async with served(await step.app()) as port, calling(port) as caller:
        for number in range(2):
            good = headers(idempotency_key=f"k-{number}")
            assert await post(caller, XML, good) == (202, "")
            assert await post(caller, b"<!DOCTYPE a>", good) == (400, "E-XML-DOCTYPE")

    assert len(step.cases.cases) == len(step.vault.objects) == 2


@pytest.mark.parametrize("sent", [0, 1, 40, len(FORM) // 2, len(FORM) - 1])
async def test_a_sender_that_vanishes_leaves_nothing(sent: int) -> None:
    step = Doorstep()
    with capture_logs() as log:
        async with served(await step.app()) as port:
            async with calling(port) as caller:
                caller.begin(form_headers(content_length=str(len(FORM))))
                await caller.send(FORM[:sent])
                await until(lambda: step.tokens.asked == 1)
                caller.vanish()
            await until(lambda: bool(log))

    assert step.is_untouched()
    assert log[0]["code"] == "E-BODY-INCOMPLETE"


async def test_a_sender_that_vanishes_after_a_chunk_leaves_nothing() -> None:
    step = Doorstep()
    with capture_logs() as log:
        async with served(await step.app()) as port:
            async with calling(port) as caller:
                caller.begin(form_headers(transfer_encoding="chunked"))
                await caller.send(f"{len(FORM):x}\r\n".encode() + FORM + b"\r\n")
                await until(lambda: step.vault.begun == 2)
                caller.vanish()
            await until(lambda: bool(log))

    assert step.is_untouched()


async def test_a_body_shorter_than_it_says_leaves_nothing() -> None:
    step = Doorstep()
    with capture_logs() as log:
        async with served(await step.app()) as port, calling(port) as caller:
            caller.begin(headers(content_length=str(len(XML) + 1)))
            await caller.send(XML)
            caller.half_close()
            await until(lambda: bool(log))

    assert step.is_untouched()


@pytest.mark.parametrize(
    "chunk", [b"zz\r\n", b"5\r\nabcdefgh\r\n", b"-1\r\n", b"FFFFFFFFFFFFFFFFFFFFFF\r\n"]
)
async def test_broken_chunks_leave_nothing(chunk: bytes) -> None:
    step = Doorstep()
    with capture_logs() as log:
        async with served(await step.app()) as port, calling(port) as caller:
            caller.begin(headers(transfer_encoding="chunked"))
            await caller.send(b"5\r\n" + XML[:5] + b"\r\n" + chunk)
            status, _, _ = await caller.answer()
            caller.vanish()
            await until(lambda: bool(log))

    assert status == 400
    assert step.is_untouched()


async def test_a_body_in_chunks_arrives() -> None:
    step = Doorstep()
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(form_headers(transfer_encoding="chunked"))
        for start in range(0, len(FORM), 9):
            piece = FORM[start : start + 9]
            await caller.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await caller.send(b"0\r\n\r\n")

        assert (await caller.answer())[0] == 202

    assert XML in step.vault.objects.values()


async def test_two_lengths_are_refused_and_the_connection_closed() -> None:
    step = Doorstep()
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(headers(content_length="5", transfer_encoding="chunked"))
        await caller.send(b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        status, _, _ = await caller.answer()

        assert status == 400
        assert await caller.is_closed()

    assert step.is_untouched()


@pytest.mark.parametrize("evil", ["\rX-Evil: 1", "\0", "\r\n X-Evil: 1"])
async def test_a_line_end_in_a_header_never_gets_in(evil: str) -> None:
    step = Doorstep()
    async with served(await step.app()) as port, calling(port) as caller:
        given = headers(idempotency_key=f"a{evil}", content_length=str(len(XML)))
        caller.begin(given)
        await caller.send(XML)

        assert (await caller.answer())[0] == 400

    assert step.is_untouched()


async def test_a_sender_that_asks_first_is_told_to_go_on() -> None:
    step = Doorstep()
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(headers(expect="100-continue", content_length=str(len(XML))))

        assert (await caller.answer())[0] == 100
        await caller.send(XML)
        assert (await caller.answer())[0] == 202


async def test_a_sender_that_asks_first_with_a_wrong_token_keeps_its_body() -> None:
    step = Doorstep()
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(
            headers(
                authorization=WRONG,
                expect="100-continue",
                content_length=str(500 << 20),
            )
        )
        status, answered, _ = await caller.answer()

        assert (status, answered["connection"]) == (401, "close")
        assert await caller.is_closed()


async def test_a_sender_that_was_told_to_go_on_hears_why_it_must_stop() -> None:
    step = Doorstep(limits=DoorLimits(document_bytes=1 << 20, linger_seconds=0.5))
    length = 3 << 20
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(headers(expect="100-continue", content_length=str(length)))
        assert (await caller.answer())[0] == 100
        await caller.send(b"<a>")
        await send_all(caller, 2)

        status, answered, _ = await caller.answer()

        assert (status, answered["connection"]) == (413, "close")
    assert step.is_untouched()


async def send_all(caller: Caller, megabytes: int) -> int:
    """Send without listening; how many megabytes left before the end."""
    for sent in range(megabytes):
        try:
            await caller.send(MEGABYTE)
        except ConnectionError:
            return sent
    return megabytes


async def test_a_sender_that_only_sends_still_gets_its_refusal() -> None:
    """Closing at once would reset the connection, and the answer with it."""
    step = Doorstep(limits=DoorLimits(linger_seconds=0.5))
    async with served(await step.app()) as port, calling(port) as caller:
        length = 3 << 20
        caller.begin(headers(authorization=WRONG, content_length=str(length)))
        assert await send_all(caller, 3) == 3

        status, answered, _ = await caller.answer()

        assert (status, answered["connection"]) == (401, "close")
        assert await caller.is_closed()
    assert not step.vault.begun


async def test_an_unread_body_is_not_swallowed_to_its_end() -> None:
    step = Doorstep(limits=DoorLimits(linger_seconds=0.5))
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(headers(authorization=WRONG, content_length=str(500 << 20)))

        sent = await send_all(caller, 200)

    assert sent < 100


async def test_a_sender_that_stalls_is_answered_and_let_go() -> None:
    step = Doorstep(limits=DoorLimits(idle_seconds=0.1, linger_seconds=0.1))
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(headers(content_length=str(len(XML))))
        await caller.send(XML[:10])
        status, _, body = await caller.answer()

        assert (status, json.loads(body)["code"]) == (408, "E-BODY-TIMEOUT")
        assert await caller.is_closed()

    assert step.is_untouched()


async def test_a_slow_sender_that_goes_on_is_served() -> None:
    step = Doorstep(limits=DoorLimits(idle_seconds=0.5))
    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(headers(content_length=str(len(XML))))
        for start in range(0, len(XML), 8):
            await caller.send(XML[start : start + 8])
            await asyncio.sleep(0.08)

        assert (await caller.answer())[0] == 202


class StuckVault(GlassVault):
    """Its disk has stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    def create(self, key: CaseKey, document: DocumentId) -> ObjectWriter:
        super().create(key, document)
        return StuckWriter(self, document)


class StuckWriter(GlassWriter):
    def __init__(self, vault: StuckVault, document: DocumentId) -> None:
        super().__init__(vault, document)
        self._goes_on = vault.goes_on

    async def write(self, chunk: bytes) -> None:
        await self._goes_on.wait()
        await super().write(chunk)


async def test_a_vault_that_stops_stops_the_sender() -> None:
    vault = StuckVault()
    step = Doorstep(vault=vault)
    sent = 0

    async def send(caller: Caller) -> None:
        nonlocal sent
        for _ in range(200):
            await caller.send(MEGABYTE)
            sent += 1

    async with served(await step.app()) as port, calling(port) as caller:
        caller.begin(form_headers(content_length=str(500 << 20)))
        await caller.send(FORM.removesuffix(b"\r\n--grenze--\r\n"))
        sending = asyncio.create_task(send(caller))
        await asyncio.sleep(0.5)
        sending.cancel()
        # What is on its way is in the buffers of the two sockets.
        assert sent < 20
        caller.vanish()
        vault.goes_on.set()

    assert step.is_untouched()
