"""The Zustelldienst as a whole: its books, shelf, clock and keys, for every desk."""

import asyncio
import sqlite3
from dataclasses import dataclass, field

from adapters.fitconnect.sandbox.clock import SandboxClock
from adapters.fitconnect.sandbox.keys import OwnKey
from adapters.fitconnect.sandbox.shelf import Shelf
from adapters.fitconnect.sandbox.switches import Switches


@dataclass(frozen=True, kw_only=True, slots=True)
class Zustelldienst:
    """What desks share; they themselves hold nothing."""

    base_url: str
    database: sqlite3.Connection
    shelf: Shelf
    clock: SandboxClock
    key: OwnKey
    """Signs events."""
    portal_key: OwnKey
    """The Self-Service-Portal's, for destinations found by routing."""
    callback_secret: str
    switches: Switches
    callbacks_wait: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def portal_url(self) -> str:
        """Issuer of signatures over destinations."""
        return f"{self.base_url}/portal"
