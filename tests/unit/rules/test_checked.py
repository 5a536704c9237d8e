"""A result means refusal, quarantine or acceptance, and can always be explained."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.findings import (
    MAX_FINDINGS,
    CheckResult,
    Finding,
    PackRef,
    Severity,
)
from schemas.rules.checked import (
    kept,
    pack_of,
    problems_of,
    quarantine_code,
)

PACK = PackRef(id="demo-sozial", version="1.1", sha256="ab" * 32)


def finding(
    severity: Severity, rule: str = "schema-violation", *, path: str = "/antrag"
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        german="Es fehlt etwas.",
        english="Something is missing.",
        detail="CVC_1",
        path=path,
        line=7,
    )


def result(*findings: Finding, pack: PackRef | None = PACK) -> CheckResult:
    return CheckResult(
        pack=pack, message="antrag", engines=(), stages=(), findings=findings
    )


def test_errors_become_problems_with_rule_place_and_both_languages() -> None:
    [problem] = problems_of(
        result(finding(Severity.WARNING), finding(Severity.ERROR, "code-invalid"))
    )

    assert problem.code == "code-invalid"
    assert (problem.location, problem.line) == ("/antrag", 7)
    assert (problem.german, problem.english) == (
        "Es fehlt etwas.",
        "Something is missing.",
    )
    assert problem.detail == "CVC_1"


def test_what_is_our_matter_is_never_told_to_the_sender() -> None:
    mixed = result(finding(Severity.INTERNAL), finding(Severity.WARNING))

    assert problems_of(mixed) == ()


def test_a_quarantine_is_named_by_its_rule() -> None:
    unknown = finding(Severity.INTERNAL, "unknown-schema")
    failed = finding(Severity.INTERNAL, "check-failed")
    warned = finding(Severity.WARNING, "schematron-skipped")

    assert quarantine_code(result(warned, unknown)) == "E-CHECK-UNKNOWN-SCHEMA"
    assert quarantine_code(result(failed, unknown)) == "E-CHECK-FAILED"


def test_the_event_names_the_pack_with_its_version() -> None:
    assert pack_of(result()) == "demo-sozial-1.1"
    assert pack_of(result(pack=None)) == "well-formed"


@given(
    severities=st.lists(st.sampled_from(Severity), max_size=3 * MAX_FINDINGS),
    length=st.sampled_from([10, 100_000]),
)
def test_what_is_kept_is_bounded_and_means_the_same(
    severities: list[Severity], length: int
) -> None:
    whole = result(*(finding(one, path="/" * length) for one in severities))

    short = kept(whole)

    assert short.verdict is whole.verdict
    assert len(short.findings) + short.left_out == len(whole.findings)
    assert len(short.findings) <= MAX_FINDINGS
    assert all(len(one.path) <= 500 for one in short.findings)
    assert kept(short) == short
