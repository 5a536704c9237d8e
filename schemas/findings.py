"""What a check found: a value that explains itself years later.

Nothing here holds a value from the document: paths use words of the pack only, and
sentences are ours or the pack's. So a result may stand in events, logs and answers.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_FINDINGS: Final = 100
"""Of one document; the rest is counted."""


class Severity(Enum):
    """Whose matter a finding is."""

    ERROR = "error"
    """The sender must correct it."""
    WARNING = "warning"
    """Accepted, and noted."""
    INTERNAL = "internal"
    """Ours to look at; it never refuses an application."""


class Verdict(Enum):
    """What a whole result means for the case."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is not as the pack wants it."""

    rule: str
    """Stable id, listed in ``schemas/checking/rules.py``."""
    severity: Severity
    german: str
    english: str
    detail: str = ""
    """The engine's or the pack's own id: CVC_PATTERN_VALID, BR-12, a list's URN."""
    path: str = ""
    """XPath or JSON pointer; ``*`` for names that the pack does not know."""
    line: int = 0
    """From 1; 0 where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackRef:
    """Exactly which pack: id, version and the hash over all of its files."""

    id: str
    version: str
    sha256: str


class Passage(Enum):
    """How a stage went."""

    DONE = "done"
    STOPPED = "stopped"
    """It found what makes further stages senseless."""
    SKIPPED = "skipped"
    """Not applicable, or not possible here; ``note`` says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageRun:
    """One stage of a check, with what it took."""

    stage: str
    passage: Passage
    milliseconds: float
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """Everything there is to say about one document."""

    pack: PackRef | None
    """None where no pack was applied."""
    message: str
    """Name of the message, in the pack's words; "" where it is not known."""
    engines: tuple[tuple[str, str], ...]
    """Name and version of whatever looked at it."""
    stages: tuple[StageRun, ...]
    findings: tuple[Finding, ...]
    left_out: int = 0
    """Findings beyond ``MAX_FINDINGS``."""

    @property
    def verdict(self) -> Verdict:
        """An error of the sender's stands, whatever else we could not look at."""
        found = {one.severity for one in self.findings}
        if Severity.ERROR in found:
            return Verdict.REFUSED
        if Severity.INTERNAL in found:
            return Verdict.QUARANTINED
        return Verdict.ACCEPTED
