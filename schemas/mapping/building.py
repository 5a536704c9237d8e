"""From a form to XML: every mistake at once, and which field each place came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never, cast
from uuid import UUID

from lxml import etree

from schemas.findings import Severity
from schemas.mapping.conversions import plain_text
from schemas.mapping.filling import Scope, TextOf
from schemas.mapping.form_data import Form, named
from schemas.mapping.form_map import (
    AsCode,
    Attribute,
    Constant,
    Element,
    FromField,
    FromOutside,
    Identity,
    Joined,
    Reference,
    Source,
    TreeMap,
    When,
    elements,
    form_fields,
    sources,
)
from schemas.mapping.map_rules import asks_the_form
from schemas.mapping.places import Origin, field_of, field_table
from schemas.mapping.problems import MapProblem, missing, not_given


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a document needs and no form has: the same in, the same out."""

    uuid: UUID
    at: datetime
    """Aware; written with its own offset."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Whatever else a map takes with ``given``: reader, author, number …"""

    def text(self, name: str) -> str:
        """The text of this name; empty for what was not given."""
        match name:
            case "uuid":
                return str(self.uuid)
            case "time":
                return self.at.isoformat(timespec="seconds")
            case "date":
                return self.at.date().isoformat()
            case _:
                word = plain_text(self.words.get(name, ""))
                return word if isinstance(word, str) else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """The XML, or why there is none."""

    xml: bytes = field(repr=False)
    """b"" when a problem is more than a warning."""
    fields: Mapping[str, str]
    """Path in the XML → field of the form."""
    problems: tuple[MapProblem, ...]
    unused: tuple[str, ...] = field(default=(), repr=False)
    """Fields that were filled and not taken; their names may be the sender's."""

    def field_of(self, path: str) -> str:
        """The form field behind the path of a finding; "" where there is none."""
        return field_of(self.fields, path)


def build(found: TreeMap, form: Form, given: Given) -> Built:
    """The XML that a declarative map makes of a form."""
    work = _Building(found, form, given)
    root = work.run()
    problems = tuple(dict.fromkeys((*work.problems, *work.texts.leftovers())))
    if any(one.severity is not Severity.WARNING for one in problems):
        return Built(xml=b"", fields={}, problems=problems, unused=work.texts.unused())
    return Built(
        xml=etree.tostring(
            root, xml_declaration=True, encoding="UTF-8", pretty_print=True
        ),
        fields=field_table(root, work.origins),
        problems=problems,
        unused=work.texts.unused(),
    )


_TOP: Final = Scope()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Promise:
    """A reference to an id that may come later, or never."""

    element: etree._Element
    attribute: str
    """Goes with the promise; "" = the whole element does."""
    optional: bool
    target: str
    name: str


