"""What the work needs from outside, wired once per process."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from adapters.base import Outbox
from flows.turns import Turns
from schemas.channels import ChannelSubmission
from schemas.checking.policy import CheckPolicy
from schemas.clock import Clock
from schemas.findings import CheckResult
from schemas.ids import CaseId, DestinationId, SourceId, TenantId
from storage.base import Archive, Vault
from storage.ledger import Ledger
from storage.papers import PaperStore

CrashPoint = Callable[[str], None]
"""Called between effect and commit; crash tests kill the process here."""


def nothing_happens(_: str) -> None:
    """The crash point of a process that nobody tests."""


def nobody_waits(_: SourceId) -> None:
    """Answers are sent when their turn comes."""


class Channels(Protocol):
    """How cases came that were fetched from a source."""

    async def of_case(self, case: CaseId) -> ChannelSubmission:
        """Raises UnknownCase where it came otherwise."""
        ...


class Outboxes(Protocol):
    """The ways out, as configured today."""

    def __getitem__(self, destination: DestinationId) -> Outbox:
        """Raises KeyError where it is not configured any more."""
        ...


class Checker(Protocol):
    """Measures documents by schema packs."""

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        """What there is to say; for any bytes, and never an error of the document's.

        ``on`` is the day of receipt: it decides which versions were valid.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Everything a step may use."""

    ledger: Ledger
    papers: PaperStore
    vault: Vault
    archive: Archive
    outboxes: Mapping[DestinationId, Outbox] | Outboxes
    checker: Checker
    clock: Clock
    turns: Turns
    channels: Channels
    owners: Mapping[DestinationId, TenantId] = field(default_factory=dict)
    """Whose the ways out are today: a case may be older than that."""
    is_test: bool | None = None
    """Whether test messages belong here; None: it is not said."""
    at: CrashPoint = nothing_happens
    answered: Callable[[SourceId], None] = nobody_waits
    """Called after the commit that orders an answer: it may go out at once."""
