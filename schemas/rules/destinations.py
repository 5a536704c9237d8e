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
IN_A_ROW: Final = 5
"""So many failures with no success between do as well, where fewer cases are there
to bear witness: one alone, or the head of a strict line."""
REMEMBERED: Final = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """Deliveries pass; ``failing`` are the cases that failed since a success.

    One that has failed several times since then stands there several times.
    """

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
    """What a failure means: the destination's new state, and who is charged.

    ``charge``: 1 where it is the case's own failure, 0 where it is not, -1 where
    the one before turns out not to have been. ``excused``: others of whom that is
    true.
    """

    state: DestinationState
    charge: int
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
            before, failing = set(failing), (*failing, case)
            different = tuple(dict.fromkeys(failing))
            # While ramping up no fewer are asked for: one bad case at the head of
            # the queue would pause the destination again and again.
            witnesses = [c for c in different if c not in suspects]
            in_a_row = len(failing) - (len(different) - len(witnesses))
            if whole or len(witnesses) >= WITNESSES or in_a_row >= IN_A_ROW:
                return _pause(case, before, different, code=code, now=now)
            # Charged is who fails while others pass: nobody has since it failed last.
            charge = 0 if case in before else 1
            return Fate(state=replace(state, failing=failing), charge=charge)
        case Paused(next_probe_at=due, wait=wait) if now < due <= now + wait:
            # It had left before the pause: no probe, and no reason to wait longer.
            return Fate(state=state, charge=0)
        case Paused(wait=wait):
            longer = next_probe(wait)
            again = replace(state, wait=longer, next_probe_at=now + longer)
            return Fate(state=again, charge=0)
        case Held():
            return Fate(state=state, charge=0)
    assert_never(state)


def _pause(
    case: CaseId,
    charged: set[CaseId],
    failing: tuple[CaseId, ...],
    *,
    code: str,
    now: datetime,
) -> Fate:
    """What everybody was charged with since the last success was its fault."""
    paused = Paused(
        reason=code,
        since=now,
        wait=FIRST_PROBE,
        next_probe_at=now + FIRST_PROBE,
        witnesses=failing[-REMEMBERED:],
    )
    return Fate(
        state=paused,
        charge=-1 if case in charged else 0,
        excused=tuple(one for one in failing if one != case),
    )


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
