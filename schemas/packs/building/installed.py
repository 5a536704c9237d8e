"""The schemas in packs that are there already, found by namespace."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.building.linking import Installed
from schemas.packs.building.survey import Schema, read_schema, schema_parser
from schemas.packs.code_lists import read_index
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import CODE_LIST_INDEX, Kind
from schemas.packs.presence import ACTIVE, PackEntry
from schemas.packs.sums import Sealed, sealed


class LibrarySchemas:
    """Looks into active packs, libraries and newer versions first."""

    def __init__(self, library: PackLibrary) -> None:
        self._library = library
        self._files: dict[str, list[tuple[str, Installed]]] | None = None
        self._seals: dict[str, Sealed] = {}

    def find(self, namespace: str, basename: str) -> Installed | None:
        """One of this namespace, preferably with this file name."""
        found = self._by_namespace().get(namespace, [])
        named = [one for name, one in found if name == basename]
        if named:
            return named[0]
        return found[0][1] if found else None

    def with_lists(self, uris: AbstractSet[str]) -> tuple[str, ...]:
        """Keys of libraries that have any of these code lists."""
        keys = []
        for entry in self._library.entries():
            if entry.manifest.kind is Kind.LIBRARY and entry.status == ACTIVE:
                seal = self._seal(entry.key)
                if CODE_LIST_INDEX in seal.listed:
                    index = read_index(seal.read(CODE_LIST_INDEX))
                    if uris & {one.uri for one in index.lists}:
                        keys.append(entry.key)
        return tuple(keys)

    def schema(self, found: Installed) -> Schema:
        """That file, read."""
        body = self._seal(found.key).read(found.path)
        root = etree.fromstring(body, schema_parser())
        return read_schema(found.path, root)

    def _by_namespace(self) -> dict[str, list[tuple[str, Installed]]]:
        if self._files is None:
            self._files = {}
            for namespace, found in self._all():
                name = PurePosixPath(found.path).name
                self._files.setdefault(namespace, []).append((name, found))
        return self._files

    def _all(self) -> Iterator[tuple[str, Installed]]:
        """Files near the top of a pack first: they include the others."""
        active = [entry for entry in self._library.entries() if entry.status == ACTIVE]
        active.sort(key=_version_order, reverse=True)
        active.sort(key=lambda entry: entry.manifest.kind is not Kind.LIBRARY)
        for entry in active:
            seal = self._seal(entry.key)
            mains = set(entry.manifest.schemas)
            names = [name for name in seal.listed if name.endswith(".xsd")]
            for name in sorted(names, key=lambda one: (one not in mains, one)):
                try:
                    root = etree.fromstring(seal.read(name), schema_parser())
                except (etree.XMLSyntaxError, ValueError, PackBroken):
                    continue
                yield (
                    root.get("targetNamespace", ""),
                    Installed(key=entry.key, path=name),
                )

    def _seal(self, key: str) -> Sealed:
        if key not in self._seals:
            entry = self._library.entry(key)
            if entry is None:
                raise PackBroken(f"{key}: there is no such pack")
            self._seals[key] = sealed(entry.folder, key)
        return self._seals[key]


def _version_order(entry: PackEntry) -> tuple[tuple[int, str], ...]:
    """1.10 comes after 1.9."""
    parts = re.split(r"[.-]", entry.manifest.version)
    return tuple((int(one), "") if one.isdecimal() else (0, one) for one in parts)
