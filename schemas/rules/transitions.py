"""Which state may follow which; anything else is a bug of ours."""

from typing import Final

from schemas import states as s
from schemas.errors import Ours
from schemas.states import CaseState

_ASIDE: Final = (s.Quarantined, s.Waiting, s.InReview)
_MAIN: Final = (
    s.Received,
    s.Checked,
    s.Acknowledged,
    s.Assigned,
    s.Delivering,
    s.Delivered,
    s.Archived,
)
_MAY_FOLLOW: Final[dict[type[CaseState], tuple[type[CaseState], ...]]] = {
    s.Received: (s.Checked, s.Refused, *_ASIDE),
    s.Checked: (s.Acknowledged, s.Refused, *_ASIDE),
    s.Acknowledged: (s.Assigned, *_ASIDE),
    # Given up without a single attempt: its destination was away all the time.
    s.Assigned: (s.Delivering, s.Delivered, s.Archived, s.Undeliverable, *_ASIDE),
    s.InReview: (*_MAIN, s.Refused, s.Undeliverable),
    s.Delivering: (s.Delivered, s.Assigned, s.Undeliverable, *_ASIDE),
    s.Delivered: (s.Archived, *_ASIDE),
    s.Archived: (s.Closed, *_ASIDE),
    s.Closed: (),
    s.Refused: (s.Archived, s.Closed),
    s.Quarantined: (*_MAIN, s.Waiting),
    s.Waiting: (*_MAIN, s.Quarantined),
    s.Undeliverable: (s.Delivering,),
}


_TAKEN_BACK: Final = (s.Assigned, s.Delivering, s.Delivered, s.Archived, s.Closed)
"""Where a case may stand whose delivery was confirmed, and is rejected later."""


class IllegalTransition(Ours):
    """A step wanted a state that cannot follow."""

    code = "E-TRANSITION"
    sentence = "A step asked for a state that cannot follow."
    remedy = "This is a bug; the case is quarantined and unharmed."


def may_follow(old: CaseState, new: CaseState) -> bool:
    """Whether the life of a case allows this step; staying is always allowed."""
    return type(new) is type(old) or type(new) in _MAY_FOLLOW[type(old)]


def follow(old: CaseState, new: CaseState) -> CaseState:
    """The new state. Raises IllegalTransition."""
    if not may_follow(old, new):
        raise IllegalTransition(f"{type(old).__name__} -> {type(new).__name__}")
    return new


def may_reopen(state: CaseState) -> bool:
    """Whether a late rejection may make a dead letter of the case now.

    Apart from ``may_follow``: no step and no timer may take a case back from here.
    """
    return isinstance(state, _TAKEN_BACK)


def is_open(state: CaseState) -> bool:
    """Whether the case has not ended."""
    return not isinstance(state, s.Closed | s.Refused)


def leaves_line(state: CaseState) -> bool:
    """Whether those behind it in a strict line may go on.

    A dead letter leaves the line, and so does what a person must look at for
    our own sake; a case that waits or is in review keeps its place.
    """
    return isinstance(
        state,
        s.Delivered
        | s.Archived
        | s.Closed
        | s.Refused
        | s.Quarantined
        | s.Undeliverable,
    )
