"""What to do about a delivery, given the attempts it has had."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from schemas.outcomes import Certainty
from schemas.work import Attempt


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """Open this attempt and send."""

    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallUnknown:
    """An attempt of a worker that is gone stands open: nobody knows what came of it."""

    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AskCounterpart:
    """Ask by our delivery id, but not before a moment: a late call may still arrive."""

    number: int
    not_before: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveToPerson:
    """The counterpart can neither be asked nor take the same twice."""

    number: int


Move: TypeAlias = Try | CallUnknown | AskCounterpart | LeaveToPerson


def next_move(
    attempts: tuple[Attempt, ...], certainty: Certainty, *, settle: timedelta
) -> Move:
    """Never simply repeat what may have happened."""
    if not attempts:
        return Try(number=1)
    last = attempts[-1]
    if last.outcome == "open":
        return CallUnknown(number=last.number)
    if last.outcome != "unknown":
        return Try(number=last.number + 1)
    match certainty:
        case Certainty.IDEMPOTENT:
            return Try(number=last.number + 1)
        case Certainty.CAN_BE_ASKED:
            return AskCounterpart(
                number=last.number, not_before=last.started_at + settle
            )
        case Certainty.NEITHER:
            return LeaveToPerson(number=last.number)
    assert_never(certainty)
