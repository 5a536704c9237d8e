"""What a finding means to the standards outside: a table that is data, not code.

Whether a standard confirms an entry stands with the entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeAlias

from schemas.findings import Finding, Severity


class Instance(Enum):
    """Which part of a FIT-Connect submission a problem lies in."""

    SUBMISSION = "submission"
    METADATA = "metadata"
    DATA = "data"
    OTHER = "other"


class FaultName(Enum):
    """The exceptions of XTA 2.1.1 that a receiving server may answer with."""

    PARAMETER = "ParameterIsNotValidException"
    PERMISSION = "PermissionDeniedException"
    SCHEMA = "MessageSchemaViolationException"
    VIRUS = "MessageVirusDetectionException"


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConnectProblem:
    """One of ``problems[]`` of a reject-submission event, to be taken over exactly."""

    type: str
    instance: Instance
    title: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnReason:
    """A Rückweisungsgrund of the XÖV standards."""

    code: str
    names_rules: bool
    """Whether ``grundSpezifisch/fehlercode`` tells the finding's own detail."""
    confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class XtaFault:
    """What we answer where the message was handed to *us* as XTA server."""

    name: FaultName
    code: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """A finding in the words of each standard; None where it is not to be told."""

    fit_connect: FitConnectProblem | None = None
    xoev: ReturnReason | None = None
    xta: XtaFault | None = None

    def but(self, other: "Meaning") -> "Meaning":
        """The same with those columns replaced that the other has."""
        return replace(
            self,
            fit_connect=other.fit_connect or self.fit_connect,
            xoev=other.xoev or self.xoev,
            xta=other.xta or self.xta,
        )


Meanings: TypeAlias = Mapping[str, Meaning]
"""By rule id."""

NOTHING: Final = Meaning()


def meaning_of(finding: Finding, meanings: Meanings) -> Meaning:
    """What to tell outside; nothing of a warning, and nothing of what is ours."""
    if finding.severity is not Severity.ERROR:
        return NOTHING
    return meanings.get(finding.rule, NOTHING)
