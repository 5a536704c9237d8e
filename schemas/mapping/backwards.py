"""From XML back to the form, as far as a map can be read backwards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, assert_never

from lxml import etree

from schemas.mapping.conversions import from_text
from schemas.mapping.filling import Scope
from schemas.mapping.form_data import Filling, Form, Steps, named
from schemas.mapping.form_map import (
    AsCode,
    AsText,
    Constant,
    Element,
    FromField,
    FromOutside,
    Identity,
    Joined,
    Listed,
    Numbered,
    Part,
    Reference,
    Source,
    TreeMap,
    elements,
    sources,
)
from schemas.mapping.map_rules import absolute, elements_with_chain, fields_with_chain
from schemas.mapping.parsing import parsed
from schemas.mapping.problems import Mistake

MAX_LEFT_OUT: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A form, and what of the document it does not hold."""

    form: Form = field(repr=False)
    left_out: tuple[str, ...] = ()
    """Paths in the XML that no field took; ``*`` for names of no map."""
    lost: tuple[str, ...] = ()
    """Fields that this map can never give back: joined, or only asked about."""
    is_other: bool = False
    """Not the document this map makes: nothing was read."""


def read_back(found: TreeMap, xml: bytes) -> Read:
    """The form behind a document; whatever cannot be read is said."""
    root = parsed(xml)
    if root is None or root.tag != found.root.name:
        return Read(form={}, is_other=True)
    work = _Reading(found, _Identities(found.root, root))
    work.element(found.root, root, Scope())
    work.join_pieces()
    return Read(
        form=work.filling.form,
        left_out=tuple(dict.fromkeys(work.left_out))[:MAX_LEFT_OUT],
        lost=lost_fields(found),
    )


def lost_fields(found: TreeMap) -> tuple[str, ...]:
    """Fields that a document made with this map does not hold as such."""
    kept, halves = set[tuple[str | None, ...]](), dict[object, set[Part]]()
    everything = {
        absolute(name, chain): None for name, chain in fields_with_chain(found.root)
    }
    for path, one in _single_fields(found):
        if one.split is None:
            kept.add(path)
            continue
        parts = halves.setdefault((path, one.split.at), set())
        parts.add(one.split.part)
        if one.split.part.other in parts:
            kept.add(path)
    return tuple(
        named(tuple("*" if one is None else one for one in path), found.shape)
        for path in everything
        if path not in kept
    )


def _single_fields(
    found: TreeMap,
) -> Iterator[tuple[tuple[str | None, ...], FromField]]:
    for one, chain in elements_with_chain(found.root):
        for source in sources(one):
            if isinstance(source, FromField):
                yield absolute(source.name, chain), source


