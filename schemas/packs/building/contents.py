"""What a set of schemas offers: its messages, its head, its ID attributes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from lxml import etree

from schemas.packs.building.survey import (
    XSD,
    XSLT,
    Sample,
    Schema,
    schema_parser,
)
from schemas.packs.manifest import Head, Message

_LIBRARIES: Final = (
    "http://www.w3.org/",
    "http://xoev.de/",
    "https://xoev.de/",
    "urn:xoev-de:kosit:xoev:",
    "http://schemas.xmlsoap.org/",
    "http://docs.oasis-open.org/",
    "http://www.opengis.net/",
)
"""Namespaces that others use; their elements begin no message."""
_NUMBERED: Final = re.compile(r".+\.(\d{4})")
_ROLES: Final = (
    (re.compile(r"rueckweisung|rückweisung|reject", re.IGNORECASE), "reject"),
    (
        re.compile(
            r"quittung|(empfang|eingang)s?best(ae|ä)tig|acknowledg", re.IGNORECASE
        ),
        "ack",
    ),
)
_MILD: Final = frozenset(
    {"warning", "warn", "warnung", "information", "info", "hinweis", "hint", "notice"}
)
_HEAD_NAME: Final = "nachrichtenkopf"
_REFERENCES: Final = frozenset({"IDREF", "IDREFS"})
_ID_TYPES: Final = _REFERENCES | {"ID"}
_G2G_HEAD: Final = "nachrichtenkopf.g2g"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ids:
    """Names of attributes of type xs:ID and xs:IDREF(S)."""

    ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    """Also declared with other types, so that their name alone says nothing."""


def is_library(namespace: str) -> bool:
    """Whether everybody knows this namespace to be only for use by others."""
    return namespace.startswith(_LIBRARIES)


def messages_of(
    schemas: Sequence[Schema], samples: Iterable[Sample], spaces: AbstractSet[str]
) -> tuple[Message, ...]:
    """Numbered elements where there are any; else those nobody else refers to.

    Of the namespaces that are the standard, or of all where these have no elements.
    What a sample begins with is a message in any case.
    """
    declared = {
        (schema.namespace, name)
        for schema in schemas
        if schema.namespace in spaces or not is_library(schema.namespace)
        for name in _concrete(schema)
    }
    own = {root for root in declared if root[0] in spaces} or declared
    begun = {(one.namespace, one.name) for one in samples}
    numbered = {root for root in own if is_numbered(root[1])}
    wanted = numbered or own - _referenced(schemas) or own
    main = next(iter(spaces)) if len(spaces) == 1 else ""
    return tuple(_message(root, main) for root in sorted(wanted | (begun & declared)))


def is_numbered(name: str) -> bool:
    """``bereich.aktion.0401``, as XÖV names its messages."""
    return bool(_NUMBERED.fullmatch(name))


def _concrete(schema: Schema) -> tuple[str, ...]:
    found = schema.root.iterfind(f"{{{XSD}}}element[@name]")
    return tuple(
        one.get("name", "") for one in found if one.get("abstract") not in {"true", "1"}
    )


def _referenced(schemas: Sequence[Schema]) -> set[tuple[str, str]]:
    """Elements that stand inside another one, or for another one."""
    found = set()
    for schema in schemas:
        for element in schema.root.iter(f"{{{XSD}}}element"):
            for attribute in ("ref", "substitutionGroup"):
                for name in element.get(attribute, "").split():
                    within = _global_name(element)
                    target = _expanded(element, name, schema.namespace)
                    is_itself = target == (schema.namespace, within)
                    if attribute == "ref" and not is_itself:
                        found.add(target)
                    if attribute == "substitutionGroup":
                        found.add((schema.namespace, element.get("name", "")))
    return found


def _global_name(element: etree._Element) -> str:
    """Of the global element in which this one is declared."""
    above = list(element.iterancestors(f"{{{XSD}}}element"))
    return above[-1].get("name", "") if above else ""


def _expanded(element: etree._Element, name: str, default: str) -> tuple[str, str]:
    """A QName in a schema; one of a chameleon belongs to whoever includes it."""
    prefix, _, local = name.rpartition(":")
    return element.nsmap.get(prefix or None) or default, local


def _message(root: tuple[str, str], main: str) -> Message:
    namespace, name = root
    number = _NUMBERED.fullmatch(name)
    role = next((role for words, role in _ROLES if words.search(name)), "")
    return Message(
        name=name,
        namespace="" if namespace == main else namespace,
        code=number[1] if number else "",
        role=role,
    )


def lists_named_in(schemas: Sequence[Schema]) -> frozenset[str]:
    """URIs of the code lists that types fix or describe."""
    found = set()
    for schema in schemas:
        for one in schema.root.iter(f"{{{XSD}}}attribute"):
            if one.get("name") == "listURI" and one.get("fixed"):
                found.add(one.get("fixed", ""))
        for info in schema.root.iter(f"{{{XSD}}}appinfo"):
            found.add((info.findtext("codeliste/kennung") or "").strip())
    return frozenset(found - {""})


def severities_in(rules: bytes) -> Mapping[str, str]:
    """Words for mere warnings, among the roles and flags of a Schematron.

    Also of one that a publisher compiled, where they stand as text of attributes.
    """
    root = etree.fromstring(rules, schema_parser())
    words = set()
    for one in root.iter("{*}*"):
        words |= {one.get("role", ""), one.get("flag", "")}
        if one.tag == f"{{{XSLT}}}attribute" and one.get("name") in {"role", "flag"}:
            words.add(" ".join((one.text or "").split()))
    return {word: "warning" for word in sorted(words) if word.lower() in _MILD}


def head_of(schemas: Sequence[Schema]) -> Head | None:
    """Where XÖV messages say who they are; None where there is no such head."""
    names = {
        name
        for schema in schemas
        for name in _element_names(schema)
        if name.startswith(_HEAD_NAME)
    }
    if any(_extends_g2g(schema) for schema in schemas):
        names.add(_G2G_HEAD)
    if not names:
        return None
    head = min(names, key=lambda name: (name != _G2G_HEAD, len(name), name))
    start = head
    return Head(
        uuid=f"{start}/identifikation.nachricht/nachrichtenUUID",
        type=f"{start}/identifikation.nachricht/nachrichtentyp/code",
        author=f"{start}/autor/kennung",
        reader=f"{start}/leser/kennung",
        standard="@standard",
        version="@version",
        test="@test",
    )


def _extends_g2g(schema: Schema) -> bool:
    """A message type of the library brings the head with it."""
    return any(
        one.get("base", "").rpartition(":")[2] == "Nachricht.G2GType"
        for one in schema.root.iter(f"{{{XSD}}}extension", f"{{{XSD}}}restriction")
    )


def _element_names(schema: Schema) -> set[str]:
    found = set()
    for element in schema.root.iter(f"{{{XSD}}}element"):
        name = element.get("name") or element.get("ref", "").rpartition(":")[2]
        found.add(name)
    return found


def ids_of(schemas: Sequence[Schema]) -> Ids:
    """By name, as documents are searched; where a name alone says nothing, none."""
    types: dict[str, set[str]] = {}
    derived = _derived(schemas)
    for schema in schemas:
        for one in schema.root.iter(f"{{{XSD}}}attribute", f"{{{XSD}}}element"):
            kind = _basic(one, one.get("type", ""), derived)
            name = _name_in_documents(schema, one)
            if one.tag == f"{{{XSD}}}element":
                name, kind = "element content", kind if kind in _ID_TYPES else "ID?"
            if name and one.get("use") != "prohibited":
                types.setdefault(name, set()).add(kind)
    ids = {name for name, kinds in types.items() if kinds == {"ID"}}
    references = {name for name, kinds in types.items() if kinds <= _REFERENCES}
    unclear = {
        name
        for name, kinds in types.items()
        if kinds & _ID_TYPES and name not in ids | references
    }
    if unclear or not references:
        return Ids(unclear=tuple(sorted(unclear)))
    return Ids(ids=tuple(sorted(ids)), references=tuple(sorted(references)))


def _name_in_documents(schema: Schema, attribute: etree._Element) -> str:
    """In Clark notation where it is qualified; "" for one that only refers."""
    name = attribute.get("name", "")
    parent = attribute.getparent()
    is_global = parent is not None and parent.tag == f"{{{XSD}}}schema"
    form = attribute.get("form") or schema.root.get("attributeFormDefault", "")
    if name and schema.namespace and (is_global or form == "qualified"):
        return f"{{{schema.namespace}}}{name}"
    return name


def _derived(schemas: Sequence[Schema]) -> dict[tuple[str, str], tuple[str, str]]:
    """Named simple types → what they restrict."""
    found = {}
    for schema in schemas:
        for one in schema.root.iterfind(f"{{{XSD}}}simpleType[@name]"):
            base = one.find(f"{{{XSD}}}restriction")
            if base is not None:
                own = (schema.namespace, one.get("name", ""))
                found[own] = _expanded(base, base.get("base", ""), schema.namespace)
    return found


def _basic(
    attribute: etree._Element,
    kind: str,
    derived: dict[tuple[str, str], tuple[str, str]],
) -> str:
    """The built-in type below; "" for anything that is none of ours."""
    name = _expanded(attribute, kind, "") if kind else ("", "")
    for _ in range(20):
        if name[0] == XSD:
            return name[1]
        name = derived.get(name, ("", ""))
    return ""
