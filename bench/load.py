"""A form server: posts submissions as fast as they are taken, or at a rate."""

import asyncio
import random
import time
import uuid
from dataclasses import dataclass
from typing import Final

import httpx

from bench.stage import TOKEN

SERVICE: Final = "99107023017000"
_BODY_BYTES: Final = 10_000
_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """One accepted submission."""

    number: str
    at: float
    """Seconds since the epoch when the POST began."""
    took: float


def body(size: int = _BODY_BYTES) -> bytes:
    """An application in XML of about this size, no two alike."""
    person = f"<antrag nummer='{uuid.uuid4()}'>"
    line = "<angabe feld='Straße'>Königsallee 1, Mönchengladbach</angabe>\n"
    return (person + line * (size // len(line.encode())) + "</antrag>").encode()


async def flood(url: str, count: int, *, at_once: int = 32) -> list[Posted]:
    """So many submissions, as fast as the door takes them."""
    turn = asyncio.Semaphore(at_once)
    async with _client(url) as client:

        async def one() -> Posted:
            async with turn:
                return await _post(client)

        return list(await asyncio.gather(*(one() for _ in range(count))))


async def trickle(url: str, count: int, *, per_second: float) -> list[Posted]:
    """So many submissions at a mean rate, as people send them: independently."""
    chance = random.Random(7)  # noqa: S311 - the same arrivals for everybody
    async with _client(url) as client:
        tasks = []
        for _ in range(count):
            tasks.append(asyncio.create_task(_post(client)))
            await asyncio.sleep(chance.expovariate(per_second))
        return list(await asyncio.gather(*tasks))


def _client(url: str) -> httpx.AsyncClient:
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Amtsweg-Service": SERVICE,
        "Content-Type": "application/xml",
    }
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS)


async def _post(client: httpx.AsyncClient) -> Posted:
    began, clock = time.time(), time.monotonic()
    answer = await client.post(
        "/api/v1/submissions",
        content=body(),
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    answer.raise_for_status()
    return Posted(
        number=answer.json()["case_number"],
        at=began,
        took=time.monotonic() - clock,
    )
