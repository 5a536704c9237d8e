"""What to do about a disturbance: by its code, else by what it is about."""

from collections.abc import Iterator

from schemas.errors import EngineError


def advice(subject: str, reason: str) -> str:
    """``subject`` and ``reason`` as disturbances have them."""
    first = _remedies().get(reason, "It closes by itself once it is over.")
    kind, _, name = subject.rpartition(":")
    match kind:
        case "source":
            more = f"`amtsweg source check {name}` helps."
        case "rejected":
            more = "`amtsweg delivery list` shows the cases."
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
