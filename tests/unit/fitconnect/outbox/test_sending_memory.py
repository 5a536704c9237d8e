"""A large attachment passes through; it is never held."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx

from adapters.memory import MemoryNotes
from schemas.outcomes import DeliveryConfirmed
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import MAPPING, Held, TinyService, go_on, process
from tests.parcels import make_attachment, make_document, make_parcel

MB = 1_000_000
SIZE = 60 * MB


class Draining(Held):
    """Keeps of an attachment only its tag."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "/attachments/" in request.url.path:
            last = b""
            stream = request.stream
            assert isinstance(stream, httpx.AsyncByteStream)
            async for chunk in stream:
                last = (last + chunk)[-100:]
            request = httpx.Request(request.method, request.url, content=last)
        return await super().handle_async_request(request)


async def test_a_large_attachment_takes_a_few_megabytes() -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(SIZE // MB):
            yield b"\xa5" * MB

    service = TinyService(TestClock())
    store = MemoryNotes()
    way = process(service, store, transport=Draining(service, go_on))
    large = replace(make_attachment(), size=SIZE, open=stream)
    parcel = make_parcel(make_document(), large, mapping=MAPPING)
    await way.deliver(make_parcel(delivery="first", mapping=MAPPING))

    tracemalloc.start()
    outcome = await way.deliver(parcel)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(outcome, DeliveryConfirmed)
    assert peak < 16 * MB
    kept = store.kept[parcel.delivery]["hashes"]
    assert hashlib.sha512(b"\xa5" * SIZE).hexdigest() in kept
