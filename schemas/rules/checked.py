"""What the result of a check means for the case."""

from dataclasses import replace
from typing import Final

from schemas.findings import MAX_FINDINGS, CheckResult, Finding, Severity
from schemas.states import Problem

NO_PACK: Final = "well-formed"
"""What the event of an accepted document names where no pack was applied."""
_PREFIX: Final = "E-CHECK-"
_UNEXPLAINED: Final = "E-CHECK-FAILED"
_WEIGHT: Final = (Severity.ERROR, Severity.INTERNAL, Severity.WARNING)
"""Which findings stay where there are too many: those that make the verdict."""
_LONGEST: Final = 500
"""Of a path or a text: longer than any that somebody would read."""


def kept(result: CheckResult) -> CheckResult:
    """As the chain keeps it: bounded, whatever the document was."""
    if len(result.findings) > MAX_FINDINGS:
        first = sorted(result.findings, key=lambda one: _WEIGHT.index(one.severity))
        result = replace(
            result,
            findings=tuple(first[:MAX_FINDINGS]),
            left_out=result.left_out + len(first) - MAX_FINDINGS,
        )
    return replace(result, findings=tuple(map(_bounded, result.findings)))


def problems_of(result: CheckResult) -> tuple[Problem, ...]:
    """What the sender must correct."""
    return tuple(
        Problem(
            code=one.rule,
            location=one.path,
            german=one.german,
            english=one.english,
            detail=one.detail,
            line=one.line,
        )
        for one in result.findings
        if one.severity is Severity.ERROR
    )


def quarantine_code(result: CheckResult) -> str:
    """Stable, and named by the rule: ``E-CHECK-UNKNOWN-SCHEMA``."""
    rules = [one.rule for one in result.findings if one.severity is Severity.INTERNAL]
    return code_of(rules[0]) if rules else _UNEXPLAINED


def code_of(rule: str) -> str:
    """The code of a quarantine because of this rule."""
    return _PREFIX + rule.removeprefix("check-").upper()


def pack_of(result: CheckResult) -> str:
    """Which pack accepted it, in a word."""
    return f"{result.pack.id}-{result.pack.version}" if result.pack else NO_PACK


NO_PACK_CODES: Final = frozenset(
    map(
        code_of,
        ("unknown-schema", "message-not-supported", "schema-version-not-valid"),
    )
)
"""Quarantines that end with another schema pack."""


def _bounded(finding: Finding) -> Finding:
    texts = (finding.path, finding.detail, finding.german, finding.english)
    if all(len(text) <= _LONGEST for text in texts):
        return finding
    path, detail, german, english = map(_cut, texts)
    return replace(finding, path=path, detail=detail, german=german, english=english)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
