"""What the work needs from outside, wired once per process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.base import Outbox
from flows.turns import Turns
from schemas.clock import Clock
from schemas.ids import DestinationId
from storage.base import Archive, Vault
from storage.ledger import Ledger
from storage.papers import PaperStore

CrashPoint = Callable[[str], None]
"""Called between effect and commit; crash tests kill the process here."""


def nothing_happens(_: str) -> None:
    """The crash point of a process that nobody tests."""


class Outboxes(Protocol):
    """The ways out, as configured today."""

    def __getitem__(self, destination: DestinationId) -> Outbox:
        """Raises KeyError where it is not configured any more."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Everything a step may use."""

    ledger: Ledger
    papers: PaperStore
    vault: Vault
    archive: Archive
    outboxes: Mapping[DestinationId, Outbox] | Outboxes
    clock: Clock
    turns: Turns
    at: CrashPoint = nothing_happens
