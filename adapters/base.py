"""Ports to the outside: what every counterpart's adapter offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from schemas.channels import (
    Announced,
    Answered,
    ChannelEvent,
    ChannelSubmission,
    Gone,
    TechnicalAnswer,
    Transmission,
)
from schemas.clock import Clock
from schemas.deliveries import Parcel
from schemas.documents import Role
from schemas.ids import DeliveryId
from schemas.outcomes import Answer, AttemptOutcome, Certainty
from schemas.replies import ListedReply, SeenReply
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


@runtime_checkable
class Patient(Protocol):
    """A way out that may need longer than ``CALL_DEADLINE`` for a big case.

    Only where a repetition at the same moment does no harm: whoever takes the case
    over does not wait for it.
    """

    def patience(self, parcel: Parcel) -> timedelta:
        """At most how long ``deliver`` takes; never above ``LONGEST_CALL``."""
        ...


class Checkable(Protocol):
    """Proves settings, credentials and reachability without changing anything."""

    async def check(self) -> tuple[Finding, ...]:
        """What was looked at, in order; never raises."""
        ...


class WayOut(Outbox, Checkable, Protocol):
    """What the registry builds for a destination."""


class DeliveryNotes(Protocol):
    """What an adapter must know of a delivery after a crash: ids, tags; no content."""

    async def read(self, delivery: DeliveryId) -> Mapping[str, str]:
        """Everything noted so far; empty before the first time."""
        ...

    async def keep(
        self, delivery: DeliveryId, notes: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Add or replace these; everything that is noted then, and durable.

        Of two who keep at one moment the second sees what the first has kept.
        Raises DatabaseAway.
        """
        ...


@runtime_checkable
class Followed(Protocol):
    """A way out whose counterpart decides about a delivery later."""

    async def follow(self, delivery: DeliveryId) -> Transmission:
        """How it stands there now. Raises CounterpartAway, and errors of ours."""
        ...


@runtime_checkable
class Replied(Protocol):
    """A way out whose counterpart may answer within the case, where that is on."""

    @property
    def takes_replies(self) -> bool:
        """Whether it is switched on; where not, nobody is asked for any."""
        ...

    async def replies(self) -> tuple[ListedReply, ...]:
        """What waits there unanswered, in whoever's cases.

        Raises CounterpartAway, and errors of ours.
        """
        ...

    async def reply(self, delivery: DeliveryId, listed: ListedReply) -> SeenReply:
        """How far one to a delivery is, as far as that is proved. Raises likewise."""
        ...


@runtime_checkable
class Replying(Protocol):
    """A mailbox over which we may answer within the case, where that is on."""

    @property
    def sends_replies(self) -> bool:
        """Whether it is switched on."""
        ...

    async def sent_reply(self, listed: ListedReply) -> SeenReply:
        """How far one of ours is, as far as that is proved. Raises as ``events``."""
        ...


@runtime_checkable
class Proving(Protocol):
    """A mailbox whose channel keeps a log of what happened to a submission."""

    async def events(self, announced: Announced) -> tuple[ChannelEvent, ...]:
        """What is verified of it there now. Raises CounterpartAway, errors of ours."""
        ...


class DocumentShelf(Protocol):
    """Takes one document after the other; each is visible only when it is kept."""

    async def write(self, chunk: bytes) -> None:
        """Append to the open document, opening one where none is.

        Raises StorageFull, StorageBroken.
        """
        ...

    async def keep(self, *, role: Role, media_type: str, filename: str) -> None:
        """Make the open document durable; one without a byte may be kept, too."""
        ...

    async def drop(self) -> None:
        """Leave nothing of the open document; harmless where none is open."""
        ...


class Inbox(Protocol):
    """One mailbox of a channel that submissions are fetched from.

    Every method ends within its deadline, and raises CounterpartAway where the
    channel or the network fails; errors of ours (a key is missing, say) are
    raised as such. What is wrong with a *submission* is never raised: it stands in
    its ``inspection``.
    """

    async def listing(self) -> tuple[Announced, ...]:
        """Everything that waits, oldest first where the channel tells."""
        ...

    async def open(self, announced: Announced) -> "Opened | Gone":
        """Fetch all but the attachments, and verify what can be verified so far."""
        ...

    async def sign(self, answer: TechnicalAnswer) -> bytes:
        """The answer in the channel's form; done once, the bytes are kept."""
        ...

    async def answer(self, answer: TechnicalAnswer, token: bytes) -> Answered:
        """Send it, once or again: an answer that is there already is found."""
        ...

    async def expiring(self) -> frozenset[str]:
        """Codes for what will stop this mailbox before long, for an alarm in time."""
        ...

    async def check(self) -> tuple[Finding, ...]:
        """See Checkable."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...


class Opened(Protocol):
    """A submission on its way in: what is known before its documents are stored."""

    @property
    def service(self) -> str:
        """The channel's identifier of the public service; hostile text."""
        ...

    @property
    def submitted_at(self) -> datetime:
        """When the channel took it; the deadline counts from here."""
        ...

    async def store(self, shelf: DocumentShelf) -> ChannelSubmission:
        """Put main document and attachments onto the shelf.

        Nothing stays open there, whatever happens. What does not verify is not
        kept; if the main document cannot be opened, the bytes as received are
        kept in its place, and the inspection says why.
        """
        ...


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
    notes: DeliveryNotes
    config: Path | None = None
    """The operator's folder, where an adapter may look for tables of its own."""
