"""Maps that are XSLT 1.0: a form as XML in, a document out, nothing from outside.

A stylesheet may run for ever and a thread cannot be stopped: ``transform`` and
``transform_back`` belong into the pool of check processes, killed at their limit.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from lxml import etree

from schemas.mapping.building import Built, Given, declared
from schemas.mapping.conversions import plain_text
from schemas.mapping.form_data import Form, FormValue
from schemas.mapping.form_map import StylesheetMap
from schemas.mapping.parsing import parsed
from schemas.mapping.places import Origin, field_table
from schemas.mapping.problems import MapProblem, Mistake, failed, invalid

JSON_AS_XML: Final = "http://www.w3.org/2005/xpath-functions"
"""The form is written as XPath 3.1 writes JSON: map, array, string, number, boolean."""
FIELD: Final = "{urn:amtsweg:form-map}field"
"""Attribute that names the field behind an element; it is taken away at the end."""
_XSL: Final = "http://www.w3.org/1999/XSL/Transform"
_FORBIDDEN: Final = ("import", "include", "document", "result-document")
_CALL: Final = re.compile(r"[\w.\-]+:[\w.\-]+\s*\(")
_OUTSIDE: Final = re.compile(r"(?<![\w.\-])(document|generate-id)\s*\(")
_NOTHING: Final = etree.XSLTAccessControl(  # type: ignore[call-arg]
    read_file=False,
    write_file=False,
    create_dir=False,
    read_network=False,
    write_network=False,
)
_LITERAL: Final = re.compile(r"\"[^\"]*\"|'[^']*'")


def check_stylesheet(body: bytes) -> tuple[tuple[str, str], ...]:
    """What is wrong with a stylesheet: sentences, each with its remedy."""
    root = parsed(body)
    if root is None:
        return (("The stylesheet is not XML without DOCTYPE.", "Write XSLT 1.0."),)
    if found := tuple(dict.fromkeys(_mistakes(root))):
        return found
    try:
        _compiled(body)
    except etree.XSLTError:
        return (("The stylesheet is not XSLT 1.0.", "Try it with xsltproc."),)
    return ()


def transform(found: StylesheetMap, form: Form, given: Given) -> Built:
    """The XML that a stylesheet makes of a form; to be run where it can be killed.

    The stylesheet gets ``uuid``, ``time``, ``date`` and the given words as parameters.
    """
    problems: list[MapProblem] = []
    source = etree.Element(f"{{{JSON_AS_XML}}}map", nsmap=declared({"": JSON_AS_XML}))
    for key, value in form.items():
        _write(source, key, value, problems)
    names = ("uuid", "time", "date", *given.words)
    parameters = {
        name: etree.XSLT.strparam(given.text(name))
        for name in names
        if name.isidentifier() and name != "profile_run"
    }
    root = None if problems else _applied(found.forward, source, parameters)
    if root is None:
        return Built(xml=b"", fields={}, problems=(*problems,) or (failed("xslt"),))
    origins = [
        Origin(element=element, attribute="", field=str(element.attrib.pop(FIELD)))
        for element in root.iter(etree.Element)
        if FIELD in element.attrib
    ]
    etree.cleanup_namespaces(root)
    return Built(
        xml=etree.tostring(root, xml_declaration=True, encoding="UTF-8"),
        fields=field_table(root, origins),
        problems=(),
    )


def transform_back(found: StylesheetMap, xml: bytes) -> Form | None:
    """The form that the way back makes of a document; None where it fails."""
    source = parsed(xml)
    if source is None or not found.back:
        return None
    root = _applied(found.back, source, {})
    if root is None or root.tag != f"{{{JSON_AS_XML}}}map":
        return None
    form = _read(root)
    return form if isinstance(form, dict) else None


def _mistakes(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Whatever would read a file, call code, or make other ids each time."""
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if name.namespace == _XSL and name.localname in _FORBIDDEN:
            yield ("It reads or writes another file.", "Write all into one file.")
        if name.namespace == _XSL and not _is_xpath(element):
            yield ("An expression is not XPath 1.0.", "Correct `select` or `test`.")
        for key, value in element.attrib.items():
            if str(key).endswith("extension-element-prefixes"):
                yield ("It uses extension elements.", "Write XSLT 1.0 only.")
            bare = _LITERAL.sub("''", str(value))
            if _CALL.search(bare):
                yield ("It calls an extension function.", "Write XSLT 1.0 only.")
            if _OUTSIDE.search(bare):
                yield (
                    "It uses document() or generate-id().",
                    "Use parameters, and position() for ids.",
                )


def _is_xpath(element: etree._Element) -> bool:
    """Whether it holds none that libxslt finds wrong only when it gets there."""
    spaces = {prefix: uri for prefix, uri in element.nsmap.items() if prefix}
    try:
        for key in ("select", "test"):
            if expression := element.get(key):
                etree.XPath(expression, namespaces=spaces)
    except etree.XPathError:
        return False
    return True


def _compiled(body: bytes) -> etree.XSLT:
    root = parsed(body)
    if root is None:
        raise etree.XSLTParseError("not XML")
    return etree.XSLT(root, access_control=_NOTHING, regexp=False)


def _applied(
    stylesheet: bytes,
    source: etree._Element,
    parameters: Mapping[str, "etree._XSLTQuotedStringParam"],
) -> etree._Element | None:
    """The root of what comes out; None where anything fails: its words may quote."""
    root = parsed(stylesheet)
    if root is None or next(_mistakes(root), None):
        return None
    try:
        # Its types take every keyword for the flag that only this one is.
        result = _compiled(stylesheet)(source, **parameters)  # type: ignore[arg-type]
    except etree.XSLTError:
        return None
    return result.getroot()


def _write(
    parent: etree._Element, key: str, value: FormValue, problems: list[MapProblem]
) -> None:
    element = etree.SubElement(parent, f"{{{JSON_AS_XML}}}{_kind(value)}")
    name = plain_text(key)
    if isinstance(name, Mistake):
        problems.append(invalid("*", "", name))
    elif key:
        element.set("key", name)
    match value:
        case Mapping():
            for inner, one in value.items():
                _write(element, inner, one, problems)
        case list() | tuple():
            for one in value:
                _write(element, "", one, problems)
        case _:
            text = plain_text(value)
            if isinstance(text, Mistake):
                problems.append(invalid("*", "", text))
            else:
                element.text = text or None


def _kind(value: FormValue) -> str:
    match value:
        case Mapping():
            return "map"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float() | Decimal():
            return "number"
        case None:
            return "null"
        case _:
            return "array"


def _read(element: etree._Element) -> FormValue:
    text = element.text or ""
    match etree.QName(element).localname:
        case "map":
            return {str(one.get("key", "")): _read(one) for one in element}
        case "array":
            return [_read(one) for one in element]
        case "boolean":
            return text.strip() in {"true", "1"}
        case "null":
            return None
        case _:
            return text
