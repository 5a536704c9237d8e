"""What a stylesheet has written, read with what stands in the stylesheet itself.

Only numbers and places are taken from the output. Ids, roles and texts come from the
stylesheet, so that a foreign one that puts values into its texts cannot let them out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from schemas.schematron.names import ASSERTION, FIRED, PLACE, REPORT, RULE, SVRL
from schemas.schematron.places import Step, steps_of

_CHECKS: Final = (f"{SVRL}failed-assert", f"{SVRL}successful-report")
_LEFT_OUT: Final = "…"
_XSL: Final = "{http://www.w3.org/1999/XSL/Transform}"
_MOST_TEXT: Final = 600


class NoReport(Exception):
    """The output is neither ours nor SVRL: nothing was checked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """As it stands in the stylesheet."""

    id: str
    role: str = ""
    flag: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fired:
    """An assertion that is not fulfilled, or a report that is due, at a place."""

    assertion: Assertion
    steps: tuple[Step, ...]
    """On the way there from the root; names of the document's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One stylesheet's opinion of one document."""

    rules: int
    """How often a rule had something to look at."""
    fired: tuple[Fired, ...]


def assertions_of(stylesheet: etree._Element) -> Mapping[str, Assertion]:
    """By number where it is ours, by id where it writes SVRL."""
    own = {
        one.get("n", ""): Assertion(
            id=one.get("id", ""),
            role=one.get("role", ""),
            flag=one.get("flag", ""),
            text=(one.text or "")[:_MOST_TEXT],
        )
        for one in stylesheet.iterchildren(ASSERTION)
    }
    if own:
        return own
    found: dict[str, Assertion] = {}
    for one in stylesheet.iter(*_CHECKS):
        new = _assertion(one)
        known = found.setdefault(new.id, new)
        if known.text != new.text:
            # The same id with several texts: none of them is sure to be meant.
            found[new.id] = replace(known, text="")
    return found


def read_report(output: bytes, assertions: Mapping[str, Assertion]) -> Report:
    """Raises NoReport."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(output, parser)
    except etree.XMLSyntaxError as error:
        raise NoReport from error
    if root.tag == REPORT:
        return Report(
            rules=sum(1 for _ in root.iterchildren(RULE)),
            fired=tuple(_own_fired(root, assertions)),
        )
    if root.tag == f"{SVRL}schematron-output":
        return Report(
            rules=sum(1 for _ in root.iterchildren(f"{SVRL}fired-rule")),
            fired=tuple(_svrl_fired(root, assertions)),
        )
    raise NoReport


def _own_fired(
    root: etree._Element, assertions: Mapping[str, Assertion]
) -> Iterator[Fired]:
    places = {one.get("of", ""): one.get("at", "") for one in root.iterchildren(PLACE)}
    for one in root.iterchildren(FIRED):
        assertion = assertions.get(one.get("n", ""))
        if assertion is None:
            raise NoReport
        at = places.get(one.get("of", ""), "")
        yield Fired(assertion=assertion, steps=steps_of(at + one.get("attribute", "")))


def _svrl_fired(
    root: etree._Element, assertions: Mapping[str, Assertion]
) -> Iterator[Fired]:
    nameless = Assertion(id="")
    for one in root.iterchildren(*_CHECKS):
        yield Fired(
            assertion=assertions.get(one.get("id", ""), nameless),
            steps=steps_of(one.get("location", "")),
        )


def _assertion(one: etree._Element) -> Assertion:
    text = one.find(f"{SVRL}text")
    return Assertion(
        id=_fixed(one, "id"),
        role=_fixed(one, "role"),
        flag=_fixed(one, "flag"),
        text="" if text is None else _static(text)[:_MOST_TEXT],
    )


def _fixed(one: etree._Element, name: str) -> str:
    """An attribute that the stylesheet writes as it is; "" where it is worked out."""
    said = one.get(name)
    if said is not None:
        return "" if "{" in said else said
    for each in one.iterchildren(f"{_XSL}attribute"):
        if each.get("name") == name and not len(each) and each.get("select") is None:
            return (each.text or "").strip()
    return ""


def _static(text: etree._Element) -> str:
    """Its fixed words, with ``…`` for each that is worked out."""
    return " ".join("".join(_words(text)).split())


def _words(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for one in element:
        if one.tag == f"{_XSL}text":
            yield one.text or ""
        elif isinstance(one.tag, str):
            yield _LEFT_OUT
        yield one.tail or ""