class _Building:
    """One document in the making."""

    def __init__(self, found: TreeMap, form: Form, given: Given) -> None:
        self._map = found
        self._given = given
        self.texts = TextOf(found, form)
        self.problems = self.texts.problems
        self.origins: list[Origin] = []
        self._ids: set[str] = set()
        self._promises: list[_Promise] = []

    def run(self) -> etree._Element:
        """The root with everything below."""
        top = self._map.root
        root = etree.Element(top.name, nsmap=declared(self._map.namespaces))
        self._fill(top, root, _TOP)
        self._keep_promises()
        return root

    def _place(self, one: Element, parent: etree._Element, scope: Scope) -> None:
        if one.when and not self._holds(one.when, scope):
            return
        for inner in self.texts.repetitions(one, scope):
            # Without a field, a reference or the caller decides, and later.
            if one.optional and asks_the_form(one) and not self._is_filled(one, inner):
                continue
            element = etree.SubElement(parent, one.name)
            if inner.base != scope.base:
                entry = named(inner.base, self._map.shape)
                self._came_from(element, "", entry)
            self._fill(one, element, inner)

    def _fill(self, one: Element, element: etree._Element, scope: Scope) -> None:
        for attribute in one.attributes:
            self._set(attribute, element, scope)
            self._promise(one, element, attribute, scope)
        if one.source:
            text = self._text(one.source, scope, optional=one.optional)
            self._write(one, element, text)
            self._note(element, "", one.source, scope)
            self._promise(one, element, one.source, scope)
            if isinstance(one.source, FromOutside) and one.optional and not text:
                _remove(element)
        for child in one.children:
            self._place(child, element, scope)

    def _write(self, one: Element, element: etree._Element, text: str) -> None:
        """The text, or the child of a code with the list's name beside it."""
        match one.source:
            case FromField(conversion=AsCode(table=table)):
                if table.list_uri:
                    element.set("listURI", table.list_uri)
                if table.list_version:
                    element.set("listVersionID", table.list_version)
                if table.element:
                    element = etree.SubElement(element, table.element)
            case _:
                pass
        element.text = text or None

    def _set(self, attribute: Attribute, element: etree._Element, scope: Scope) -> None:
        source, optional = attribute.source, attribute.optional
        if optional and not self._can_fill(source, scope):
            return
        element.set(attribute.name, self._text(source, scope, optional=optional))
        local = etree.QName(attribute.name).localname
        self._note(element, local, source, scope)

    def _text(self, source: Source, scope: Scope, *, optional: bool) -> str:
        match source:
            case FromField():
                return self.texts.required(source, scope)
            case Joined():
                return self.texts.joined(source, scope)
            case Constant(text=text):
                return text
            case FromOutside(name=name):
                text = self._given.text(name)
                if not text and not optional:
                    self.problems.append(not_given(name))
                return text
            case Identity(name=name):
                self._ids.add(scope.numbered_name(name))
                return scope.numbered_name(name)
            case Reference(name=name):
                return self._target(name, scope)
            case _:
                assert_never(source)

    def _can_fill(self, source: Source, scope: Scope) -> bool:
        if isinstance(source, FromOutside):
            return bool(self._given.text(source.name))
        fields = form_fields(source)
        return not fields or any(self.texts.is_filled(one, scope) for one in fields)

    def _is_filled(self, one: Element, scope: Scope) -> bool:
        """Whether any field at it or below it holds something."""
        for source in sources(one):
            if any(self.texts.is_filled(each, scope) for each in form_fields(source)):
                return True
        return any(
            self._is_filled(child, inner)
            for child in one.children
            if not child.when or self._holds(child.when, scope)
            for inner in self.texts.repetitions(child, scope, quietly=True)
        )

    def _holds(self, when: When, scope: Scope) -> bool:
        return self.texts.word(when.name, scope) in when.words

    def _note(
        self, element: etree._Element, attribute: str, source: Source, scope: Scope
    ) -> None:
        for one in form_fields(source)[:1]:
            self._came_from(element, attribute, self.texts.name(one.name, scope))

    def _came_from(self, element: etree._Element, attribute: str, name: str) -> None:
        self.origins.append(Origin(element=element, attribute=attribute, field=name))

    def _target(self, name: str, scope: Scope) -> str:
        return scope.numbered_name(name, self.texts.depth_of(name))

    def _promise(
        self,
        one: Element,
        element: etree._Element,
        holder: Attribute | Source,
        scope: Scope,
    ) -> None:
        source, optional, attribute = holder, one.optional, ""
        if isinstance(holder, Attribute):
            source, optional = holder.source, one.optional or holder.optional
            attribute = holder.name if holder.optional else ""
        if not isinstance(source, Reference):
            return
        self._promises.append(
            _Promise(
                element=element,
                attribute=attribute,
                optional=optional,
                target=self._target(source.name, scope),
                name=source.name,
            )
        )

    def _keep_promises(self) -> None:
        """References to what was left out go, or are a problem of its fields."""
        for one in self._promises:
            if one.target in self._ids:
                continue
            if not one.optional:
                behind = next(_fields_behind(self._map.root, one.name), None)
                name = self.texts.name(behind.name, _TOP) if behind else one.name
                label = behind.label if behind else ""
                self.problems.append(missing(name, label, detail=one.name))
            elif one.attribute:
                del one.element.attrib[one.attribute]
            else:
                _remove(one.element)


def declared(namespaces: Mapping[str, str]) -> dict[str, str]:
    """As lxml wants it: the prefix of names without one is None."""
    spaces = {prefix or None: uri for prefix, uri in namespaces.items()}
    # Its types do not know of None.
    return cast("dict[str, str]", spaces)


def _fields_behind(root: Element, identity: str) -> Iterator[FromField]:
    """The fields below the element that has this id."""
    for one in elements(root):
        if Identity(name=identity) in sources(one):
            for below in elements(one):
                for source in sources(below):
                    yield from form_fields(source)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
