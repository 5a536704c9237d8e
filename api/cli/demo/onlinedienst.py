"""The demonstration's Onlinedienst: sends over FIT-Connect, waits for the answer."""

import asyncio
import hashlib
import json
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from adapters.base import Surroundings
from adapters.fitconnect.outbox.adapter import FitConnectOutbox
from adapters.fitconnect.outbox.parsing import parse_connection
from adapters.memory import MemoryNotes
from api.cli.demo.applications import Application, wohngeld
from api.cli.demo.mailbox import SandboxAccess, read_access
from api.cli.output import note, say
from api.cli.posting import Part
from schemas.channels import Stage, Transmission
from schemas.clock import SystemClock
from schemas.deliveries import Parcel, ParcelDocument
from schemas.documents import Role
from schemas.errors import CounterpartAway
from schemas.fields import Fields
from schemas.ids import CaseNumber, DeliveryId, TrackingId
from schemas.outcomes import DeliveryConfirmed
from schemas.secrets import SecretReference
from schemas.services import Setting

_SCHEMA: Final = "https://schema.example/sandbox/1.0.0"
"""What the sandbox's destination announces."""
_LOOK_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Onlinedienst:
    """Where its FIT-Connect is, how often it sends, and how many; 0 = no end."""

    folder: Path
    every: float
    count: int = 0
    as_json: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _OneSecret:
    """Fills SecretReader: the sandbox's sender has one secret."""

    secret: str

    def read(self, reference: SecretReference) -> str:
        del reference
        return self.secret


async def run_onlinedienst(service: Onlinedienst) -> bool:
    """Send until told to stop; whether every application was accepted."""
    chance, clock = Random(), SystemClock()  # noqa: S311 - names of people, not keys
    access = await asyncio.to_thread(read_access, service.folder)
    outbox, mapping = _outbox(access, service.folder)
    sent, all_accepted = 0, True
    try:
        while not service.count or sent < service.count:
            if sent:
                await asyncio.sleep(service.every)
            sent += 1
            parcel = _parcel(wohngeld(chance, clock.now()), mapping)
            all_accepted &= await _send(outbox, parcel, service)
    finally:
        await outbox.aclose()
    return all_accepted


def _outbox(
    access: SandboxAccess, folder: Path
) -> tuple[FitConnectOutbox, dict[str, Setting]]:
    connection = Fields(
        {
            "token_url": access.text("token_url"),
            "submission_url": access.text("base_url"),
            "destination_url": access.text("destination_api_url"),
            "client_id": access.text("sender", "client_id"),
            "client_secret": "env:SENDER",
        },
        "connection",
    )
    mapping: dict[str, Setting] = {
        "destination": access.text("destination_id"),
        "schema": _SCHEMA,
    }
    surroundings = Surroundings(
        secrets=_OneSecret(secret=access.text("sender", "client_secret")),
        home=folder,
        clock=SystemClock(),
        notes=MemoryNotes(),
    )
    outbox = FitConnectOutbox(
        parse_connection(connection), surroundings, mapping=mapping
    )
    return outbox, mapping


def _parcel(made: Application, mapping: dict[str, Setting]) -> Parcel:
    documents = [_document(made.main, Role.MAIN, 1)]
    for number, one in enumerate(made.attachments, start=2):
        documents.append(_document(one, Role.ATTACHMENT, number))
    name = uuid.uuid4().hex
    return Parcel(
        delivery=DeliveryId(name),
        case_number=CaseNumber(""),
        tracking_id=TrackingId(name),
        service=made.service,
        received_at=SystemClock().now(),
        payload=name,
        mapping=mapping,
        documents=tuple(documents),
    )


def _document(part: Part, role: Role, number: int) -> ParcelDocument:
    content = part.content if isinstance(part.content, bytes) else b""

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return ParcelDocument(
        name=f"{number:04}",
        role=role,
        media_type=part.media_type,
        filename=part.filename,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        open=chunks,
    )


async def _send(
    outbox: FitConnectOutbox, parcel: Parcel, service: Onlinedienst
) -> bool:
    outcome = await outbox.deliver(parcel)
    if not isinstance(outcome, DeliveryConfirmed):
        note(f"FIT-Connect did not take it: {outcome.code}")
        return False
    shown = await outbox.follow(parcel.delivery)
    _tell(shown, service)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not shown.stage.is_final:
                await asyncio.sleep(_LOOK_SECONDS)
                shown = await _look(outbox, parcel, shown)
    except TimeoutError:
        note("Nobody has answered it so far.")
        return False
    _tell(shown, service)
    return shown.stage is Stage.ACCEPTED


async def _look(
    outbox: FitConnectOutbox, parcel: Parcel, before: Transmission
) -> Transmission:
    try:
        return await outbox.follow(parcel.delivery)
    except CounterpartAway:
        return before


def _tell(shown: Transmission, service: Onlinedienst) -> None:
    events = [one.kind for one in shown.events]
    if service.as_json:
        line = {
            "submission": shown.submission,
            "stage": shown.stage.value,
            "events": events,
        }
        sys.stdout.write(f"{json.dumps(line)}\n")
        sys.stdout.flush()
    else:
        say(f"{shown.submission}  {shown.stage.value}  {' → '.join(events)}")
