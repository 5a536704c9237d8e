"""What fetching from sources needs, wired once per process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.ports import CrashPoint, nothing_happens
from schemas.clock import Clock
from schemas.ids import RandomBytes, ServiceId
from schemas.limits import FREE_SPACE_FLOOR
from schemas.services import Service, Snapshot
from storage.base import Vault
from storage.channels import ChannelStore
from storage.deadlines import Deadlines
from storage.ports import Intake
from storage.source_states import SourceStates


@dataclass(frozen=True, kw_only=True, slots=True)
class SourcePorts:
    """Everything a source's rounds may use."""

    channels: ChannelStore
    states: SourceStates
    deadlines: Deadlines
    intake: Intake
    vault: Vault
    services: Mapping[ServiceId, Service]
    snapshots: Mapping[ServiceId, Snapshot]
    clock: Clock
    random_bytes: RandomBytes
    wake: Callable[[], None]
    """A case is due."""
    at: CrashPoint = nothing_happens
    floor: int = FREE_SPACE_FLOOR
    """Less room than this: everything stays where it is."""
