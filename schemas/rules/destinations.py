"""How a destination fares: pausing, probing and ramping up, as values.

Away belongs to the destination, not to the case: a pause uses up no attempts.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never

from schemas.ids import CaseId
from schemas.rules.waits import FIRST_PROBE, next_probe

WITNESSES: Final = 3
"""Different cases that must fail, with no success between, for a pause."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """Deliveries pass; ``failing`` are the cases that failed since a success."""

    failing: tuple[CaseId, ...] = ()
    parallel: int = 0
    """While ramping up: how many at once; 0 = as many as configured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paused:
    """Nothing passes but one probe at a time."""

    reason: str
    since: datetime
    wait: timedelta
    next_probe_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A person paused it; only a person resumes it."""

    reason: str
    since: datetime


DestinationState: TypeAlias = Open | Paused | Held

STEADY: Final = Open()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What a failure means: the destination's new state, and who is excused.

    ``counts``: it is the case's own failure. ``excused``: cases whose failures,
    as it turns out now, were the destination's.
    """

    state: DestinationState
    counts: bool
    excused: tuple[CaseId, ...] = ()


def allowed(state: DestinationState, *, limit: int, now: datetime) -> int:
    """How many cases may be on their way there at once."""
    match state:
        case Open(parallel=0):
            return limit
        case Open(parallel=parallel):
            return min(parallel, limit)
        case Paused(next_probe_at=due):
            return 1 if due <= now else 0
        case Held():
            return 0
    assert_never(state)


def after_success(state: DestinationState, *, limit: int) -> DestinationState:
    """A delivery was confirmed: forget failures, resume, go 1, 2, 4 and so on."""
    match state:
        case Open(parallel=0):
            return STEADY
        case Open(parallel=parallel):
            return STEADY if 2 * parallel >= limit else Open(parallel=2 * parallel)
        case Paused():
            return Open(parallel=1) if limit > 1 else STEADY
        case Held():
            return state
    assert_never(state)


def after_failure(
    state: DestinationState, *, case: CaseId, code: str, whole: bool, now: datetime
) -> Fate:
    """The counterpart was away for this case."""
    match state:
        case Open(failing=failing, parallel=parallel):
            witnesses = (*(c for c in failing if c != case), case)
            # One failure while ramping up is enough: it has only just come back.
            if whole or parallel or len(witnesses) >= WITNESSES:
                paused = Paused(
                    reason=code,
                    since=now,
                    wait=FIRST_PROBE,
                    next_probe_at=now + FIRST_PROBE,
                )
                return Fate(state=paused, counts=False, excused=witnesses[:-1])
            return Fate(state=replace(state, failing=witnesses), counts=True)
        case Paused(wait=wait):
            longer = next_probe(wait)
            again = replace(state, wait=longer, next_probe_at=now + longer)
            return Fate(state=again, counts=False)
        case Held():
            return Fate(state=state, counts=False)
    assert_never(state)


def held(reason: str, now: datetime) -> Held:
    """A person pauses the destination."""
    return Held(reason=reason, since=now)


def resumed(state: DestinationState, now: datetime) -> DestinationState:
    """A person lets it go on: with one probe first where it was failing."""
    match state:
        case Open():
            return state
        case Paused():
            return replace(state, wait=FIRST_PROBE, next_probe_at=now)
        case Held():
            return Open(parallel=1)
    assert_never(state)
