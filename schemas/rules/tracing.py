"""Where a submission is, until when something must happen, what to do: in German."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from schemas.channels import ChannelEvent, Stage
from schemas.clock import local_day
from schemas.rules.settlement import UNPROVABLE
from schemas.rules.waits import ANSWER_DAYS
from schemas.rules.wording import wording
from schemas.states import CaseState, Closed, Quarantined, Refused

REJECTED_BY_SERVICE: Final = "E-FIT-REJECTED-BY-SERVICE"
ANSWERED_OTHERWISE: Final = "E-FIT-ANSWERED-OTHERWISE"
_KINDS: Final = {
    "create-submission": "angekündigt",
    "submit-submission": "abgeschickt",
    "notify-submission": "Empfänger benachrichtigt",
    "forward-submission": "zur Weiterleitung übernommen",
    "accept-submission": "angenommen",
    "reject-submission": "abgelehnt",
    "delete-submission": "gelöscht",
    "create-reply": "Antwort angekündigt",
    "submit-reply": "Antwort abgeschickt",
    "notify-reply": "Leser der Antwort benachrichtigt",
    "accept-reply": "Antwort angenommen",
    "reject-reply": "Antwort abgelehnt",
    "delete-reply": "Antwort gelöscht",
}
_AUTHORS: Final = {"service": "FIT-Connect", "subscriber": "Empfänger"}
_BY_ITSELF: Final = "Nichts zu tun: Amtsweg macht von selbst weiter."


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What people are told."""

    where: str
    deadline: str
    """"" where none is left."""
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """A submission that came in, as far as this matters."""

    number: str
    source: str
    state: CaseState
    submitted_at: datetime
    answer: str
    """none, owed, sent, refused or settled."""
    accepted: bool
    code: str
    tries: int
    events: tuple[ChannelEvent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Went:
    """A delivery of ours, likewise."""

    number: str
    destination: str
    stage: Stage | None
    code: str
    events: tuple[ChannelEvent, ...]
    is_settled: bool = False
    """It was taken back, and somebody has done something about that."""


UNKNOWN: Final = Standing(
    where="Hier ist unter dieser Kennung nichts bekannt.",
    deadline="",
    advice=(
        "1. Die Kennung mit der Sendebestätigung vergleichen (Submission-ID oder "
        "Case-ID). 2. `amtsweg source list`: Wird der Zustellpunkt abgerufen? "
        "3. Mit `--live` nachsehen, ob der Antrag dort liegt. 4. Liegt er dort nicht, "
        "ging er an einen anderen Zustellpunkt oder ist älter als 14 Tage: Das "
        "Ereignisprotokoll des Absenders sagt es."
    ),
)

UNKNOWN_THERE_TOO: Final = Standing(
    where=(
        "Hier ist unter dieser Kennung nichts bekannt, und in unseren Zustellpunkten "
        "liegt nichts davon."
    ),
    deadline="",
    advice=(
        "1. Die Kennung mit der Sendebestätigung vergleichen (Submission-ID oder "
        "Case-ID). 2. `amtsweg source list`: Ist der Zustellpunkt darunter? 3. Dann "
        "ging der Antrag an einen anderen Zustellpunkt oder ist älter als 14 Tage: "
        "Das Ereignisprotokoll des Absenders sagt es."
    ),
)
"""Where every mailbox was asked."""


def in_order(events: Iterable[ChannelEvent]) -> tuple[ChannelEvent, ...]:
    """As they happened; the channel counts whole seconds, so several share one."""
    ranks = {kind: rank for rank, kind in enumerate(_KINDS)}
    last = len(ranks)
    return tuple(sorted(events, key=lambda one: (one.at, ranks.get(one.kind, last))))


def together(
    kept: Iterable[ChannelEvent], live: Iterable[ChannelEvent]
) -> tuple[ChannelEvent, ...]:
    """What was proved once stays proved, also where the channel has deleted it."""
    return in_order({one.id: one for one in (*kept, *live)}.values())


def event_word(event: ChannelEvent) -> str:
    """What happened there."""
    return _KINDS.get(event.kind, event.kind)


def author_word(event: ChannelEvent) -> str:
    """Who signed it."""
    return _AUTHORS.get(event.author, event.author)


def waiting_there(source: str) -> Standing:
    """Of something that is listed, and not here."""
    return Standing(
        where=f"Liegt im Zustellpunkt und wurde noch nicht geholt (Quelle {source}).",
        deadline="",
        advice=(
            f"`amtsweg source poll {source}` holt sofort ab; `amtsweg source list` "
            "sagt, was im Weg steht."
        ),
    )


def standing_of_came(came: Came, now: datetime) -> Standing:
    """Of a submission that came in."""
    match came.answer:
        case "sent":
            return _answered(came)
        case "refused":
            return _answer_refused(came)
        case "settled":
            here = wording(came.state)
            where = f"{_decided_there(came)}; das ist geklärt. Hier: {here.word}."
            return Standing(where=where, deadline="", advice=here.next)
        case "owed":
            word = "Annahme" if came.accepted else "Ablehnung"
            where = f"Hier gespeichert; unsere {word} ist noch nicht bei FIT-Connect."
            advice = _BY_ITSELF
            if came.tries:
                tries = "Ein Versuch" if came.tries == 1 else f"{came.tries} Versuche"
                where += f" {tries}, zuletzt {came.code}."
                advice += f" Hält es an: `amtsweg source check {came.source}`."
        case _:
            where, advice = _unanswered(came)
    return Standing(
        where=where, deadline=next_day(came.submitted_at, now), advice=advice
    )


def standing_of_went(went: Went, now: datetime) -> Standing:
    """Of a delivery."""
    where, advice = _where_it_went(went)
    at = _when(went.events, "submit-submission")
    is_open = at is not None and went.stage is not None and not went.stage.is_final
    deadline = next_day(at, now) if at is not None and is_open else ""
    return Standing(where=where, deadline=deadline, advice=advice)


def _where_it_went(went: Went) -> tuple[str, str]:
    replay = f"`amtsweg delivery replay --case {went.number} --reason …`."
    if went.is_settled:
        since = _date(_when(went.events, "reject-submission"))
        where = f"Dort abgelehnt{since} oder gelöscht; hier wurde darüber entschieden."
        return where, f"Was daraus wurde, zeigt `amtsweg case show {went.number}`."
    match went.stage:
        case None:
            return _without_log(went)
        case Stage.ANNOUNCED:
            return "Angekündigt, aber nicht abgeschickt.", _BY_ITSELF
        case Stage.SUBMITTED | Stage.NOTIFIED:
            return (
                "Liegt im Zustellpunkt des Empfängers; er hat nicht geantwortet.",
                "Abwarten; nach drei Tagen den Empfänger fragen, ob er abruft.",
            )
        case Stage.ACCEPTED:
            since = _date(_when(went.events, "accept-submission"))
            return (
                f"Beim Empfänger: angenommen{since}.",
                "Nichts zu tun: Die Annahme ist mit Signatur bewiesen.",
            )
        case Stage.REJECTED:
            since = _date(_when(went.events, "reject-submission"))
            return f"Abgelehnt{since}.", f"Die Mängel beheben, dann {replay}"
        case Stage.DELETED:
            return (
                "Dort gelöscht, ohne dass geantwortet wurde.",
                f"Der Empfänger hat den Antrag nicht. Mit ihm klären, dann {replay}",
            )
        case _:
            assert_never(went.stage)


def _without_log(went: Went) -> tuple[str, str]:
    to = went.destination
    if went.code in UNPROVABLE:
        advice = (
            "Der Empfänger weiß, ob er den Antrag hat; was dazu eingetragen wurde, "
            f"zeigt `amtsweg case show {went.number}`."
        )
        return (
            f"An {to} zugestellt; das Protokoll dort ist nicht mehr zu finden.",
            advice,
        )
    trouble = f" Zuletzt: {went.code}." if went.code else ""
    return (
        f"An {to} zugestellt; das Protokoll wurde noch nicht gelesen.{trouble}",
        f"{_BY_ITSELF} Hält es an: `amtsweg destination check {to}`.",
    )


def _answered(came: Came) -> Standing:
    kind = "accept-submission" if came.accepted else "reject-submission"
    since = _date(_when(came.events, kind))
    if came.accepted:
        word = wording(came.state)
        where = f"Angenommen{since}; hier: {word.word}."
        return Standing(where=where, deadline="", advice=word.next)
    return Standing(
        where=f"Abgelehnt{since}; der Absender hat die Liste der Mängel.",
        deadline="",
        advice="Der Absender muss berichtigen und neu einreichen.",
    )


def _answer_refused(came: Came) -> Standing:
    if decided := _decided_there(came):
        return Standing(
            where=f"{decided}; hier liegt er vor ({wording(came.state).word}).",
            deadline="",
            advice=_call_the_sender(came),
        )
    return Standing(
        where=f"FIT-Connect nimmt unsere Antwort nicht ({came.code}).",
        deadline="",
        advice=(
            f"`amtsweg source check {came.source}` sagt meist warum; danach `amtsweg "
            f"source answer {came.number}`."
        ),
    )


def _decided_there(came: Came) -> str:
    """What the channel has instead of our answer; "" where it has nothing."""
    if came.code == REJECTED_BY_SERVICE:
        since = _date(_when(came.events, "reject-submission"))
        return f"FIT-Connect hat den Antrag nach 14 Tagen selbst abgelehnt{since}"
    if came.code == ANSWERED_OTHERWISE:
        return "Zu dem Antrag steht dort eine andere Antwort als unsere"
    return ""


def _call_the_sender(came: Came) -> str:
    call = "Den Absender anrufen: Er hat eine andere Antwort als unsere."
    if came.code == REJECTED_BY_SERVICE:
        call = "Den Absender anrufen: Er hält den Antrag für abgelehnt."
    if not isinstance(came.state, Closed | Refused):
        call += " Hier wird er bearbeitet, wenn niemand ihn schließt."
    return f"{call} Ist es geklärt: `amtsweg source settle {came.number} --reason …`."


def _unanswered(came: Came) -> tuple[str, str]:
    word = wording(came.state)
    if isinstance(came.state, Quarantined):
        where = f"Hier in Quarantäne ({came.state.code}); noch nicht beantwortet."
        return where, word.next
    if isinstance(came.state, Refused):
        return "Hier abgelehnt; die Ablehnung wird gleich gesendet.", _BY_ITSELF
    return f"Hier gespeichert ({word.word}); noch nicht beantwortet.", word.next


def next_day(since: datetime, now: datetime) -> str:
    """What the channel does next with something that nobody answers."""
    for day in ANSWER_DAYS:
        at = since + timedelta(days=day)
        if now < at:
            return f"Tag {day}, {local_day(at):%d.%m.%Y}: {_MEANS[day]}"
    return "Tag 14 ist vorbei: FIT-Connect hat von selbst abgelehnt."


_MEANS: Final = {
    3: "FIT-Connect erinnert per E-Mail",
    9: "FIT-Connect erinnert zum letzten Mal",
    14: "FIT-Connect lehnt von selbst ab",
}


def _when(events: Iterable[ChannelEvent], kind: str) -> datetime | None:
    return next((event.at for event in events if event.kind == kind), None)


def _date(at: datetime | None) -> str:
    return f" am {local_day(at):%d.%m.%Y}" if at else ""
