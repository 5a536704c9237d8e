"""Findings out of the complaints of libxml2: its sentences quote, so ours are told."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from schemas.checking.mistakes import (
    LACKS_ATTRIBUTE,
    MISPLACED,
    MISSING,
    OTHER,
    VALUE,
    XML_MISTAKES,
    XSD_TYPES,
    Mistake,
)
from schemas.checking.places import local_name, node_at, sure_line, xpath_of
from schemas.findings import Finding, Severity

MAX_EXPECTED: Final = 5
_PREFIX: Final = "SCHEMAV_"
_CODE: Final = "code"
# The beginning and the end of a message are libxml2's and the schema's, whatever
# the value between them holds: both are matched at their place only.
_ATTRIBUTE: Final = re.compile(r"Element '[^']*', attribute '([^']+)': ")
_REQUIRED: Final = re.compile(
    r"Element '[^']*': The attribute '([^']+)' is required but missing\."
)
_MISSING: Final = re.compile(r"Element '[^']*': Missing child element\(s\)\.")
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( ([^()']*) \)\.\s*\Z")
_LIMIT: Final = re.compile(r" length of '(\d+)'\.\s*\Z")
_BUILT_IN: Final = re.compile(r" type 'xs:(\w+)'\.\s*\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a sentence is about, in both languages."""

    german: str
    english: str


def violation_of(
    entry: etree._LogEntry, root: etree._Element, vocabulary: frozenset[str]
) -> Finding:
    """One complaint as a finding."""
    node, _ = node_at(root, entry.path)
    kind = (entry.type_name or "").removeprefix(_PREFIX)
    attribute = _attribute_of(entry.message)
    mistake = _mistake_of(kind, entry.message)
    subject = subject_of(
        _speaking_name(node, vocabulary),
        attribute.rpartition("}")[2] if attribute else "",
        vocabulary,
    )
    limit = _LIMIT.search(entry.message)
    expected = _expected(entry.message, vocabulary) if _is_content(kind) else ()
    return violation(
        mistake,
        subject=subject,
        limit=limit[1] if limit else "",
        expected=expected,
        detail=kind,
        path=xpath_of(node, vocabulary, attribute),
        line=sure_line(entry.line),
    )


def violation(
    mistake: Mistake,
    *,
    subject: Subject,
    limit: str = "",
    expected: tuple[str, ...] = (),
    detail: str = "",
    path: str = "",
    line: int = 0,
) -> Finding:
    """A finding of the rule schema-violation; words are the pack's."""
    german = mistake.german.format(s=subject.german, limit=limit or "die nötigen")
    english = mistake.english.format(s=subject.english, limit=limit or "the required")
    if expected:
        german += f" Erwartet wird hier: {', '.join(expected)}."
        english += f" Expected here: {', '.join(expected)}."
    return Finding(
        rule="schema-violation",
        severity=Severity.ERROR,
        german=german,
        english=english,
        detail=detail,
        path=path,
        line=line,
    )


def subject_of(name: str, attribute: str, vocabulary: frozenset[str]) -> Subject:
    """How a sentence begins: the name is shown when it is one of the pack's words."""
    if not attribute:
        if name:
            return Subject(german=f"Die Angabe „{name}“", english=f"Element {name}")
        return Subject(german="Eine Angabe", english="An element")
    known = attribute if attribute in vocabulary else ""
    german = f"Das Merkmal „{known}“" if known else "Ein Merkmal"
    english = f"Attribute {known}" if known else "An attribute"
    if name:
        german, english = f"{german} von „{name}“", f"{english} of {name}"
    return Subject(german=german, english=english)


def _speaking_name(node: etree._Element, vocabulary: frozenset[str]) -> str:
    """XÖV puts each code into an element called code: its parent says which."""
    name = local_name(node, vocabulary)
    parent = node.getparent()
    above = "" if parent is None else local_name(parent, vocabulary)
    return f"{above}/{name}" if name == _CODE and above else name


def _attribute_of(message: str) -> str:
    found = _ATTRIBUTE.match(message) or _REQUIRED.match(message)
    return found[1] if found else ""


def _mistake_of(kind: str, message: str) -> Mistake:
    if kind == "ELEMENT_CONTENT" and _MISSING.match(message):
        return MISSING
    mistake = XML_MISTAKES.get(kind, OTHER)
    if mistake is VALUE and (built_in := _BUILT_IN.search(message)):
        return XSD_TYPES.get(built_in[1], VALUE)
    return mistake


def _is_content(kind: str) -> bool:
    return XML_MISTAKES.get(kind) is MISPLACED


def _expected(message: str, vocabulary: frozenset[str]) -> tuple[str, ...]:
    found = _EXPECTED.search(message)
    if not found:
        return ()
    names = (name.strip().rpartition("}")[2] for name in found[1].split(","))
    known = tuple(name for name in names if name in vocabulary)
    if len(known) > MAX_EXPECTED:
        return (*known[:MAX_EXPECTED], "…")
    return known


__all__ = ["LACKS_ATTRIBUTE", "Subject", "subject_of", "violation", "violation_of"]
