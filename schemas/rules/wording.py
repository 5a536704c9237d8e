"""German words for where things stand, and what is to be done next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from schemas import states as s
from schemas.rules.checked import NO_PACK_CODES
from schemas.rules.destinations import DestinationState, Held, Open, Paused
from schemas.rules.settlement import UNKNOWN
from schemas.states import CaseState


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What staff read about a state: one word, and what comes next."""

    word: str
    next: str


_NOTHING: Final = "Nichts zu tun: Amtsweg macht von selbst weiter."


def wording(state: CaseState) -> Wording:
    """The words of a case's state."""
    return Wording(word=_WORDS[type(state)], next=_next(state))


def case_word(kind: str) -> str:
    """The word of a state that is known by the name of its type only."""
    return _BY_NAME.get(kind, kind)


def find_kind(word: str) -> str:
    """The name of the type for what a person typed; "" where nothing fits.

    Takes the German word or the name, in any case, with or without hyphens.
    """
    wanted = _plain(word)
    for kind, german in _BY_NAME.items():
        if wanted in {_plain(kind), _plain(german)}:
            return kind
    return ""


def kinds() -> Mapping[str, str]:
    """Every state by the name of its type, with its word."""
    return _BY_NAME


def destination_word(state: DestinationState) -> str:
    """How a destination fares, in a word."""
    match state:
        case Open(parallel=0):
            return "offen"
        case Open():
            return "läuft wieder an"
        case Paused():
            return "gestört"
        case Held():
            return "angehalten"
    assert_never(state)


def delivery_word(state: str) -> str:
    """Where a delivery stands, or how an attempt ended."""
    return _DELIVERIES.get(state, state)


def job_word(state: str) -> str:
    """Where a job or one of its items stands."""
    return _JOBS.get(state, state)


def _next(state: CaseState) -> str:
    match state:
        case s.InReview(question=question) if question == UNKNOWN:
            return (
                "Im Zielsystem nachsehen, ob die Zustellung angekommen ist, "
                "und das Ergebnis eintragen."
            )
        case s.InReview():
            return "Jemand muss entscheiden."
        case s.Refused():
            return (
                "Der Absender muss berichtigen und neu einreichen; "
                "die Liste der Mängel hat er erhalten."
            )
        case s.Quarantined(code=code) if code in NO_PACK_CODES:
            return (
                "Das passende Schema-Paket hinzufügen lassen, "
                "dann den Vorgang wieder freigeben."
            )
        case s.Quarantined():
            return "Ursache beheben, dann den Vorgang wieder freigeben."
        case s.Undeliverable():
            return "Ursache beheben, dann erneut zustellen."
        case s.Waiting():
            return "Abwarten: Zu dem genannten Zeitpunkt geht es von selbst weiter."
        case s.Closed():
            return "Nichts zu tun: Der Vorgang ist abgeschlossen."
        case _:
            return _NOTHING


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c.isalnum())


_WORDS: Final[Mapping[type[CaseState], str]] = {
    s.Received: "Eingegangen",
    s.Checked: "Geprüft",
    s.Acknowledged: "Empfang bestätigt",
    s.Assigned: "Zugeordnet",
    s.InReview: "In Sichtung",
    s.Delivering: "In Zustellung",
    s.Delivered: "Zugestellt",
    s.Archived: "Archiviert",
    s.Closed: "Abgeschlossen",
    s.Refused: "Zurückgewiesen",
    s.Quarantined: "In Quarantäne",
    s.Waiting: "Wartet",
    s.Undeliverable: "Unzustellbar",
}
_BY_NAME: Final = {kind.__name__: word for kind, word in _WORDS.items()}
_DELIVERIES: Final = {
    "open": "läuft",
    "waiting": "wartet",
    "unknown": "ungeklärt",
    "failed": "gescheitert",
    "delivered": "zugestellt",
    "dead": "unzustellbar",
    "rejected": "nachträglich abgelehnt",
}
_JOBS: Final = {
    "running": "läuft",
    "stopped": "angehalten",
    "planned": "geplant",
    "released": "unterwegs",
    "done": "erledigt",
    "failed": "gescheitert",
    "skipped": "ausgelassen",
}
