"""Work on a leased case: what a worker holds, and what it commits."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from schemas.cases import Case, Lane
from schemas.documents import Document, WrappedKey
from schemas.events import Event
from schemas.ids import DeliveryId, DestinationId, StepName, WorkerId
from schemas.limits import SLOTS
from schemas.outcomes import AttemptOutcome, Certainty
from schemas.states import CaseState, Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try of a delivery, as the database remembers it."""

    number: int
    epoch: int
    started_at: datetime
    outcome: str
    """open, delivered, failed or unknown."""
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A delivery that has begun: its payload is frozen."""

    id: DeliveryId
    destination: DestinationId
    generation: int
    payload: str
    state: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeasedCase:
    """A case this worker may work on until its epoch is over."""

    case: Case
    worker: WorkerId
    epoch: int
    version: int
    seq: int
    head: bytes
    queue: str
    lane: Lane
    takeovers: int
    permit: str
    """The destination queue whose parallelism it is using; "" = none."""
    share: int = SLOTS
    """How many of its worker's slots one destination may hold at most."""
    ordering_key: str
    own_failures: int
    trying_since: datetime | None
    done: tuple[StepName, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    """A case's documents and the wrapped key that opens them."""

    key: WrappedKey
    documents: tuple[Document, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepDone:
    """A step's result: never run again."""

    step: StepName
    result: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """The worker goes on with the case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DueIn:
    """The case goes back into a queue and is due at a moment."""

    queue: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """Nobody works on it until something happens to it."""


Then: TypeAlias = Keep | DueIn | Rest


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderedAnswer:
    """What the sender is to be told over its channel: once, and never otherwise."""

    accepted: bool
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """One commit: the state, what happened, which steps have results, what next."""

    state: CaseState
    events: tuple[Event, ...]
    steps: tuple[StepDone, ...] = ()
    then: Then = Keep()
    came_from: CaseState | None = None
    """For a state aside: where the case goes back to."""
    disturbances: tuple[tuple[str, str], ...] = ()
    """Places and codes of trouble of ours that somebody must hear of."""
    answer: OrderedAnswer | None = None
    """For a case that came over a channel: committed with everything else, sent
    by a duty later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptOpening:
    """What is committed before the first byte leaves."""

    delivery: DeliveryId
    destination: DestinationId
    generation: int
    payload: str
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptEnd:
    """How an attempt ended; a receipt comes sealed for keeping."""

    delivery: DeliveryId
    destination: DestinationId
    number: int
    started_at: datetime
    outcome: AttemptOutcome
    certainty: Certainty
    sealed_receipt: bytes = b""
