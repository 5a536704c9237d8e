"""In which order a mailbox is emptied, when again, and what its deadlines ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.channels import Announced
from schemas.rules.tracing import ANSWERED_OTHERWISE, REJECTED_BY_SERVICE
from schemas.rules.waits import (
    ANSWER_DAYS,
    FIRST_PROBE,
    LAST_PROBE,
    answer_stage,
    next_probe,
)

PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
)
"""Waits after each failure of one submission; the last one again and again."""
PATIENT_WITH: Final = len(PAUSES)
"""After so many failures a submission no longer holds up those of its case."""
DECIDED: Final = frozenset({REJECTED_BY_SERVICE, ANSWERED_OTHERWISE})
"""Answers that were refused for this reason never arrive any more."""
SETTLED: Final = "settled"
"""How such an answer stands once a person has talked to the sender."""
WITNESSES: Final = 3
"""So many submissions in a row that the channel does not give: then it is away."""
NO_TIME: Final = timedelta(0)
_WAITING_CODE: Final = "E-FIT-WAITING-DAY-"
"""Not ``E-FIT-DAY-``: those close when what is here has been answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayOwed:
    """The next of the channel's days for something that has no answer yet."""

    day: int
    within: timedelta
    """How long until then; negative once it is over."""


def why_not_settled(answer: str, code: str, number: str) -> str:
    """What to do about an answer that no person can settle; "" where one can."""
    match answer:
        case "refused" if code in DECIDED:
            return ""
        case "refused":
            return (
                f"The channel refused the answer for another reason ({code}): "
                f"`amtsweg source answer {number}` sends it once more."
            )
        case "owed":
            return "The answer is still being sent: wait for what comes of it."
        case "sent":
            return "The channel has our answer: there is nothing to settle."
        case _:
            return "Nothing has been decided yet that could be answered."


def lines_of(waiting: Iterable[Announced]) -> tuple[tuple[Announced, ...], ...]:
    """What belongs together stands in one line, in the order of the list.

    What is listed twice stands there once.
    """
    lines: dict[str, dict[str, Announced]] = {}
    for one in waiting:
        lines.setdefault(one.case, {}).setdefault(one.submission, one)
    return tuple(tuple(line.values()) for line in lines.values())


def pause_after(failures: int) -> timedelta:
    """How long a submission that failed so often is left alone."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


def holds_line(failures: int) -> bool:
    """Whether those behind it in its case still wait for it.

    A submission that never works must not lock its case for two weeks.
    """
    return failures <= PATIENT_WITH


def away_for(last: timedelta | None) -> timedelta:
    """How long a source that is away is left alone, by how long it was before."""
    return FIRST_PROBE if last is None else next_probe(last)


def resend_after(tries: int) -> timedelta:
    """How long until an answer that did not arrive is sent again."""
    wait = FIRST_PROBE
    for _ in range(min(tries, 8)):
        wait = min(wait * 2, LAST_PROBE)
    return wait


def waiting_codes(age: timedelta) -> frozenset[str]:
    """The alarms for something so old that could not even be fetched."""
    return frozenset(
        f"{_WAITING_CODE}{day}" for day in ANSWER_DAYS[: answer_stage(age)]
    )


def day_owed(age: timedelta) -> DayOwed:
    """What comes next for something of this age."""
    ahead = (day for day in ANSWER_DAYS if age < timedelta(days=day))
    day = next(ahead, ANSWER_DAYS[-1])
    return DayOwed(day=day, within=timedelta(days=day) - age)
