"""Stages are timed, findings counted, and a check that fails says so."""

import time
from datetime import date

import pytest

from schemas.checking.check import check, schematron_due, with_schematron
from schemas.checking.course import Course, Stopped
from schemas.checking.policy import CheckPolicy
from schemas.checking.rules import finding
from schemas.findings import (
    MAX_FINDINGS,
    Finding,
    Passage,
    Severity,
    StageRun,
    Verdict,
)
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Rules
from tests.unit.checking.looking import (
    JSON,
    STANDARD,
    XML,
    add,
    antrag,
    library,
    look,
    rules,
)

RULES = (Rules(source="sch/a.sch", stylesheet="sch/a.xsl"),)
RUN = StageRun(stage="schematron", passage=Passage.DONE, milliseconds=1.0)


def warning(number: int) -> Finding:
    return finding("code-invalid", severity=Severity.WARNING, element=str(number))


def test_the_stages_of_xml_are_told_in_their_order() -> None:
    stages = look(antrag()).stages

    assert [one.stage for one in stages] == [
        "size",
        "well-formed",
        "recognise",
        "schema",
        "references",
        "cross-checks",
    ]
    assert all(one.passage is Passage.DONE for one in stages)
    assert all(one.milliseconds >= 0 for one in stages)


def test_the_check_ends_where_nothing_more_can_be_said() -> None:
    stages = look(b"<a").stages

    assert [(one.stage, one.passage) for one in stages] == [
        ("size", Passage.DONE),
        ("well-formed", Passage.STOPPED),
    ]


def test_what_looked_at_a_document_is_named_with_its_version() -> None:
    assert [name for name, _ in look(antrag()).engines] == ["lxml", "libxml2"]
    assert all(version[0].isdigit() for _, version in look(antrag()).engines)
    assert [name for name, _ in look(b"{}", media_type=JSON).engines] == [
        "jsonschema-rs"
    ]


def test_a_stage_beyond_its_limit_is_our_fault() -> None:
    course = Course(limit=0.001)

    with pytest.raises(Stopped), course.stage("schema"):
        time.sleep(0.01)

    result = course.result()
    assert rules_of(course) == ["time-limit"]
    assert result.verdict is Verdict.QUARANTINED
    assert result.stages[0].passage is Passage.STOPPED


def rules_of(course: Course) -> list[str]:
    return [one.rule for one in course.result().findings]


class Failing(PackLibrary):
    """A library that fails in a way that nobody foresaw."""

    def __init__(self, error: BaseException) -> None:
        super().__init__([])
        self._error = error

    def for_root(self, namespace: str, name: str) -> tuple[()]:
        raise self._error


class Panic(BaseException):
    """What a library in Rust raises is no Exception."""


@pytest.mark.parametrize(
    "error", [RuntimeError("MARKER"), MemoryError("MARKER"), Panic("MARKER")]
)
def test_a_failure_of_ours_is_told_without_its_words(error: BaseException) -> None:
    result = look(antrag(), packs=Failing(error))

    assert rules(result) == ["check-failed"]
    assert result.findings[0].detail == f"recognise: {type(error).__name__}"
    assert result.verdict is Verdict.QUARANTINED
    assert "MARKER" not in repr(result)


def test_whoever_ends_the_process_is_heard() -> None:
    with pytest.raises(KeyboardInterrupt):
        look(antrag(), packs=Failing(KeyboardInterrupt()))


def test_findings_beyond_the_limit_are_counted() -> None:
    course = Course(limit=1)
    for number in range(MAX_FINDINGS + 7):
        course.find(warning(number))

    assert len(course.result().findings) == MAX_FINDINGS
    assert course.result().left_out == 7


def test_what_decides_pushes_out_a_warning() -> None:
    course = Course(limit=1)
    for number in range(MAX_FINDINGS):
        course.find(warning(number))
    course.find(finding("wrong-version"))

    result = course.result()
    assert result.verdict is Verdict.REFUSED
    assert len(result.findings) == MAX_FINDINGS
    assert result.left_out == 1


def test_schematron_comes_between_references_and_cross_checks() -> None:
    before = look(antrag(says='version="9"'))
    fired = finding("schematron-failed", detail="BR-1")

    result = with_schematron(before, RUN, (fired,))

    assert [one.stage for one in result.stages][-3:] == [
        "references",
        "schematron",
        "cross-checks",
    ]
    assert result.findings == (*before.findings, fired)
    assert (result.pack, result.message) == (before.pack, before.message)
    assert result.verdict is Verdict.REFUSED


def test_schematron_may_be_all_there_is_to_say() -> None:
    before = look(antrag())

    assert with_schematron(before, RUN, ()).findings == ()


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> PackLibrary:
    place = tmp_path_factory.mktemp("rules")
    add(place, STANDARD, {"sch/a.sch": "", "sch/a.xsl": ""}, schematron=RULES)
    return PackLibrary([place])


@pytest.mark.parametrize(
    ("document", "is_due"),
    [
        (antrag(), True),
        (antrag(says='version="9"'), True),
        (antrag("<person ref='x'><name>Anna</name></person>"), True),
        (antrag("<betrag>x</betrag>"), False),
        (b"<a/>", False),
        (b"<a", False),
    ],
)
def test_business_rules_run_on_what_the_schema_takes(
    packs: PackLibrary, document: bytes, *, is_due: bool
) -> None:
    result = look(document, packs=packs)

    assert schematron_due(result, packs) == (RULES if is_due else ())


def test_a_pack_without_business_rules_owes_none() -> None:
    assert schematron_due(look(antrag()), library()) == ()


def test_a_limit_of_no_time_ends_the_check_with_a_result() -> None:
    result = check(
        antrag(),
        media_type=XML,
        library=library(),
        policy=CheckPolicy(),
        on=date(2026, 5, 1),
        limit=0.0,
    )

    assert rules(result) == ["time-limit"]
