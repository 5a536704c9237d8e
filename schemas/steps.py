"""What a step can come back with."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from schemas.events import Event
from schemas.states import CaseState, Problem
from schemas.work import OrderedAnswer


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The step has its result; the process goes on."""

    state: CaseState
    event: Event
    result: str = ""
    found: tuple[Event, ...] = ()
    """What was seen on the way; it goes into the chain before the event."""
    answer: OrderedAnswer | None = None
    """What the sender is to hear over its channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """The sender must correct; the process goes on to tell them, and ends."""

    problems: tuple[Problem, ...]
    found: tuple[Event, ...] = ()
    """As in ``Done``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Isolate:
    """We must look: the case is quarantined."""

    code: str
    found: tuple[Event, ...] = ()
    """As in ``Done``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskPerson:
    """A person must decide; the case rests until then."""

    question: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitUntil:
    """Nothing can be done before a moment."""

    reason: str
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Away:
    """A counterpart is away: it pauses, the case waits in its queue.

    ``whole``: no case could pass now, so there is no need for three witnesses.
    """

    counterpart: str
    code: str
    whole: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """The step has committed its result by itself; the process goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """The step has committed by itself and the case is no longer ours."""


StepResult: TypeAlias = (
    Done | Refuse | Isolate | AskPerson | WaitUntil | Away | Committed | Released
)
