"""What an operator can do about a case, and with which command."""

from typing import Final

from schemas import states as s
from schemas.cases import Case
from schemas.rules.checked import NO_PACK_CODES, code_of
from schemas.rules.settlement import UNKNOWN

_PACK_AT_FAULT: Final = frozenset({code_of("pack-broken")})


def advice(case: Case) -> str:
    """One or two sentences; commands stand in backticks."""
    number = case.number
    match case.state:
        case s.InReview(question=question, step=step) if question == UNKNOWN:
            destination = step.partition(":")[2]
            return (
                f"Look into {destination} whether the delivery is there, then "
                f"`amtsweg delivery settle {number} --arrived --reason …` "
                "(or --not-arrived)."
            )
        case s.InReview():
            return f"Review it, then `amtsweg case approve {number} --reason …`."
        case s.Refused():
            return (
                "Nothing here: the sender has the list of problems and must send "
                "again, corrected, under a new key."
            )
        case s.Quarantined(code=code):
            return f"{_cure(code)}, then `amtsweg case release {number} --reason …`."
        case s.Undeliverable(code=code):
            return (
                f"Remove the cause of {code}, then "
                f"`amtsweg delivery replay --case {number} --reason …`."
            )
        case s.Delivering(destination=destination):
            return (
                "Nothing: it goes on by itself. `amtsweg destination list` shows "
                f"how {destination} fares."
            )
        case s.Closed():
            return "Nothing: the case is closed."
        case _:
            return "Nothing: it goes on by itself."


def _cure(code: str) -> str:
    """What has to happen before a case can leave its quarantine."""
    if code in NO_PACK_CODES:
        return (
            "Add the schema pack that its documents need with "
            "`amtsweg schema add ZIP` (`amtsweg schema list` shows which there are)"
        )
    if code in _PACK_AT_FAULT:
        return (
            "See with `amtsweg schema list` what is wrong with the schema pack and "
            f"remove the cause of {code}"
        )
    return f"Remove the cause of {code}"