class _Reading:
    """Walks the map and a document side by side."""

    def __init__(self, found: TreeMap, identities: "_Identities") -> None:
        self._identities = identities
        self._names = {etree.QName(one.name).localname for one in elements(found.root)}
        self._pieces: dict[tuple[Steps, str], dict[Part, str]] = {}
        self._halves = {
            (one.name, one.split.at, one.split.part)
            for _, one in _single_fields(found)
            if one.split
        }
        self.filling = Filling()
        self.left_out: list[str] = []

    def element(self, one: Element, place: etree._Element, scope: Scope) -> None:
        """Take what this element says, and what is below it."""
        taken = {attribute.name for attribute in one.attributes}
        for attribute in one.attributes:
            text = place.get(attribute.name)
            if text is not None:
                self._take(attribute.source, text, place, scope)
        holder = place
        match one.source:
            case FromField(conversion=AsCode(table=table)):
                taken |= {"listURI", "listVersionID"} if table.list_uri else set()
                if table.element:
                    inner = place.find(table.element)
                    holder = place if inner is None else inner
                    self._leave([child for child in place if child is not inner])
            case None:
                pass
            case _:
                self._leave(list(place))
        text = (holder.text or "").strip()
        if one.source and text:
            self._take(one.source, text, place, scope)
        if not taken.issuperset(map(str, place.attrib)):
            self.left_out.append(f"{self._path(place)}/@*")
        if one.source is None:
            self._children(one, place, scope)

    def join_pieces(self) -> None:
        """Put texts together again whose pieces stand in different places."""
        for (steps, at), parts in self._pieces.items():
            for first in (Part.FIRST, Part.BEFORE_LAST):
                if first in parts or first.other in parts:
                    whole = [parts.get(first, ""), parts.get(first.other, "")]
                    self.filling.put(steps, at.join(one for one in whole if one))

    def _children(self, one: Element, place: etree._Element, scope: Scope) -> None:
        waiting = list(place)
        for child in one.children:
            rivals = [other for other in one.children if other.name == child.name]
            found = [
                each for each in waiting if self._identities.fits(child, each, rivals)
            ]
            if child.each is None:
                found = found[:1]
            for position, each in enumerate(found):
                waiting.remove(each)
                self.element(child, each, _inside(child, scope, position))
        self._leave(waiting)

    def _take(
        self, source: Source, text: str, place: etree._Element, scope: Scope
    ) -> None:
        match source:
            case FromField(name=name, split=split):
                steps = scope.steps(name)
                conversion = AsText() if split else source.conversion
                value = from_text(conversion, text)
                if isinstance(value, Mistake):
                    self.left_out.append(self._path(place))
                elif split and (name, split.at, split.part.other) not in self._halves:
                    # Half of a text would be a wrong one; ``lost`` names the field.
                    self.left_out.append(self._path(place))
                elif split:
                    parts = self._pieces.setdefault((steps, split.at), {})
                    parts[split.part] = str(value)
                elif not self.filling.put(steps, value):
                    self.left_out.append(self._path(place))
            case Joined():
                self.left_out.append(self._path(place))
            case Constant() | FromOutside() | Identity() | Reference():
                # The map or the caller says these; they are no part of the form.
                pass
            case _:
                assert_never(source)

    def _leave(self, places: list[etree._Element]) -> None:
        self.left_out.extend(self._path(place) for place in places)

    def _path(self, place: etree._Element) -> str:
        steps = []
        for one in (place, *place.iterancestors()):
            local = etree.QName(one).localname
            steps.append(local if local in self._names else "*")
        return "/" + "/".join(reversed(steps))


def _inside(one: Element, scope: Scope, position: int) -> Scope:
    match one.each:
        case None:
            return scope
        case Listed(name=name):
            return Scope(
                base=(*scope.steps(name), position),
                numbers=scope.numbers,
                counts=(*scope.counts, position + 1),
            )
        case Numbered(variable=variable):
            return Scope(
                base=scope.base,
                numbers={**scope.numbers, variable: position + 1},
                counts=(*scope.counts, position + 1),
            )
        case _:
            assert_never(one.each)


def _agrees(one: Element, place: etree._Element) -> bool:
    for attribute in one.attributes:
        match attribute.source:
            case Constant(text=text) if place.get(attribute.name, text) != text:
                return False
            case _:
                pass
    match one.source:
        case Constant(text=text) if (place.text or "").strip() != text:
            return False
        case _:
            pass
    for child in one.children:
        if child.optional or child.each or child.when:
            continue
        below = place.findall(child.name)
        if below and not any(_agrees(child, each) for each in below):
            return False
    return True


class _Identities:
    """Who an element with an id is: said by who refers to it, else by the id."""

    def __init__(self, top: Element, root: etree._Element) -> None:
        self._meant: dict[str, set[str]] = {}
        self._collect(top, [root])

    def fits(self, one: Element, place: etree._Element, rivals: list[Element]) -> bool:
        """Name and constants agree, and it is not a brother in the map."""
        if place.tag != one.name or not _agrees(one, place):
            return False
        others = (other for other in rivals if other is not one)
        return self._is_it(one, place) or not any(
            self._is_it(other, place) for other in others
        )

    def _collect(self, one: Element, places: list[etree._Element]) -> None:
        if isinstance(one.source, Reference):
            found = self._meant.setdefault(one.source.name, set())
            found.update((place.text or "").strip() for place in places)
        for attribute in one.attributes:
            if isinstance(attribute.source, Reference):
                found = self._meant.setdefault(attribute.source.name, set())
                found.update(place.get(attribute.name, "") for place in places)
        for child in one.children:
            below = [each for place in places for each in place.findall(child.name)]
            self._collect(child, below)

    def _is_it(self, one: Element, place: etree._Element) -> bool:
        for attribute in one.attributes:
            if isinstance(attribute.source, Identity):
                name, found = attribute.source.name, place.get(attribute.name, "")
                if any(found in meant for meant in self._meant.values()):
                    return found in self._meant.get(name, ())
                rest = found.removeprefix(name)
                return found.startswith(name) and not rest.strip("-0123456789")
        return False
