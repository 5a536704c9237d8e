"""What to do about a delivery, given our notes and what the event log proves.

A second submission of the same delivery must never become visible to the recipient.
What is announced is invisible until it is submitted, and FIT-Connect deletes it after
a day; so only a submit counts, and each submit is noted before it leaves. Another
submission is announced only if the noted one certainly never was and never can be
submitted. A rejected one was there: whoever wants it sent anew makes another delivery.
"""

from dataclasses import dataclass
from typing import TypeAlias

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.outbox.notes import Notes


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The log shows it submitted, with these tags."""

    tags: Tags


@dataclass(frozen=True, kw_only=True, slots=True)
class NotShown:
    """The log is there and shows no submit."""

    deleted: bool
    """An incomplete submission that FIT-Connect has deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoLog:
    """FIT-Connect knows neither the submission nor its case."""


LogView: TypeAlias = Shown | NotShown | NoLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Announce:
    """Nothing of ours can be visible: begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GoOn:
    """Upload what is missing, and submit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """It is there, with our bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreign:
    """It is there, with other bytes than ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unprovable:
    """It may have been there, and nobody can tell any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Occupied:
    """It is there with the payload of an earlier try."""


Move: TypeAlias = Announce | GoOn | Done | Foreign | Unprovable | Occupied


def needs_log(notes: Notes) -> bool:
    """Whether a submit may have arrived, so that the log decides."""
    return notes.announcement is not None and bool(notes.submits)


def without_log(notes: Notes, payload: str) -> Move:
    """Where no submit has ever left."""
    if notes.announcement is None or notes.announcement.payload != payload:
        return Announce()
    return GoOn()


def with_log(notes: Notes, payload: str, view: LogView) -> Move:
    """Where a submit may have arrived."""
    announcement = notes.announcement
    if announcement is None:
        return Announce()
    match view:
        case Shown(tags=tags):
            if tags not in notes.possible_tags():
                return Foreign()
            return Done() if announcement.payload == payload else Occupied()
        case NotShown(deleted=True):
            return Announce()
        case NotShown():
            # A late submit of the earlier payload could still become visible.
            return GoOn() if announcement.payload == payload else Unprovable()
        case NoLog():
            return Unprovable()
