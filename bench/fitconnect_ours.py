"""Ours in the benchmark of FIT-Connect: the mailbox's rounds, and the way out.

    python -m bench.fitconnect_ours send|receive|idle <folder> <destination> <count>

``receive`` is everything a worker does about a mailbox but the flow: list, fetch,
verify, vault, one commit, sign and send the acceptance. That a case was checked and
its answer ordered is written down here without a flow.
"""

import asyncio
import cProfile
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import asyncpg

from adapters.base import Outbox
from bench.fitconnect_load import AT_ONCE, WARM_UP, Access, attachment, data
from flows.sources.answering import Answering
from flows.sources.poller import Poller
from flows.sources.round import MailboxRound
from flows.sources.wiring import poller_for, source_ports
from flows.wiring import Workplace, open_workplace
from schemas.clock import SystemClock
from schemas.deliveries import Parcel, ParcelDocument
from schemas.documents import Role
from schemas.ids import (
    CaseNumber,
    DeliveryId,
    DestinationId,
    ServiceKey,
    SourceId,
    TrackingId,
    WorkerId,
)
from schemas.outcomes import DeliveryConfirmed
from storage.duties import Duties
from storage.settings import read_settings

_OUT: Final = DestinationId("hinaus")
_IDLE_BEFORE: Final = 8.0
"""The first look into each mailbox fetches keys and tokens."""


async def send(place: Workplace, access: Access, count: int) -> float:
    """CPU seconds for so many deliveries."""
    parcels = [_parcel(place, number) for number in range(count + WARM_UP)]
    await _begin(access, [one.delivery for one in parcels])
    outbox = place.ports.outboxes[_OUT]
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(parcel: Parcel) -> None:
        async with turn:
            await _deliver(outbox, parcel)

    for parcel in parcels[:WARM_UP]:
        await one(parcel)
    began = time.process_time()
    await asyncio.gather(*map(one, parcels[WARM_UP:]))
    return time.process_time() - began


async def receive(place: Workplace, access: Access, count: int) -> float:
    """CPU seconds for all that waits, and its acceptance."""
    source = place.configuration.sources[SourceId("post-0")]
    ports = source_ports(place.stores, place.configuration, place.wake)
    inbox = place.inboxes.of(source)
    await inbox.listing()
    mailbox, answering = (
        MailboxRound(source, inbox, ports),
        Answering(source, inbox, ports),
    )
    began = time.process_time()
    looked = await mailbox.look()
    received = time.process_time() - began
    assert looked.taken >= count, looked
    await _order(access)
    began = time.process_time()
    sent = await answering.send()
    assert sent == looked.taken
    return (received + time.process_time() - began) * count / looked.taken


async def idle(place: Workplace, seconds: int) -> float:
    """CPU seconds of polling every mailbox while nothing is in any."""
    ports = source_ports(place.stores, place.configuration, place.wake)
    duties = Duties(place.stores.database, WorkerId(uuid.uuid4().hex))
    poller: Poller = poller_for(
        place.configuration, place.inboxes, ports, duties, nudges=place.nudges
    )
    stop = asyncio.Event()
    running = asyncio.create_task(poller.run(stop))
    await asyncio.sleep(_IDLE_BEFORE)
    began = time.process_time()
    await asyncio.sleep(seconds)
    used = time.process_time() - began
    stop.set()
    await running
    return used


async def _deliver(outbox: Outbox, parcel: Parcel) -> None:
    outcome = await outbox.deliver(parcel)
    assert isinstance(outcome, DeliveryConfirmed), outcome


def _parcel(place: Workplace, number: int) -> Parcel:
    name = uuid.uuid4().hex
    return Parcel(
        delivery=DeliveryId(name),
        case_number=CaseNumber("2026-000001"),
        tracking_id=TrackingId(name),
        service=ServiceKey("99107023017000"),
        received_at=SystemClock().now(),
        payload=name,
        mapping=place.configuration.destinations[_OUT].mapping,
        is_first=True,
        documents=(
            _document(data(number), Role.MAIN, "application/json"),
            _document(attachment(number), Role.ATTACHMENT, "application/pdf"),
        ),
    )


def _document(content: bytes, role: Role, media_type: str) -> ParcelDocument:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return ParcelDocument(
        name="0001",
        role=role,
        media_type=media_type,
        filename="unterlage",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        open=chunks,
    )


async def _begin(access: Access, deliveries: list[DeliveryId]) -> None:
    """As the worker commits each before it calls the way out; not measured."""
    connection = await asyncpg.connect(access.postgres)
    await connection.execute("SET session_replication_role = replica")
    await connection.executemany(
        "INSERT INTO deliveries (tenant_id, office_id, id, case_id, destination,"
        " generation, payload, state, code, since, receipt_type, receipt_sha256)"
        " VALUES ('standard', 'wohngeld', $1, $1, 'hinaus', 1, '', 'waiting', '',"
        " now(), '', '')",
        [(one,) for one in deliveries],
    )
    await connection.close()


async def _order(access: Access) -> None:
    """As the step acknowledge commits it; not measured."""
    connection = await asyncpg.connect(access.postgres)
    await connection.execute(
        "UPDATE channel_submissions SET answer = 'owed', accepted = true,"
        " due_at = now() WHERE answer = 'none'"
    )
    await connection.close()


async def _main(what: str, folder: Path, count: int) -> None:
    access = Access.read(folder)
    profile = cProfile.Profile(time.process_time)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(open_workplace(read_settings()))
        if wanted := os.environ.get("BENCH_PROFILE"):
            opened.callback(profile.dump_stats, wanted)
            opened.enter_context(profile)
        match what:
            case "send":
                used = await send(place, access, count)
            case "receive":
                used = await receive(place, access, count)
            case _:
                used = await idle(place, count)
    print(json.dumps({"cpu": used, "count": count}))


if __name__ == "__main__":
    _what, _folder, _count = sys.argv[1:]
    asyncio.run(_main(_what, Path(_folder), int(_count)))
