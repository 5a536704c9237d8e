"""What to do about a delivery, given our notes and what event logs prove.

A second submission of the same delivery must never become visible to the recipient.
What is announced is invisible until it is submitted, and FIT-Connect deletes it after
a day; so only a submit counts. Two rules keep it single, whoever works on it:

1. Before a submit leaves, it is noted under its submission, and all that is noted
   then is looked at: where another submission's submit is noted, it does not leave.
   Of two processes at once one at most passes, since the second sees the first's.
2. Another submission is announced only when every noted one certainly was not
   submitted and cannot be any more: its log shows no submit, and it is deleted.

A rejected one was there: whoever wants it sent anew makes another delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.outbox.notes import Begun, Notes


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The log shows it submitted, with these tags."""

    tags: Tags


@dataclass(frozen=True, kw_only=True, slots=True)
class NotShown:
    """The log is there and shows no submit."""

    deleted: bool
    """It cannot be submitted any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoLog:
    """FIT-Connect knows neither the submission nor its case."""


LogView: TypeAlias = Shown | NotShown | NoLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Announce:
    """Nothing of ours can be visible: begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GoOn:
    """With the announced submission: upload what is missing, and submit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """It is there, with our bytes."""

    begun: Begun


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreign:
    """It is there, with other bytes than ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Occupied:
    """It is there, with another payload."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unprovable:
    """It may have been there, and nobody can tell any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Undecided:
    """Another one may still become visible: wait until it does or is deleted."""


Move: TypeAlias = Announce | GoOn | Done | Foreign | Occupied | Unprovable | Undecided


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """Submissions that FIT-Connect has turned us away from in this call."""

    gone: frozenset[str] = frozenset()
    """It said that it has no such submission: nobody can submit it any more."""
    refused: frozenset[str] = frozenset()
    """It takes nothing for it, whyever: perhaps it was submitted."""

    def __contains__(self, submission: str) -> bool:
        return submission in self.gone or submission in self.refused


OPEN: Final = Closed()


def next_move(
    notes: Notes, payload: str, views: Mapping[str, LogView], closed: Closed = OPEN
) -> Move:
    """``views``: of every submission that ``notes.begun`` names."""
    for submission, begun in notes.begun.items():
        match views[submission]:
            case Shown(tags=tags) if tags not in begun.tags:
                return Foreign()
            case Shown():
                return Done(begun=begun) if begun.payload == payload else Occupied()
            case _:
                continue
    if any(isinstance(view, NoLog) for view in views.values()):
        return Unprovable()
    possible = [
        one
        for one in notes.begun
        if one not in closed.gone and views[one] != NotShown(deleted=True)
    ]
    announcement = notes.announcement
    is_usable = (
        announcement is not None
        and announcement.payload == payload
        and announcement.submission not in closed
    )
    if possible:
        is_ours = announcement is not None and possible == [announcement.submission]
        return GoOn() if is_ours and is_usable else Undecided()
    # What is announced and begun at once would be among the possible.
    is_fresh = is_usable and not notes.begun
    return GoOn() if is_fresh else Announce()


def may_submit(notes: Notes, submission: str) -> bool:
    """The first rule; the notes are read after our submit was noted."""
    return notes.begun.keys() == {submission}
