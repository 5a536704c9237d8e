"""Stage 6 of a check: the Schematron rules of a pack, as findings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Final, Protocol

from lxml import etree

from schemas.checking.check import with_schematron
from schemas.checking.places import line_of, xpath_of
from schemas.checking.reading import hardened_parser
from schemas.checking.rules import finding
from schemas.errors import PackBroken
from schemas.findings import (
    MAX_FINDINGS,
    CheckResult,
    Finding,
    PackRef,
    Passage,
    Severity,
    StageRun,
)
from schemas.packs.manifest import Rules
from schemas.schematron.places import element_at
from schemas.schematron.report import Fired, NoReport
from schemas.schematron.saxon import SaxonFailed, engine, is_available, run_kept

STAGE: Final = "schematron"
NOT_INSTALLED: Final = "saxonche is not installed"
_IGNORED: Final = "ignore"
_SEVERITIES: Final = {"error": Severity.ERROR, "warning": Severity.WARNING}


class RulesOf(Protocol):
    """What is needed of a compiled pack."""

    def read(self, name: str, /) -> bytes:
        """A file of its own, as it was sealed. Raises PackBroken."""
        ...

    @property
    def ref(self) -> PackRef:
        """Which one it is."""
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
            report = run_kept(
                f"{pack.ref.sha256}/{rules.stylesheet}",
                partial(pack.read, rules.stylesheet),
                document,
            )
        except PackBroken as broken:
            passage = Passage.STOPPED
            found.append(finding("pack-broken", detail=broken.detail))
        except (SaxonFailed, NoReport, MemoryError):
            passage = Passage.STOPPED
            found.append(finding("check-failed", detail=f"{STAGE}: {rules.source}"))
        else:
            looked += report.rules
            found.extend(findings_of(rules, report.fired, pack.vocabulary, document))
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


def with_rules(result: CheckResult, run: RulesRun) -> CheckResult:
    """The result of the other stages with what the rules say."""
    whole = with_schematron(result, run.stage, run.findings)
    return replace(
        whole,
        engines=(*whole.engines, *run.engines),
        left_out=whole.left_out + run.left_out,
    )


def findings_of(
    rules: Rules,
    fired: tuple[Fired, ...],
    vocabulary: frozenset[str],
    document: bytes,
) -> tuple[Finding, ...]:
    """As bad as the manifest says: by rule id, else by role or flag, else an error."""
    heeded = [
        (one, word) for one in fired if (word := _how_bad(rules, one)) != _IGNORED
    ]
    if not heeded:
        return ()
    root = etree.fromstring(document, hardened_parser(huge=True))
    return tuple(
        _finding(one, word, place)
        for (one, word), place in zip(
            heeded, _places([one for one, _ in heeded], root, vocabulary), strict=True
        )
    )


def _finding(fired: Fired, word: str, place: tuple[str, int]) -> Finding:
    general = finding("schematron-failed")
    return Finding(
        rule=general.rule,
        severity=_SEVERITIES.get(word, Severity.ERROR),
        german=fired.assertion.text or general.german,
        english=general.english,
        detail=fired.assertion.id,
        path=place[0],
        line=place[1],
    )


def _places(
    fired: list[Fired], root: etree._Element, vocabulary: frozenset[str]
) -> Iterator[tuple[str, int]]:
    """Path and line; only of as many as anybody will read."""
    for count, one in enumerate(fired):
        element = element_at(root, one.steps) if count < MAX_FINDINGS else None
        if element is None:
            yield "", 0
            continue
        last = one.steps[-1]
        attribute = last.name if last.is_attribute else ""
        yield xpath_of(element, vocabulary, attribute), line_of(element)


def _how_bad(rules: Rules, fired: Fired) -> str:
    names = (fired.assertion.id, fired.assertion.role, fired.assertion.flag)
    for name in names:
        if name and name in rules.severities:
            return rules.severities[name]
    return Severity.ERROR.value
