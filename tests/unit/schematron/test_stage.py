"""The stage: every rule set that is due, and never an exception."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from schemas.errors import PackBroken
from schemas.findings import MAX_FINDINGS, Finding, PackRef, Passage, Severity
from schemas.packs.manifest import Rules
from schemas.schematron.stage import run_rules
from tests.unit.schematron.trying import stylesheet

PERSON = (
    '<sch:pattern><sch:rule context="person">'
    '<sch:assert id="{id}" test="{test}" role="{role}"/></sch:rule></sch:pattern>'
)
REF = PackRef(id="files", version="1", sha256="0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """A pack of files only."""

    files: Mapping[str, bytes]
    ref: PackRef = REF
    vocabulary: frozenset[str] = frozenset({"people", "person"})

    def read(self, name: str, /) -> bytes:
        if name not in self.files:
            raise PackBroken(f"{name} is not in pack.sums")
        return self.files[name]


def rule(id: str, test: str, role: str = "error") -> bytes:  # noqa: A002 - an id
    return stylesheet(PERSON.format(id=id, test=test, role=role))


def rules(name: str, **severities: str) -> Rules:
    return Rules(source=f"{name}.sch", stylesheet=name, severities=severities)


PACK = Files(
    files={
        "adult": rule("adult", "@age ge '18'"),
        "named": rule("named", "@name", "info"),
        "failing": rule("failing", "error((), @name)"),
        "empty": b"<xsl:stylesheet version='2.0' "
        b"xmlns:xsl='http://www.w3.org/1999/XSL/Transform'/>",
        "nonsense": b"<xsl",
    }
)
PEOPLE = b"<people><person age='17' name='Mustermann'/><person age='40'/></people>"


def names(findings: tuple[Finding, ...]) -> list[str]:
    return [one.detail or one.rule for one in findings]


def test_all_that_are_due_are_looked_at() -> None:
    run = run_rules(PEOPLE, PACK, (rules("adult"), rules("named")))

    assert run.stage.passage is Passage.DONE
    assert run.stage.note == "rules applied 4 times"
    assert names(run.findings) == ["adult", "named"]
    assert [one.path for one in run.findings] == [
        "/people/person[1]",
        "/people/person[2]",
    ]
    [(name, version)] = run.engines
    assert name == "SaxonC-HE"
    assert version[0].isdigit()


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("failing", "check-failed"),
        ("empty", "check-failed"),
        ("nonsense", "pack-broken"),
        ("missing", "pack-broken"),
    ],
)
def test_a_stylesheet_that_fails_is_ours_to_look_at_and_stops_no_other(
    name: str, rule: str
) -> None:
    run = run_rules(PEOPLE, PACK, (rules(name), rules("adult")))

    assert run.stage.passage is Passage.STOPPED
    assert {one.rule for one in run.findings} == {rule, "schematron-failed"}
    assert [one.severity for one in run.findings if one.rule == rule] == [
        Severity.INTERNAL
    ]
    assert "Mustermann" not in repr(run)


@pytest.mark.parametrize("document", [b"", b"<a", b"\xff", b"<a>&x;</a>"])
def test_what_is_no_document_is_no_exception(document: bytes) -> None:
    run = run_rules(document, PACK, (rules("adult"),))

    assert [one.rule for one in run.findings] == ["check-failed"]


def test_errors_are_kept_before_warnings_where_there_are_too_many() -> None:
    people = b"<people>" + b"<person age='17'/>" * MAX_FINDINGS + b"</people>"

    run = run_rules(people, PACK, (rules("named", info="warning"), rules("adult")))

    assert len(run.findings) == MAX_FINDINGS
    assert set(names(run.findings)) == {"adult"}
    assert run.left_out == MAX_FINDINGS


def test_without_saxonche_it_is_said_that_nobody_looked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "saxonche", None)

    run = run_rules(PEOPLE, PACK, (rules("adult"),))

    assert run.stage.passage is Passage.SKIPPED
    assert run.stage.note
    [found] = run.findings
    assert (found.rule, found.severity) == ("schematron-skipped", Severity.WARNING)
