"""Replies within a channel's case: where one stands, and when it alarms whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from schemas.clock import local_day
from schemas.replies import ReplyState
from schemas.rules.tracing import Standing, next_day
from schemas.rules.waits import ANSWER_DAYS, answer_stage

REPLY_WAITS: Final = "E-FIT-REPLY-WAITS"
_DAY: Final = "E-FIT-REPLY-DAY-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Replied:
    """A reply, as far as this matters."""

    number: str
    place: str
    is_ours: bool
    """We have sent it."""
    state: ReplyState
    code: str
    since: datetime
    answered_at: datetime | None


def reply_stands(
    before: ReplyState | None, seen: ReplyState, *, is_listed: bool
) -> ReplyState:
    """What was proved once stays proved; what is listed no more waits no more."""
    if seen is not ReplyState.UNPROVED:
        return seen
    if before is not None and not before.is_open and before is not ReplyState.GONE:
        return before
    if not is_listed:
        return ReplyState.GONE
    return ReplyState.WAITING if before is ReplyState.WAITING else seen


def sent_stands(before: ReplyState, seen: ReplyState, *, is_due: bool) -> ReplyState:
    """One of ours; once no answer is due any more, it waits no more."""
    stands = reply_stands(before, seen, is_listed=is_due)
    return ReplyState.GONE if stands.is_open and not is_due else stands


def reply_codes(age: timedelta) -> frozenset[str]:
    """The alarms for the oldest reply that nobody here has answered."""
    days = ANSWER_DAYS[: answer_stage(age)]
    return frozenset({REPLY_WAITS, *(f"{_DAY}{day}" for day in days)})


def what_to_do(number: str) -> str:
    """The command by which a person fetches and accepts a reply."""
    return f"amtsweg fitconnect replies {number} --save FOLDER --accept"


def standing_of_reply(reply: Replied, now: datetime) -> Standing:
    """In German, like everything that is told of a submission."""
    where, advice = _ours(reply) if reply.is_ours else _theirs(reply)
    trouble = f" Zuletzt: {reply.code}." if reply.code else ""
    deadline = next_day(reply.since, now) if reply.state.is_open else ""
    return Standing(where=where + trouble, deadline=deadline, advice=advice)


def _theirs(reply: Replied) -> tuple[str, str]:
    match reply.state:
        case ReplyState.WAITING | ReplyState.UNPROVED:
            proved = reply.state is ReplyState.WAITING
            doubt = "" if proved else " Kein Ereignis beweist, was abgeschickt wurde."
            return (
                f"Der Empfänger hat geantwortet; noch ist es nicht angenommen.{doubt}",
                f"`{what_to_do(reply.number)}` speichert sie und nimmt sie an.",
            )
        case ReplyState.ACCEPTED:
            return f"Von uns angenommen{_date(reply)}.", "Nichts zu tun."
        case ReplyState.REJECTED:
            return (
                f"Abgelehnt{_date(reply)}: Der Empfänger weiß, dass sie nicht ankam.",
                f"Wird sie gebraucht: Bei {reply.place} nachfragen.",
            )
        case ReplyState.DELETED:
            return (
                f"Dort gelöscht{_date(reply)}, ohne dass sie jemand annahm.",
                f"Wurde sie nicht gespeichert: Bei {reply.place} nachfragen.",
            )
        case ReplyState.GONE:
            return (
                "Sie liegt dort nicht mehr; kein Ereignis beweist, warum.",
                f"Wurde sie nicht gespeichert: Bei {reply.place} nachfragen.",
            )
        case _:
            assert_never(reply.state)


def _ours(reply: Replied) -> tuple[str, str]:
    match reply.state:
        case ReplyState.WAITING | ReplyState.UNPROVED:
            proved = reply.state is ReplyState.WAITING
            doubt = "" if proved else " Kein Ereignis beweist es."
            return (
                f"Unsere Antwort liegt beim Absender; angenommen ist sie nicht.{doubt}",
                "Abwarten; nach drei Tagen den Absender fragen, ob er abruft.",
            )
        case ReplyState.ACCEPTED:
            return f"Unsere Antwort ist angenommen{_date(reply)}.", "Nichts zu tun."
        case ReplyState.REJECTED:
            return (
                f"Unsere Antwort wurde abgelehnt{_date(reply)}.",
                "Den Absender fragen, warum; auf anderem Weg antworten.",
            )
        case ReplyState.DELETED:
            return (
                f"Unsere Antwort wurde gelöscht{_date(reply)}; niemand nahm sie an.",
                "Auf anderem Weg antworten.",
            )
        case ReplyState.GONE:
            return (
                "Unsere Antwort ging hinaus; kein Ereignis beweist, was daraus wurde.",
                "Den Absender fragen, ob er sie hat; sonst auf anderem Weg antworten.",
            )
        case _:
            assert_never(reply.state)


def _date(reply: Replied) -> str:
    at = reply.answered_at
    return f" am {local_day(at):%d.%m.%Y}" if at else ""
