"""Fired assertions as findings, as bad as the manifest says."""

import pytest

from schemas.findings import Severity
from schemas.packs.manifest import Rules
from schemas.schematron.places import steps_of
from schemas.schematron.report import Assertion, Fired
from schemas.schematron.stage import findings_of

WORDS = frozenset({"antrag", "summe"})
DOCUMENT = b"<antrag>\n<geheim/><summe>17</summe></antrag>"


def rules(**severities: str) -> Rules:
    return Rules(source="a.sch", stylesheet="a.xsl", severities=severities)


def one(
    text: str = "Die Summe stimmt nicht.", at: str = "/antrag/summe", **said: str
) -> Fired:
    return Fired(
        assertion=Assertion(id="BR-1", text=text, **said),
        steps=steps_of(at),
    )


def test_a_finding_says_which_rule_where_and_in_the_packs_words() -> None:
    [found] = findings_of(rules(), (one(),), WORDS, DOCUMENT)

    assert (found.rule, found.detail) == ("schematron-failed", "BR-1")
    assert (found.path, found.line) == ("/antrag/summe", 2)
    assert found.german == "Die Summe stimmt nicht."
    assert "business rule" in found.english


def test_an_assertion_without_text_has_the_general_sentence() -> None:
    [found] = findings_of(rules(), (one(""),), WORDS, DOCUMENT)

    assert found.german.startswith("Eine fachliche Regel")


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ({}, Severity.ERROR),
        ({"fatal": "warning"}, Severity.WARNING),
        ({"info": "warning"}, Severity.WARNING),
        ({"BR-1": "error", "info": "warning"}, Severity.ERROR),
        ({"BR-2": "warning"}, Severity.ERROR),
    ],
)
def test_the_rules_id_counts_before_role_and_flag(
    severities: dict[str, str], expected: Severity
) -> None:
    [found] = findings_of(
        rules(**severities), (one(role="info", flag="fatal"),), WORDS, DOCUMENT
    )

    assert found.severity is expected


def test_what_is_to_be_ignored_is_no_finding() -> None:
    assert findings_of(rules(info="ignore"), (one(role="info"),), WORDS, DOCUMENT) == ()


def test_names_that_the_pack_does_not_know_are_not_shown() -> None:
    [found] = findings_of(rules(), (one(at="/antrag/geheim/@x"),), WORDS, DOCUMENT)

    assert found.path == "/antrag/*[1]/@*"


def test_a_place_that_leads_nowhere_is_left_out() -> None:
    [found] = findings_of(rules(), (one(at="/geheim[4]"),), WORDS, DOCUMENT)

    assert (found.path, found.line) == ("", 0)
