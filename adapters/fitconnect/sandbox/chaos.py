"""What the sandbox can be told to do wrong, at which desk, and how often."""

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

FOREVER: Final = -1
EVERYTHING: Final = "everything"
_AFTER: Final = "commit-then-"


class Act(Enum):
    """What is done instead of the right answer."""

    STATUS = "status"
    DROP = "drop"
    """End the connection without a byte."""
    HANG = "hang"
    """Say nothing until it is over or the caller goes."""
    GARBAGE = "garbage"
    """A page of HTML with status 200, as a proxy would."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One way to misbehave, before or after doing what was asked."""

    act: Act
    status: int = 500
    after_commit: bool = False
    times: int = FOREVER


def parse_fault(word: str, *, times: int = FOREVER) -> Fault | None:
    """``503``, ``drop``, ``commit-then-hang``; None for ``none``. Raises ValueError."""
    if word == "none":
        return None
    rest = word.removeprefix(_AFTER)
    after = rest != word
    if rest.isascii() and rest.isdigit() and 400 <= int(rest) <= 599:  # noqa: PLR2004 - HTTP
        return Fault(act=Act.STATUS, status=int(rest), after_commit=after, times=times)
    acts = {act.value: act for act in Act if act is not Act.STATUS}
    if rest not in acts:
        raise ValueError(
            "It can be none, a status like 503, drop, hang or garbage,"
            f" each also as {_AFTER}…"
        )
    return Fault(act=acts[rest], after_commit=after, times=times)


class Chaos:
    """Faults by desk, and how many requests came to each."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._faults: dict[str, Fault] = {}
        self.hanging = 0
        """Callers that wait for an answer which does not come."""

    def tell(self, desk: str, fault: Fault | None) -> None:
        """From now on; None on everything ends all faults."""
        if desk == EVERYTHING and fault is None:
            self._faults.clear()
        elif fault is None:
            self._faults.pop(desk, None)
        else:
            self._faults[desk] = fault

    def next(self, desk: str) -> Fault | None:
        """What hits the request that is at this desk now."""
        self.requests[desk] += 1
        for name in (desk, EVERYTHING):
            fault = self._faults.get(name)
            if fault is None or not fault.times:
                continue
            if fault.times != FOREVER:
                self._faults[name] = replace(fault, times=fault.times - 1)
            return fault
        return None

    def shown(self) -> dict[str, str]:
        """What is still to go wrong, and how often."""
        return {
            desk: f"{_AFTER if fault.after_commit else ''}"
            f"{fault.status if fault.act is Act.STATUS else fault.act.value}"
            f" × {fault.times}"
            for desk, fault in self._faults.items()
            if fault.times
        }
