"""What every sending of one way out uses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from adapters.base import DeliveryNotes
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.outbox.counterparts import Counterparts
from adapters.fitconnect.outbox.settings import FitConnectConnection
from schemas.clock import Clock
from schemas.secrets import SecretReference


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """Ports and settings; time and randomness come from here, too."""

    client: FitConnectClient
    counterparts: Counterparts
    connection: FitConnectConnection
    notes: DeliveryNotes
    clock: Clock
    read_secret: Callable[[SecretReference], str]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    new_id: Callable[[], str] = lambda: str(uuid4())
