"""Problems in three languages: ours, the events' and people's.

What comes from outside is looked up, never repeated: title and detail of an event
may name people.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.fitconnect.events.patterns import UUID, is_uuid
from adapters.fitconnect.events.problem_table import (
    ATTACHMENT,
    OF_ATTACHMENT,
    ProblemMeaning,
    ProblemTable,
    shipped_problems,
)
from adapters.fitconnect.events.tokens import EventProblem
from schemas.checking.outside import FitConnectProblem, Meanings
from schemas.states import Problem

TECHNICAL: Final = "fit-technical"
UNKNOWN: Final = "fit-unknown-reason"
"""A reason that a recipient gives and that our table does not have."""
MOST: Final = 100
"""Problems in one event; a thousand would tell a sender no more."""

_LONGEST_PLACE: Final = 300
_INSTANCE: Final = re.compile(f"attachment:({UUID.pattern})")
_SUFFIX: Final = re.compile(r"https://schema\.fitko\.de/[a-z/-]{1,100}/([a-z-]{1,60})")


def problem(
    code: str,
    *,
    location: str = "",
    detail: str = "",
    table: ProblemTable | None = None,
) -> Problem:
    """What a verification found, in the table's sentences.

    ``location`` is the attachment's id for those about one, else a place in our
    words; ``detail`` is a keyword of a schema, nothing from outside.
    """
    meaning = _table(table)[code]
    if _is_about_attachment(meaning):
        # An id that is none is somebody's text.
        location = location.lower() if is_uuid(location) else ""
    return Problem(
        code=code,
        location=location,
        german=meaning.german.replace(ATTACHMENT, location or "?"),
        english=meaning.english.replace(ATTACHMENT, location or "?"),
        detail=detail,
    )


def event_problems(
    problems: Sequence[Problem], meanings: Meanings, table: ProblemTable | None = None
) -> tuple[EventProblem, ...]:
    """What a rejection says: problems of verification, and findings of checks.

    ``meanings`` translates the latter. Never empty: an event must give a reason.
    """
    known = _table(table)
    told = dict.fromkeys(_told(one, meanings, known) for one in problems)
    if not told:
        told = {_told(problem(TECHNICAL, table=known), meanings, known): None}
    return tuple(told)[:MOST]


def received_problems(
    problems: Sequence[EventProblem], table: ProblemTable | None = None
) -> tuple[Problem, ...]:
    """Why a recipient rejected, in our sentences; each reason once."""
    known = _table(table)
    index = _index(known)
    heard = dict.fromkeys(_heard(one, index, known) for one in problems)
    return tuple(heard)[:MOST]


def _table(table: ProblemTable | None) -> ProblemTable:
    return shipped_problems() if table is None else table


def _is_about_attachment(meaning: ProblemMeaning) -> bool:
    return ATTACHMENT in meaning.instance + meaning.german + meaning.english


def _told(one: Problem, meanings: Meanings, table: ProblemTable) -> EventProblem:
    if one.code in table:
        meaning = table[one.code]
        instance = meaning.instance
        if instance == OF_ATTACHMENT:
            id_ = one.location
            instance = f"attachment:{id_}" if is_uuid(id_) else "submission"
        return _event(one, meaning, instance)
    found = meanings.get(one.code)
    fit = found.fit_connect if found else None
    if fit is None:
        return _event(one, table[TECHNICAL], table[TECHNICAL].instance)
    return _event(one, fit, fit.instance.value)


def _event(
    one: Problem, meaning: ProblemMeaning | FitConnectProblem, instance: str
) -> EventProblem:
    is_place = one.location.startswith("/") and len(one.location) <= _LONGEST_PLACE
    place = f" ({one.location})" if is_place else ""
    return EventProblem(
        type=meaning.type,
        title=meaning.title,
        detail=one.german + place,
        instance=instance,
    )


def _index(table: ProblemTable) -> Mapping[tuple[str, str, str], str]:
    """Codes by type, instance and title; by type and instance the last one."""
    exact = {(one.type, one.instance, one.title): code for code, one in table.items()}
    broad = {(one.type, one.instance, ""): code for code, one in table.items()}
    return {**broad, **exact}


def _heard(
    one: EventProblem, index: Mapping[tuple[str, str, str], str], table: ProblemTable
) -> Problem:
    attachment = _INSTANCE.fullmatch(one.instance)
    instance = OF_ATTACHMENT if attachment else one.instance
    code = index.get((one.type, instance, one.title)) or index.get(
        (one.type, instance, "")
    )
    if code and table[code].type == table[TECHNICAL].type:
        code = TECHNICAL
    if code:
        place = attachment.group(1) if attachment else ""
        return problem(code, location=place, table=table)
    suffix = _SUFFIX.fullmatch(one.type)
    return Problem(
        code=UNKNOWN,
        location="",
        german="Der Empfänger nennt einen Grund, den wir nicht kennen; er steht im "
        "Ereignis (`amtsweg fitconnect trace … --json`).",
        english="The recipient gives a reason that we do not know; the event has it "
        "(`amtsweg fitconnect trace … --json`).",
        detail=suffix.group(1) if suffix else "",
    )
