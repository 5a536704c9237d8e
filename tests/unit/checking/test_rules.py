"""Rules speak both languages and leave no gap in a sentence."""

import re
from string import Formatter
from typing import Any

import pytest

from schemas.checking.mistakes import (
    JSON_FORMATS,
    JSON_MISTAKES,
    XML_MISTAKES,
    XSD_TYPES,
    Mistake,
)
from schemas.checking.rules import RULES, finding
from schemas.findings import Severity

WORDS: dict[str, Any] = {
    "limit": 5,
    "kind": "XML",
    "version": "1.0",
    "until": "2026-05-01",
    "bis": "01.05.2026",
    "attribute": "ref",
    "element": "staat",
    "field": "name",
}
MISTAKES: set[Mistake] = {
    *XML_MISTAKES.values(),
    *XSD_TYPES.values(),
    *JSON_MISTAKES.values(),
    *JSON_FORMATS.values(),
}


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_makes_two_whole_sentences(rule: str) -> None:
    found = finding(rule, **WORDS)

    for sentence in (found.german, found.english):
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence.startswith("{")
        assert not re.search(r"[{}]", sentence)
    assert found.german != found.english
    assert found.severity is RULES[rule].severity


@pytest.mark.parametrize("rule", sorted(RULES))
def test_both_sentences_need_no_word_that_is_not_ours(rule: str) -> None:
    known = RULES[rule]

    assert gaps(known.german) | gaps(known.english) <= WORDS.keys()


def test_what_is_our_fault_is_internal() -> None:
    internal = {
        name for name, rule in RULES.items() if rule.severity is Severity.INTERNAL
    }

    assert internal == {
        "unknown-schema",
        "message-not-supported",
        "schema-version-not-valid",
        "pack-broken",
        "time-limit",
        "check-failed",
    }


def test_a_finding_may_be_of_another_severity_than_its_rule() -> None:
    found = finding("code-invalid", severity=Severity.WARNING, element="staat")

    assert found.severity is Severity.WARNING


@pytest.mark.parametrize("mistake", sorted(MISTAKES, key=str))
def test_a_mistake_is_told_about_somebody(mistake: Mistake) -> None:
    assert mistake.german.startswith("{s}")
    assert mistake.english.startswith("{s}")
    assert gaps(mistake.german) == gaps(mistake.english) <= {"s", "limit"}
