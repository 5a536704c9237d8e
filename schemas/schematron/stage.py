"""Stage 6 of a check: the Schematron rules of a pack, as findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final, Protocol

from schemas.checking.rules import finding
from schemas.errors import PackBroken
from schemas.findings import MAX_FINDINGS, Finding, Passage, Severity, StageRun
from schemas.packs.manifest import Rules
from schemas.schematron.places import path_of
from schemas.schematron.report import Fired, NoReport
from schemas.schematron.saxon import SaxonFailed, engine, is_available, run_stylesheet

STAGE: Final = "schematron"
NOT_INSTALLED: Final = "saxonche is not installed"
_IGNORED: Final = "ignore"
_SEVERITIES: Final = {"error": Severity.ERROR, "warning": Severity.WARNING}


class RulesOf(Protocol):
    """What is needed of a compiled pack."""

    @property
    def folder(self) -> Path:
        """Where its stylesheets are."""
        ...

    @property
    def vocabulary(self) -> frozenset[str]:
        """The names that may be shown."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesRun:
    """How the stage went, what it found, and who looked."""

    stage: StageRun
    findings: tuple[Finding, ...]
    engines: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    """Findings beyond those that anybody will read."""


def run_rules(document: bytes, pack: RulesOf, due: tuple[Rules, ...]) -> RulesRun:
    """All rules that are due; never raises for any document."""
    if not is_available():
        return skipped(NOT_INSTALLED)
    began = perf_counter()
    found: list[Finding] = []
    looked, passage = 0, Passage.DONE
    for rules in due:
        try:
            report = run_stylesheet(
                (pack.folder / rules.stylesheet).read_bytes(), document
            )
        except (PackBroken, OSError):
            passage = Passage.STOPPED
            found.append(finding("pack-broken", detail=rules.stylesheet))
        except (SaxonFailed, NoReport, MemoryError):
            passage = Passage.STOPPED
            found.append(finding("check-failed", detail=f"{STAGE}: {rules.source}"))
        else:
            looked += report.rules
            found.extend(findings_of(rules, report.fired, pack.vocabulary))
    stage = StageRun(
        stage=STAGE,
        passage=passage,
        milliseconds=round((perf_counter() - began) * 1000, 3),
        note=f"rules applied {looked} times",
    )
    found.sort(key=lambda one: one.severity is Severity.WARNING)
    return RulesRun(
        stage=stage,
        findings=tuple(found[:MAX_FINDINGS]),
        engines=(engine(),),
        left_out=max(0, len(found) - MAX_FINDINGS),
    )


def skipped(reason: str) -> RulesRun:
    """Rules were due and could not be looked at: said, never silent."""
    return RulesRun(
        stage=StageRun(
            stage=STAGE, passage=Passage.SKIPPED, milliseconds=0.0, note=reason
        ),
        findings=(finding("schematron-skipped", detail=reason),),
    )


def findings_of(
    rules: Rules, fired: tuple[Fired, ...], vocabulary: frozenset[str]
) -> tuple[Finding, ...]:
    """As bad as the manifest says: by rule id, else by role or flag, else an error."""
    return tuple(_findings(rules, fired, vocabulary))


def _findings(
    rules: Rules, fired: tuple[Fired, ...], vocabulary: frozenset[str]
) -> Iterator[Finding]:
    for one in fired:
        word = _how_bad(rules, one)
        if word == _IGNORED:
            continue
        general = finding("schematron-failed")
        yield Finding(
            rule=general.rule,
            severity=_SEVERITIES.get(word, Severity.ERROR),
            german=one.assertion.text or general.german,
            english=general.english,
            detail=one.assertion.id,
            path=path_of(one.steps, vocabulary),
            line=one.line,
        )


def _how_bad(rules: Rules, fired: Fired) -> str:
    names = (fired.assertion.id, fired.assertion.role, fired.assertion.flag)
    for name in names:
        if name and name in rules.severities:
            return rules.severities[name]
    return Severity.ERROR.value
