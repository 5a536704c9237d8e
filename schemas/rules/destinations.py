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
    suspects: tuple[CaseId, ...] = ()
    """Whose failures paused it last. Another case has passed since, so that the same
    failures now are theirs; else a few bad cases would pause it for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paused:
    """Nothing passes but one probe at a time."""

    reason: str
    since: datetime
    wait: timedelta
    next_probe_at: datetime
    witnesses: tuple[CaseId, ...] = ()


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
        case Paused(next_probe_at=due, wait=wait):
            # Further off than its wait: the clock was set back since.
            return 1 if due <= now or due > now + wait else 0
        case Held():
            return 0
    assert_never(state)


def after_success(state: DestinationState, *, limit: int) -> DestinationState:
    """A delivery was confirmed: forget failures, resume, go 1, 2, 4 and so on."""
    match state:
        case Open(parallel=0):
            return STEADY
        case Open(parallel=parallel):
            if 2 * parallel >= limit:
                return STEADY
            return replace(state, parallel=2 * parallel, failing=())
        case Paused(witnesses=witnesses):
            return Open(parallel=1, suspects=witnesses)
        case Held():
            return state
    assert_never(state)


def after_failure(
    state: DestinationState, *, case: CaseId, code: str, whole: bool, now: datetime
) -> Fate:
    """The counterpart was away for this case."""
    match state:
        case Open(failing=failing, suspects=suspects):
            failing = (*(c for c in failing if c != case), case)
            # While ramping up no fewer are asked for: one bad case at the head of
            # the queue would pause the destination again and again.
            witnesses = tuple(c for c in failing if c not in suspects)
            if not whole and len(witnesses) < WITNESSES:
                return Fate(state=replace(state, failing=failing), counts=True)
            paused = Paused(
                reason=code,
                since=now,
                wait=FIRST_PROBE,
                next_probe_at=now + FIRST_PROBE,
                witnesses=witnesses,
            )
            return Fate(state=paused, counts=False, excused=failing[:-1])
        case Paused(next_probe_at=due, wait=wait) if now < due <= now + wait:
            # It had left before the pause: no probe, and no reason to wait longer.
            return Fate(state=state, counts=False)
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
