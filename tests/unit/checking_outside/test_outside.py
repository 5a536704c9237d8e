"""What findings mean outside: a table with an entry for all that may refuse."""

import re
from dataclasses import replace

import pytest

from schemas.checking.outside import NOTHING, FaultName, Instance, meaning_of
from schemas.checking.outside_file import (
    MEANINGS,
    parse_meanings,
    shipped_meanings,
)
from schemas.checking.rules import RULES
from schemas.configuration.source import ConfigFile
from schemas.findings import Finding, Severity

PREFIX = "https://schema.fitko.de/fit-connect/events/problems/"
TYPES = {
    PREFIX + suffix
    for suffix in (
        "schema-violation",
        "syntax-violation",
        "technical-error",
        "unsupported-schema",
    )
}

MAY_BE_ERRORS = {
    "codelist-unknown",
    "message-not-supported",
    "schema-version-not-valid",
    "unknown-schema",
}
"""Where a service or a pack says so."""


def finding(rule: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule=rule, severity=severity, german="", english="")


def told(text: str) -> list[str]:
    read = parse_meanings(ConfigFile(file=MEANINGS, raw=text.encode()))
    return [str(problem) for problem in read] if isinstance(read, tuple) else []


def test_every_rule_that_may_refuse_has_its_meaning_in_every_standard() -> None:
    refusing = {name for name, rule in RULES.items() if rule.severity is Severity.ERROR}

    told = {
        rule
        for rule, meaning in shipped_meanings().items()
        if meaning.fit_connect and meaning.xoev and meaning.xta
    }
    assert refusing | MAY_BE_ERRORS <= told <= RULES.keys()


def test_what_is_always_ours_has_no_meaning_at_all() -> None:
    ours = {
        name for name, rule in RULES.items() if rule.severity is Severity.INTERNAL
    } - MAY_BE_ERRORS

    assert ours
    assert ours & shipped_meanings().keys() == set()


def test_problems_of_fit_connect_are_the_exact_addresses() -> None:
    problems = [one.fit_connect for one in shipped_meanings().values()]

    assert {problem.type for problem in problems if problem} == TYPES
    assert {problem.instance for problem in problems if problem} == {
        Instance.DATA,
        Instance.METADATA,
        Instance.OTHER,
    }


@pytest.mark.parametrize(
    ("rule", "reason", "fault"),
    [
        ("encoding", "S001", "9051"),
        ("not-wellformed", "X000", "9050"),
        ("unknown-schema", "V000", "9052"),
        ("schema-violation", "X001", "9050"),
        ("codelist-unknown", "S010", "9050"),
        ("code-invalid", "S011", "9050"),
        ("schematron-failed", "X002", "9050"),
        ("wrong-reader", "T080", "9022"),
        ("too-large", "S999", "9023"),
    ],
)
def test_an_error_is_told_in_each_standard(rule: str, reason: str, fault: str) -> None:
    meaning = meaning_of(finding(rule), shipped_meanings())

    assert meaning.fit_connect
    assert meaning.xoev
    assert meaning.xta
    assert (meaning.xoev.code, meaning.xta.code) == (reason, fault)


def test_only_failed_rules_of_the_standard_are_named_to_the_sender() -> None:
    naming = [
        rule
        for rule, meaning in shipped_meanings().items()
        if meaning.xoev and meaning.xoev.names_rules
    ]

    assert naming == ["schematron-failed"]


def test_what_nobody_has_confirmed_says_so() -> None:
    """No address of a FIT-Connect problem could be compared with its documentation."""
    problems = [one.fit_connect for one in shipped_meanings().values()]

    assert [one for one in problems if one is None or one.confirmed] == []


@pytest.mark.parametrize("severity", [Severity.INTERNAL, Severity.WARNING])
@pytest.mark.parametrize("rule", ["unknown-schema", "schema-violation", "time-limit"])
def test_what_is_ours_or_only_noted_means_nothing_outside(
    rule: str, severity: Severity
) -> None:
    assert meaning_of(finding(rule, severity), shipped_meanings()) == NOTHING


def test_an_operator_replaces_single_columns() -> None:
    text = '[wrong-reader]\nxoev = { code = "T099", confirmed = true }\n'

    read = parse_meanings(ConfigFile(file=MEANINGS, raw=text.encode()))

    assert not isinstance(read, tuple)
    shipped = shipped_meanings()["wrong-reader"]
    assert shipped.xoev
    changed = replace(shipped.xoev, code="T099")
    assert read["wrong-reader"] == replace(shipped, xoev=changed)
    assert {**read, "wrong-reader": shipped} == shipped_meanings()


def test_an_empty_file_changes_nothing() -> None:
    read = parse_meanings(ConfigFile(file=MEANINGS, raw=b"# nothing yet\n"))

    assert read == shipped_meanings()


@pytest.mark.parametrize(
    ("text", "start", "remedy"),
    [
        ("[too-larg]\n", ":1: There is no rule `too-larg`.", "`too-large`"),
        ("x = 1\n", ":1: `x` is not a table.", "[x]"),
        ("[encoding]\nxoef = {}\n", ":2: `xoef` is not a key", "`xoev`"),
        ("[encoding]\n[encoding.xoev]\n", ":2: `code` is missing.", "`code`"),
        (
            '[encoding]\nxoev = { code = "x", confirmed = true }\n',
            ":2: `code` does not have the form",
            '"X001"',
        ),
        (
            '[encoding]\nxta = { code = "9050", name = "Fault", confirmed = true }\n',
            ":2: `name` has an unknown value.",
            FaultName.SCHEMA.value,
        ),
        (
            (
                '[encoding.xta]\ncode="9050"\nconfirmed="yes"\n'
                'name="PermissionDeniedException"\n'
            ),
            ":3: `confirmed` is neither true nor false.",
            "Write one",
        ),
        (
            (
                '[encoding.fit_connect]\ntype="ftp://x"\ninstance="data"\n'
                'title="x"\nconfirmed=false\n'
            ),
            ":2: `type` does not have the form",
            "https://",
        ),
        ("[encoding\n", ":1: This is not TOML", "Correct"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_line_and_remedy(
    text: str, start: str, remedy: str
) -> None:
    said = told(text)

    assert said[0].startswith(MEANINGS + start), said
    assert re.search(r" → .", said[0])
    assert remedy in said[0]


def test_every_problem_is_told_at_once_in_order_of_lines() -> None:
    said = told("[encoding.xoev]\n[too-larg]\n[too-large.xta]\n")

    assert [one.split(":")[1] for one in said] == ["1", "1", "2", "3", "3", "3"]
