"""Everything that schemas import, found before they are compiled: nothing may miss.

libxml2 leaves out an import that it cannot load, and a second file of a namespace
that it knows already, without a word. So we walk first, and it must take each file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.catalogue import Catalogue, Spot, catalogue_of
from schemas.packs.sums import Sealed

XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
_SCHEMA: Final = f"{XSD}schema"
_IMPORT: Final = f"{XSD}import"
_SAME_SPACE: Final = (f"{XSD}include", f"{XSD}redefine", f"{XSD}override")
_XML_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
_MAX_FILES: Final = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Closure:
    """The files that belong to some schemas, and what they declare."""

    files: tuple[Spot, ...]
    entries: Mapping[str, tuple[Spot, ...]]
    """Namespace → the files that it is imported from; more than one is possible."""
    routes: Mapping[tuple[Spot, str], Spot]
    """In which file which schemaLocation means which file."""
    vocabulary: frozenset[str]
    """Local names of all elements and attributes that are declared."""
    size: int
    """Bytes of all files."""


def close(
    packs: Sequence[Sealed], schemas: Sequence[str], read: Callable[[Spot], bytes]
) -> Closure:
    """Of these schemas of the first pack; PackBroken where one leads nowhere."""
    walk = _Walk(catalogue_of(packs), read)
    for name in schemas:
        spot = Spot(packs[0].key, name)
        walk.enter(walk.visit(spot), spot)
    return walk.closure()


def schema_parser() -> etree.XMLParser:
    """For schemas only: xmldsig's own needs the entities of its DOCTYPE."""
    return etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type] # the stubs are older
        no_network=True,
        load_dtd=False,
    )


class _Walk:
    """One pass over a schema and all that it reaches; cycles end by themselves."""

    def __init__(self, catalogue: Catalogue, read: Callable[[Spot], bytes]) -> None:
        self._catalogue = catalogue
        self._read = read
        self._spaces: dict[Spot, str] = {}
        self._entries: dict[str, list[Spot]] = {}
        self._routes: dict[tuple[Spot, str], Spot] = {}
        self._words: set[str] = set()
        self._size = 0
        self._left: list[tuple[Spot, etree._Element]] = []

    def visit(self, start: Spot) -> str:
        """The namespace of this file, once all that it reaches has been seen."""
        space = self._open(start)
        while self._left:
            spot, root = self._left.pop()
            for child in root.iterchildren(_IMPORT, *_SAME_SPACE):
                self._follow(spot, child)
        return space

    def enter(self, space: str, spot: Spot) -> None:
        """The namespace is imported from this file."""
        into = self._entries.setdefault(space, [])
        if spot not in into:
            into.append(spot)

    def closure(self) -> Closure:
        """What was found."""
        return Closure(
            files=tuple(self._spaces),
            entries={space: tuple(spots) for space, spots in self._entries.items()},
            routes=self._routes,
            vocabulary=frozenset(self._words),
            size=self._size,
        )

    def _open(self, spot: Spot) -> str:
        if spot in self._spaces:
            return self._spaces[spot]
        if len(self._spaces) >= _MAX_FILES:
            raise PackBroken(f"its schemas consist of more than {_MAX_FILES} files")
        body = self._read(spot)
        root = _parse(body, spot)
        self._size += len(body)
        self._words.update(
            name
            for one in root.iter(f"{XSD}element", f"{XSD}attribute")
            if (name := one.get("name"))
        )
        self._spaces[spot] = root.get("targetNamespace", "")
        self._left.append((spot, root))
        return self._spaces[spot]

    def _follow(self, spot: Spot, child: etree._Element) -> None:
        location = (child.get("schemaLocation") or "").strip()
        space = child.get("namespace", "")
        if child.get(_XML_BASE) is not None:
            raise PackBroken(f"{spot} uses xml:base, which moves its imports")
        if not location:
            # An import may leave it to us to find the namespace.
            target = self._catalogue.mapped(space, spot) if space else None
            if target is None:
                return
        else:
            target = self._catalogue.find(location, spot)
            self._routes[spot, location] = target
        found = self._open(target)
        if child.tag == _IMPORT:
            if found != space:
                raise PackBroken(f"{spot} imports {target} for another namespace")
            self.enter(space, target)


def _parse(body: bytes, spot: Spot) -> etree._Element:
    try:
        root = etree.fromstring(body, schema_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackBroken(f"{spot} is not well-formed XML") from error
    if root.tag != _SCHEMA:
        raise PackBroken(f"{spot} is not an XML schema")
    if root.get(_XML_BASE) is not None:
        raise PackBroken(f"{spot} uses xml:base, which moves its imports")
    return root
