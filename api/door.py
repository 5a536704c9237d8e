"""What the HTTP door is given: ports and values, nothing it reaches for itself."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from adapters.base import Finding
from api.callbacks import Callbacks
from api.intake.limits import DEFAULT_LIMITS, DoorLimits
from schemas.clock import Clock
from schemas.ids import RandomBytes, ServiceId
from schemas.services import Configuration, Snapshot
from storage.base import Vault
from storage.ports import CaseReader, Intake, Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Everything behind the door."""

    intake: Intake
    cases: CaseReader
    tokens: Tokens
    vault: Vault
    configuration: Configuration
    snapshots: Mapping[ServiceId, Snapshot]
    """What a case of each service keeps; made once, with the configuration."""
    clock: Clock
    random_bytes: RandomBytes
    wake: Callable[[], None]
    """Called after a commit; must not block. A hint: losing it costs a second."""
    ready: Callable[[], Awaitable[tuple[Finding, ...]]]
    """Checks what lies behind the ports; the door adds vault and configuration."""
    limits: DoorLimits = DEFAULT_LIMITS
    callbacks: Callbacks | None = None
    """None where nobody may call."""
    monotonic: Callable[[], float] = time.monotonic
