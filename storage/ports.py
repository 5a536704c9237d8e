"""Ports of the database that doors use; the worker's stand in work.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from schemas.cases import Arrival, Case, Reception
from schemas.events import RecordedEvent
from schemas.ids import (
    CaseNumber,
    OfficeId,
    SenderId,
    ServiceKey,
    TenantId,
    TrackingId,
)
from schemas.scope import Scope


class Intake(Protocol):
    """Receiving: one transaction, after which the case is due."""

    async def receive(self, arrival: Arrival) -> Reception:
        """Case, documents, first event and key, or what the key stands for.

        After any answer but Accepted the arrival's objects are unused: discard
        them. A concurrent twin waits for the first. Raises UnknownCase where
        ``replaces`` names no case of this sender.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderDay:
    """Reconciliation: what one sender handed in on one German day."""

    day: date
    taken: int
    by_state: tuple[tuple[str, int], ...]
    cases: tuple[Case, ...]


class CaseReader(Protocol):
    """Reading cases; the scope is checked in the query."""

    async def of_sender(
        self, tenant: TenantId, sender: SenderId, tracking: TrackingId
    ) -> Case:
        """The sender's own case. Raises UnknownCase for anybody else's."""
        ...

    async def day_of_sender(
        self, tenant: TenantId, sender: SenderId, day: date
    ) -> SenderDay:
        """Everything the sender handed in that day, in order of receipt."""
        ...

    async def by_number(self, scope: Scope, number: CaseNumber) -> Case:
        """Raises UnknownCase."""
        ...

    async def list(
        self, scope: Scope, *, state: str = "", service: str = "", limit: int = 50
    ) -> Sequence[Case]:
        """Newest first."""
        ...

    async def events(self, case: Case) -> tuple[RecordedEvent, ...]:
        """The chain, in order."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderToken:
    """Who a token stands for and what it may do."""

    tenant: TenantId
    sender: SenderId
    offices: frozenset[OfficeId]
    services: frozenset[ServiceKey]
    """Empty = every service of the offices; offices empty = every office."""


class Tokens(Protocol):
    """Sender tokens, stored hashed."""

    async def create(self, token: SenderToken, secret: str) -> None:
        """Remember the hash of this secret."""
        ...

    async def find(self, secret: str) -> SenderToken | None:
        """Whose secret this is; None when unknown or revoked."""
        ...
