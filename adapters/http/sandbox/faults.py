"""What the sandbox can be told to do wrong, and for how long."""

from dataclasses import dataclass, replace
from enum import Enum

FOREVER = -1


class Fault(Enum):
    """One way to misbehave; none of them stores anything but the ``STORE_`` ones."""

    STATUS = "status"
    """Answer with an error status (500 unless told otherwise)."""
    HANG = "hang"
    """Read everything and say nothing."""
    DROP = "drop-before-store"
    """Read everything, then drop the connection."""
    DROP_MIDWAY = "drop-midway"
    """Drop the connection when the first bytes of the body are there."""
    GARBAGE = "garbage"
    """Answer something that is not HTTP."""
    STORE_STATUS = "store-then-status"
    """Store, then answer with an error status."""
    STORE_HANG = "store-then-hang"
    """Store and say nothing."""
    STORE_DROP = "accept-then-drop"
    """Store, then drop the connection."""
    STORE_SLOW = "slow-body"
    """Store, then answer byte by byte."""
    STORE_ENDLESS = "endless-body"
    """Store, then answer without end."""
    STORE_SHORT = "short-body"
    """Store, then announce more than is sent and drop the connection."""

    @property
    def stores(self) -> bool:
        """Whether the delivery is kept all the same."""
        return self.name.startswith("STORE_")


class Target(Enum):
    """What misbehaves."""

    DELIVERIES = "deliveries"
    RECEIPTS = "receipts"
    EVERYTHING = "everything"


@dataclass(frozen=True, kw_only=True, slots=True)
class Misbehaviour:
    """A fault, what it hits, and how many requests are still to be hit."""

    fault: Fault
    status: int = 500
    times: int = FOREVER
    target: Target = Target.DELIVERIES

    def hits(self, target: Target) -> bool:
        """Whether a request of this kind is hit."""
        return self.times != 0 and self.target in {target, Target.EVERYTHING}

    def once_less(self) -> "Misbehaviour":
        """After one request was hit."""
        return self if self.times == FOREVER else replace(self, times=self.times - 1)


def parse_fault(word: str) -> tuple[Fault, int] | None:
    """A fault by its name; ``500s``, ``503`` … mean that status."""
    digits = word.removesuffix("s")
    if digits.isascii() and digits.isdigit() and 200 <= int(digits) <= 599:  # noqa: PLR2004 - HTTP
        return Fault.STATUS, int(digits)
    found = [fault for fault in Fault if fault.value == word]
    return (found[0], 500) if found else None
