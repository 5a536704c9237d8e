"""ISO Schematron to XSLT 2: what it says stays in the stylesheet, never a value.

The stylesheet writes only numbers of assertions and places; their texts stand in it
as data. So no text can carry a value of a document out, whatever the rules ask for.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from lxml import etree

from schemas.errors import PackBroken
from schemas.schematron.contexts import walked_for
from schemas.schematron.locating import ATTRIBUTE, OF, add_frame
from schemas.schematron.names import (
    ASSERTION,
    FIRED,
    FOUND,
    OWN_PREFIX,
    OWN_URI,
    RULE,
    SCH,
    XSL,
    XSL_URI,
)
from schemas.schematron.source import Resolve, read_flat
from schemas.schematron.variables import make_unique

_VERSIONS: Final = {
    "": "1.0",
    "xslt": "1.0",
    "xslt1": "1.0",
    "xpath": "1.0",
    "xslt2": "2.0",
    "xpath2": "2.0",
    "xslt3": "3.0",
    "xpath3": "3.0",
}
_CHECKS: Final = (f"{SCH}assert", f"{SCH}report")
_TAKEN_OVER: Final = tuple(
    f"{XSL}{name}"
    for name in ("key", "function", "decimal-format", "variable", "param", "template")
)
_ALL: Final = "#ALL"
_LEFT_OUT: Final = "…"
_XML_PREFIX: Final = "xml"


def compile_schematron(source: bytes, *, resolve: Resolve, phase: str = "") -> bytes:
    """XSLT for Saxon; ``phase`` "" is what the schema says, or all patterns.

    Raises PackBroken, with what cannot be taken.
    """
    schema = read_flat(source, resolve=resolve)
    patterns = _patterns_of(schema, phase or schema.get("defaultPhase", _ALL))
    make_unique(patterns)
    try:
        return _Stylesheet(schema).write(patterns)
    except ValueError as error:
        raise PackBroken("a name or a namespace that XML does not allow") from error


def _patterns_of(schema: etree._Element, phase: str) -> list[etree._Element]:
    patterns = list(schema.iter(f"{SCH}pattern"))
    if any(one.get("documents") is not None for one in patterns):
        raise PackBroken("a pattern asks for other documents")
    if phase in {_ALL, "#DEFAULT"}:
        for each in schema.findall(f"{SCH}phase"):
            schema.remove(each)
        return patterns
    chosen = None
    for each in schema.findall(f"{SCH}phase"):
        if each.get("id") == phase:
            chosen = each
        else:
            schema.remove(each)
    if chosen is None:
        raise PackBroken("the phase is not there")
    active = {one.get("pattern") for one in chosen.iterchildren(f"{SCH}active")}
    return [one for one in patterns if one.get("id") in active]


class _Stylesheet:
    """One in the making."""

    def __init__(self, schema: etree._Element) -> None:
        binding = schema.get("queryBinding", "").lower()
        if binding not in _VERSIONS:
            raise PackBroken("the query binding is none of XSLT's")
        self._schema = schema
        self._root = etree.Element(f"{XSL}stylesheet", nsmap=_namespaces(schema))
        self._root.set("version", _VERSIONS[binding])
        self._root.set("exclude-result-prefixes", "#all")
        self._count = 0

    def write(self, patterns: list[etree._Element]) -> bytes:
        add_frame(self._root)
        self._take_over()
        for phase in self._schema.iterchildren(f"{SCH}phase"):
            _add_lets(self._root, phase)
        _add_lets(self._root, self._schema)
        found = _add(self._root, "variable", name=FOUND)
        for number, pattern in enumerate(patterns, 1):
            mode = f"pattern-{number}"
            _add(found, "apply-templates", select="/", mode=mode)
            _add_lets(self._root, pattern)
            self._add_pattern(pattern, mode)
        etree.cleanup_namespaces(
            self._root, keep_ns_prefixes=list(filter(None, self._root.nsmap))
        )
        return etree.tostring(
            self._root, encoding="UTF-8", xml_declaration=True, pretty_print=True
        )

    def _take_over(self) -> None:
        for one in self._schema.iterchildren(f"{XSL}*"):
            named = one.tag != f"{XSL}template" or one.get("match") is None
            if one.tag not in _TAKEN_OVER or not named:
                raise PackBroken("XSLT in it that is neither key, function nor value")
            self._root.append(deepcopy(one))

    def _add_pattern(self, pattern: etree._Element, mode: str) -> None:
        rules = list(pattern.iterchildren(f"{SCH}rule"))
        walked = walked_for([one.get("context", "") for one in rules])
        for place, rule in enumerate(rules):
            made = _add(
                self._root,
                "template",
                match=_said(rule, "context"),
                mode=mode,
                # The first rule that fits is the only one that looks.
                priority=str(len(rules) - place),
            )
            etree.SubElement(made, RULE)
            _add_lets(made, rule)
            for number, check in enumerate(rule.iterchildren(*_CHECKS), 1):
                self._add_check(made, check, f"{_name(rule, pattern)}-{number}")
            _add(made, "apply-templates", select=walked, mode=mode)
        rest = _add(self._root, "template", match="/|node()|@*", mode=mode)
        rest.set("priority", "-100")
        _add(rest, "apply-templates", select=walked, mode=mode)

    def _add_check(
        self, made: etree._Element, check: etree._Element, name: str
    ) -> None:
        self._count += 1
        test = _said(check, "test")
        fails = test if check.tag == f"{SCH}report" else f"not(({test}))"
        fired = etree.SubElement(_add(made, "if", test=fails), FIRED)
        fired.set("n", str(self._count))
        fired.set("of", OF)
        fired.set("attribute", ATTRIBUTE)
        told = etree.Element(ASSERTION, n=str(self._count), id=check.get("id", name))
        rule = check.getparent()
        for key in ("role", "flag"):
            word = check.get(key) or (rule.get(key) if rule is not None else None)
            if word:
                told.set(key, word)
        told.text = static_text(check)
        self._root.insert(self._count - 1, told)


def static_text(element: etree._Element) -> str:
    """Its words, with ``…`` wherever a value of the document would stand."""
    return " ".join("".join(_words(element)).split())


def _words(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for one in element:
        if one.tag in {f"{SCH}emph", f"{SCH}span", f"{SCH}dir"}:
            yield from _words(one)
        elif isinstance(one.tag, str):
            yield _LEFT_OUT
        yield one.tail or ""


def _name(rule: etree._Element, pattern: etree._Element) -> str:
    return rule.get("id") or pattern.get("id") or "rule"


def _said(element: etree._Element, key: str) -> str:
    said = element.get(key, "").strip()
    if not said:
        raise PackBroken(f"an element without `{key}`")
    return said


def _namespaces(schema: etree._Element) -> dict[str, str]:
    found = {one: uri for one, uri in schema.nsmap.items() if one}
    for one in schema.iterchildren(f"{SCH}ns"):
        found[one.get("prefix", "")] = one.get("uri", "")
    if found.get(OWN_PREFIX, OWN_URI) != OWN_URI or "xmlns" in found:
        raise PackBroken(f"the prefix {OWN_PREFIX} or xmlns is taken")
    found.setdefault("xsl", XSL_URI)
    found[OWN_PREFIX] = OWN_URI
    return {
        one: uri for one, uri in found.items() if one != _XML_PREFIX and one and uri
    }


def _add(parent: etree._Element, kind: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{XSL}{kind}", attributes)


def _add_lets(parent: etree._Element, element: etree._Element) -> None:
    for one in element.iterchildren(f"{SCH}let"):
        made = _add(parent, "variable", name=_said(one, "name"))
        if one.get("value") is not None:
            made.set("select", one.get("value", ""))
        else:
            made.text = one.text
            made.extend(deepcopy(each) for each in one)
