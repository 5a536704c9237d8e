"""Ports to the outside: what every counterpart's adapter offers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from schemas.clock import Clock
from schemas.deliveries import Parcel
from schemas.ids import DeliveryId
from schemas.outcomes import Answer, AttemptOutcome, Certainty
from schemas.secrets import SecretReference


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing a check looked at: what, whether it is well, what to do."""

    subject: str
    ok: bool
    remedy: str = ""


class Outbox(Protocol):
    """Delivers parcels to one destination.

    ``deliver`` and ``ask`` never raise for anything the counterpart or the
    network does: they sort it into an outcome. They end within their total
    deadline. Cancelling them is safe; the caller then calls the outcome unknown.
    """

    @property
    def certainty(self) -> Certainty:
        """What can be done about an unknown outcome."""
        ...

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        """Send once. The delivery id is the idempotency key."""
        ...

    async def ask(self, delivery: DeliveryId) -> Answer:
        """Whether the counterpart has it; only where it can be asked."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...


class Checkable(Protocol):
    """Proves settings, credentials and reachability without changing anything."""

    async def check(self) -> tuple[Finding, ...]:
        """What was looked at, in order; never raises."""
        ...


class WayOut(Outbox, Checkable, Protocol):
    """What the registry builds for a destination."""


class SecretReader(Protocol):
    """Reads secrets where their references point to, anew each time."""

    def read(self, reference: SecretReference) -> str:
        """The secret without its line end. Raises SecretMissing."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an adapter may use of the machine it runs on."""

    secrets: SecretReader
    home: Path
    """Where relative paths of a configuration begin (AMTSWEG_HOME)."""
    clock: Clock
