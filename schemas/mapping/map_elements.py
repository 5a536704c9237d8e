"""Reading the tree of a map: elements, attributes, repetitions and conditions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from schemas.mapping.form_map import (
    AsCode,
    Attribute,
    Constant,
    Element,
    FieldName,
    FromField,
    FromOutside,
    Identity,
    Listed,
    Numbered,
    Reference,
    Shape,
    Source,
    When,
)
from schemas.mapping.map_keys import MapKeys
from schemas.mapping.map_sources import SOURCES, Chain, SourceReader

MAX_DEPTH: Final = 64
_MAX_REPETITIONS: Final = 100_000
_VARIABLE: Final = re.compile(r"[a-z]+")
_XML: Final = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Turns ``prefix:name`` into Clark's notation."""

    namespaces: Mapping[str, str]

    def name(self, keys: MapKeys, key: str, *, of_attribute: bool = False) -> str:
        """The name that stands as a value at ``key``."""
        return self.clark(keys, key, keys.text(key), of_attribute=of_attribute)

    def clark(
        self, keys: MapKeys, key: str, written: str, *, of_attribute: bool
    ) -> str:
        """What an element or an attribute of this name is called in full."""
        prefix, colon, local = written.rpartition(":")
        known = {"xml": _XML, **self.namespaces}
        if of_attribute and not colon:
            known = {"": ""}
        namespace = known.get(prefix, "")
        if prefix and prefix not in known:
            keys.wrong(
                key,
                "The prefix of this name is not known.",
                'Add it to `namespaces` at the top: {"prefix": "urn:…"}.',
            )
        full = f"{{{namespace}}}{local}" if namespace else local
        try:
            etree.Element(full)
        except ValueError:
            if written:
                keys.wrong(key, "XML has no such name.", "Write prefix:name or name.")
            return "unnamed"
        return full


@dataclass(frozen=True, kw_only=True, slots=True)
class ElementReader:
    """Reads elements with everything below them."""

    names: Names
    sources: SourceReader

    def element(self, keys: MapKeys, chain: Chain = ()) -> Element:
        """One element; ``chain`` is what repeats around it."""
        name = self.names.name(keys, "element")
        # A condition is asked once, before its element repeats.
        when = self._when(keys, chain)
        each = self._each(keys, chain)
        inside = (*chain, each) if each else chain
        source = self.sources.source(keys, inside)
        found = Element(
            name=name,
            source=source,
            attributes=self._attributes(keys, inside),
            children=self._children(keys, inside),
            optional=keys.flag("optional"),
            each=each,
            when=when,
        )
        if source and found.children:
            keys.wrong(
                "children",
                "The element has a text already.",
                "Keep the text or the children: text between elements is not built.",
            )
        _check_optional(keys, source, optional=found.optional)
        _check_list_attributes(keys, found)
        keys.finish()
        return found

    def _children(self, keys: MapKeys, chain: Chain) -> tuple[Element, ...]:
        if keys.at.count("/children/") >= MAX_DEPTH:
            keys.wrong("children", "This is too deep.", f"Use {MAX_DEPTH} levels.")
            return ()
        return tuple(self.element(one, chain) for one in keys.objects("children"))

    def _attributes(self, keys: MapKeys, chain: Chain) -> tuple[Attribute, ...]:
        found, written = [], keys.inner("attributes")
        for key in written:
            name = self.names.clark(written, key, key, of_attribute=True)
            value = written.take(key)
            if isinstance(value, str):
                value = {"constant": value}
            inner = MapKeys(value, written.below(key), keys.mistakes)
            source = self.sources.source(inner, chain)
            optional = inner.flag("optional")
            _check_optional(inner, source, optional=optional)
            inner.finish()
            if source is None:
                written.wrong(key, "It has no text.", f"Use one of {_one_of()}.")
            else:
                found.append(Attribute(name=name, source=source, optional=optional))
        return tuple(found)

    def _each(self, keys: MapKeys, chain: Chain) -> Listed | Numbered | None:
        if "each" not in keys:
            return None
        inner = keys.inner("each")
        is_flat = self.sources.shape is Shape.FLAT
        each: Listed | Numbered
        if "number" in inner:
            each = Numbered(
                variable=inner.text("number"),
                least=inner.number("least", default=0, most=_MAX_REPETITIONS),
                most=inner.number("most", default=100, most=_MAX_REPETITIONS),
            )
            if not is_flat:
                inner.wrong(
                    "number", "Only flat forms number names.", 'Use {"list": "…"}.'
                )
            around = [one for one in chain if isinstance(one, Numbered)]
            if each.variable in {one.variable for one in around}:
                inner.wrong("number", "It counts already.", "Use another letter.")
            if not _VARIABLE.fullmatch(each.variable or "n"):
                inner.wrong("number", "It cannot be called so.", "Use a letter.")
        else:
            each = Listed(
                name=self.sources.name(inner, "list", chain),
                least=inner.number("least", default=0, most=_MAX_REPETITIONS),
                most=inner.number("most", default=1000, most=_MAX_REPETITIONS),
            )
            if is_flat and any(isinstance(one, Listed) for one in chain):
                inner.wrong(
                    "list", "A flat form has no list in a list.", 'Use "nested".'
                )
        inner.finish()
        return each

    def _when(self, keys: MapKeys, chain: Chain) -> When | None:
        if "when" not in keys:
            return None
        inner = keys.inner("when")
        name: FieldName = self.sources.name(inner, "field", chain)
        words = inner.texts("is")
        if not words:
            inner.wrong("is", "No word is named.", 'Write "is": ["ja"].')
        inner.finish()
        return When(name=name, words=words)


def _check_optional(keys: MapKeys, source: Source | None, *, optional: bool) -> None:
    match source:
        case FromField(default=default) if default and optional:
            keys.wrong(
                "optional",
                "A field with a default is never empty.",
                "Remove `optional` or `default`.",
            )
        case Constant() | Identity() if optional:
            keys.wrong("optional", "This is always there.", "Remove `optional`.")
        case FromField() | Reference() | FromOutside() | _:
            pass


def _check_list_attributes(keys: MapKeys, found: Element) -> None:
    """A table with a list writes attributes and a child; not so into an attribute."""
    names = {one.name for one in found.attributes}
    match found.source:
        case FromField(conversion=AsCode(table=table)) if table.list_uri:
            if names & {"listURI", "listVersionID"}:
                keys.wrong(
                    "attributes",
                    "The table writes listURI and listVersionID already.",
                    "Remove them here.",
                )
        case _:
            pass


def _one_of() -> str:
    return ", ".join(f"`{one}`" for one in SOURCES)
