"""A FIT-Connect way out to a sandbox, for tests."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx

from adapters.base import DeliveryNotes, Surroundings
from adapters.fitconnect.outbox.adapter import FitConnectOutbox, Pause
from adapters.fitconnect.outbox.parsing import parse_connection
from adapters.memory import MemoryNotes
from adapters.secrets import MachineSecrets
from schemas.clock import Clock, SystemClock
from schemas.fields import Fields
from schemas.services import Setting
from tests.counterparts.fitconnect import Pointed
from tests.counterparts.fitconnect_party import SCHEMA_URI


def mapping_to(sandbox: Pointed, **more: Setting) -> dict[str, Setting]:
    """What is sent: the sandbox's own schema, to its own destination."""
    return {"destination": sandbox.destination, "schema": SCHEMA_URI, **more}


def connection_to(
    sandbox: Pointed, *, version: str = "v2", **more: Setting
) -> dict[str, Setting]:
    """Every address of the sandbox, as an operator writes them down."""
    return {
        "version": version,
        "token_url": sandbox.token_url,
        "submission_url": sandbox.base_url,
        "routing_url": f"{sandbox.base_url}/routing-api",
        "self_service_issuer": f"{sandbox.base_url}/portal",
        "client_id": sandbox.sender.client_id,
        "client_secret": "env:FIT_SECRET",
        **more,
    }


def way_to(
    sandbox: Pointed,
    *,
    notes: DeliveryNotes | None = None,
    clock: Clock | None = None,
    mapping: Mapping[str, Setting] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    pause: Pause = asyncio.sleep,
    **more: Setting,
) -> FitConnectOutbox:
    """Ready to deliver; ``more`` are settings of the connection."""
    version = str(more.pop("version", "v2"))
    fields = Fields(connection_to(sandbox, version=version, **more), "connection")
    connection = parse_connection(fields)
    assert not fields.finish()
    home = Path("/")
    return FitConnectOutbox(
        connection,
        Surroundings(
            secrets=MachineSecrets(
                environ={"FIT_SECRET": sandbox.sender.client_secret}, home=home
            ),
            home=home,
            clock=clock or SystemClock(),
            notes=notes or MemoryNotes(),
        ),
        mapping=mapping_to(sandbox) if mapping is None else mapping,
        transport=transport,
        pause=pause,
    )
