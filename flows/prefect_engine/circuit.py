"""A circuit breaker: after a failure Prefect is left alone for a while. Pure."""

from dataclasses import dataclass
from typing import Final, TypeAlias

SKIP_SECONDS: Final = 30.0
STARTING_SECONDS: Final = 120.0
"""So long after the start a server that does not answer may just be starting."""
_STARTING_PAUSE: Final = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """Prefect answers: runs are offered to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """Prefect is skipped; at a moment one try shows whether it is back."""

    since: float
    next_try: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Starting:
    """Prefect has not answered yet: tried more often, and nothing is wrong."""

    since: float
    next_try: float


Circuit: TypeAlias = Closed | Open | Starting


def starting(now: float) -> Circuit:
    """How it begins: with a try at once."""
    return Starting(since=now, next_try=now)


def succeeded() -> Circuit:
    """Prefect answered in time."""
    return Closed()


def failed(circuit: Circuit, now: float, skip: float = SKIP_SECONDS) -> Circuit:
    """Prefect failed, or was slow."""
    match circuit:
        case Starting(since=since) if now - since < STARTING_SECONDS:
            return Starting(since=since, next_try=now + _STARTING_PAUSE)
        case Open(since=since):
            return Open(since=since, next_try=now + skip)
        case _:
            return Open(since=now, next_try=now + skip)


def pause_before_try(circuit: Circuit, now: float) -> float | None:
    """Seconds until the one try; None when none is needed."""
    match circuit:
        case Closed():
            return None
        case Open(next_try=at) | Starting(next_try=at):
            return max(0.0, at - now)
