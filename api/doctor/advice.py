"""What to do about a disturbance: by its code, else by what it is about."""

from collections.abc import Iterator
from typing import Final

from schemas.errors import EngineError
from schemas.rules.tracing import REJECTED_BY_SERVICE

_CALL: Final = (
    "Call the sender, who takes it for rejected: `amtsweg doctor` names the cases "
    "without an answer."
)


def advice(subject: str, reason: str) -> str:
    """``subject`` and ``reason`` as disturbances have them."""
    if reason == REJECTED_BY_SERVICE:
        # It never closes by itself: nobody can answer any more.
        return _CALL
    first = _remedies().get(reason, "It closes by itself once it is over.")
    kind, _, name = subject.rpartition(":")
    match kind:
        case "source":
            more = f"`amtsweg source check {name}` helps."
        case "rejected":
            more = "`amtsweg delivery list` shows the cases."
        case "replies":
            more = "`amtsweg doctor` names the cases."
        case "":
            more = f"`amtsweg destination check {name}` helps."
        case _:
            return first
    return f"{first} {more}"


def _remedies() -> dict[str, str]:
    """Of every error that this process knows and that has one of its own."""
    return {
        one.code: one.remedy
        for one in _errors(EngineError)
        if one.remedy != EngineError.remedy
    }


def _errors(root: type[EngineError]) -> Iterator[type[EngineError]]:
    for one in root.__subclasses__():
        yield one
        yield from _errors(one)
