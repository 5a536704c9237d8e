"""Ports to the outside: what every counterpart's adapter offers."""

from dataclasses import dataclass
from typing import Protocol

from schemas.deliveries import Parcel
from schemas.ids import DeliveryId
from schemas.outcomes import Answer, AttemptOutcome, Certainty


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
