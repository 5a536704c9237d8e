"""Which elements hold codes of which list, found by walking down from the messages."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import xmlschema
from xmlschema.validators import (
    XsdAttribute,
    XsdComplexType,
    XsdComponent,
    XsdElement,
    XsdGroup,
    XsdType,
)

from schemas.packs.code_lists import CodeUse, ListRef
from schemas.packs.manifest import Manifest

_URI: Final = "listURI"
_VERSION: Final = "listVersionID"
_MOST_ELEMENTS: Final = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Uses:
    """What was found, with the column that the schema names for a list."""

    uses: tuple[CodeUse, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Info:
    """The appinfo of an XÖV code type."""

    uri: str = ""
    version: str = ""
    column: str = ""


def code_uses(schema: xmlschema.XMLSchema, manifest: Manifest) -> Uses:
    """One entry for each element, or for each parent where these differ."""
    walk = _Walk(schema)
    for message in manifest.messages:
        namespace = message.namespace or manifest.namespace
        name = f"{{{namespace}}}{message.name}" if namespace else message.name
        if name in schema.maps.elements:
            walk.go("", schema.maps.elements[name])
    return Uses(uses=tuple(_merged(walk.found)), columns=walk.columns)


class _Walk:
    """Every pair of parent and child that a document can have, each once."""

    def __init__(self, schema: xmlschema.XMLSchema) -> None:
        self._substitutes = schema.maps.substitution_groups
        self._seen: set[tuple[str, int]] = set()
        self._left: list[tuple[str, XsdElement]] = []
        self._kinds: dict[int, CodeUse | None] = {}
        self.found: dict[tuple[str, str], list[CodeUse | None]] = defaultdict(list)
        self.columns: dict[str, str] = {}

    def go(self, parent: str, element: XsdElement) -> None:
        self._left.append((parent, element))
        while self._left and len(self.found) < _MOST_ELEMENTS:
            above, one = self._left.pop()
            name = one.name
            if not name:
                continue
            self.found[above, name].append(self._use(one))
            if (name, id(one.type)) not in self._seen:
                self._seen.add((name, id(one.type)))
                self._left.extend((name, child) for child in self._children(one.type))

    def _children(self, kind: XsdType) -> Iterator[XsdElement]:
        for child in _elements(kind):
            yield child
            if child.ref is not None:
                yield from self._substitutes.get(child.name, ())

    def _use(self, element: XsdElement) -> CodeUse | None:
        """By type; the element's own annotation may say more."""
        kind = element.type
        own = self._info(element)
        if id(kind) not in self._kinds:
            self._kinds[id(kind)] = self._use_of_type(kind)
        use = self._kinds[id(kind)]
        if use is not None and own.uri and not use.lists:
            lists = (ListRef(uri=own.uri, version=own.version),)
            return replace(use, lists=lists)
        return use

    def _use_of_type(self, kind: XsdType) -> CodeUse | None:
        attributes: Mapping[str | None, XsdComponent] = (
            kind.attributes if isinstance(kind, XsdComplexType) else {}
        )
        info = self._info_of_type(kind)
        if _URI not in attributes and (kind.is_complex() or not info.uri):
            return None
        uri = _fixed(attributes, _URI)
        version = _fixed(attributes, _VERSION)
        if _VERSION not in attributes:
            version = info.version
        named = uri or info.uri
        return CodeUse(
            element="",
            lists=(ListRef(uri=named, version=version),) if named else (),
            is_open=not uri and _URI in attributes,
            in_schema=_is_enumerated(kind),
        )

    def _info_of_type(self, kind: XsdType | None) -> _Info:
        """The nearest that says something, up the derivation."""
        for _ in range(20):
            if kind is None:
                break
            info = self._info(kind)
            if info.uri:
                return info
            kind = kind.base_type
        return _Info()

    def _info(self, component: XsdComponent) -> _Info:
        annotation = getattr(component, "annotation", None)
        for appinfo in getattr(annotation, "appinfo", None) or ():
            uri = _words(appinfo.findtext("codeliste/kennung"))
            column = _words(appinfo.findtext("genutzteCodeSpalte"))
            if uri:
                if column:
                    self.columns[uri] = column
                return _Info(
                    uri=uri,
                    version=_words(appinfo.findtext("versionCodeliste/version")),
                    column=column,
                )
        return _Info()


def _elements(kind: XsdType) -> Iterator[XsdElement]:
    """What may stand inside; wildcards say nothing."""
    content = getattr(kind, "content", None)
    if isinstance(content, XsdGroup):
        for child in content.iter_elements():
            if isinstance(child, XsdElement):
                yield child


def _fixed(attributes: Mapping[str | None, XsdComponent], name: str) -> str:
    attribute = attributes.get(name)
    return _words(attribute.fixed) if isinstance(attribute, XsdAttribute) else ""


def _is_enumerated(kind: XsdType) -> bool:
    """The values stand in the schema: of the type itself, or of its child code."""
    if kind.simple_type is not None:
        return bool(kind.simple_type.enumeration)
    codes = [
        child
        for child in _elements(kind)
        if str(child.name).rpartition("}")[2] == "code"
    ]
    return bool(codes) and all(_is_enumerated(one.type) for one in codes)


def _merged(
    found: Mapping[tuple[str, str], Iterable[CodeUse | None]],
) -> Iterator[CodeUse]:
    """An element that is a code wherever it stands needs no parent."""
    by_element: dict[str, dict[str, CodeUse | None]] = defaultdict(dict)
    for (parent, element), uses in found.items():
        by_element[element][parent] = _any_of(uses)
    for element, by_parent in sorted(by_element.items()):
        kinds = set(by_parent.values())
        if len(kinds) == 1 and (only := kinds.pop()) is not None:
            yield replace(only, element=element)
            continue
        for parent, use in sorted(by_parent.items()):
            if use is not None:
                yield replace(use, element=element, parent=parent)


def _any_of(uses: Iterable[CodeUse | None]) -> CodeUse | None:
    """Where the same place can be several things: as lenient as the most lenient."""
    kinds = set(uses)
    if None in kinds:
        return None
    known = [use for use in kinds if use is not None]
    return CodeUse(
        element="",
        lists=tuple(sorted({ref for use in known for ref in use.lists})),
        is_open=any(use.is_open for use in known),
        in_schema=all(use.in_schema for use in known),
    )


def _words(text: str | None) -> str:
    return " ".join((text or "").split())
