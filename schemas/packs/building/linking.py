"""Which file each import and include of a download means, wherever it points."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from schemas.packs.building.survey import Link, Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """A file of the same download."""

    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """A file of a pack that is there already."""

    key: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """Nobody has it."""


Target = Inside | Installed | Absent


class InstalledSchemas(Protocol):
    """Finds schemas in the packs that are there."""

    def find(self, namespace: str, basename: str) -> Installed | None:
        """One of this namespace, preferably with this file name."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """A link of one file, and what it means."""

    importer: str
    link: Link
    target: Target
    is_beside: bool
    """The location itself leads there: no catalogue is needed."""


class Linker:
    """Answers for one download; the order of its rules is that of the docs."""

    def __init__(
        self,
        schemas: Mapping[str, Schema],
        *,
        installed: InstalledSchemas,
        hints: Mapping[str, str],
    ) -> None:
        self._schemas = schemas
        self._installed = installed
        self._hints = hints

    def links_of(self, path: str) -> tuple[Linked, ...]:
        """All links of one file that name a place or a foreign namespace."""
        schema = self._schemas[path]
        return tuple(
            self._linked(schema, link)
            for link in schema.links
            if link.location or link.is_import
        )

    def _linked(self, schema: Schema, link: Link) -> Linked:
        beside = location_beside(schema.path, link.location)
        if beside in self._schemas:
            return Linked(
                importer=schema.path,
                link=link,
                target=Inside(path=beside),
                is_beside=True,
            )
        namespace = link.namespace if link.is_import else schema.namespace
        target = self._elsewhere(schema, link, namespace)
        return Linked(importer=schema.path, link=link, target=target, is_beside=False)

    def _elsewhere(self, schema: Schema, link: Link, namespace: str) -> Target:
        basename = basename_of(link.location)
        inside = self._inside(schema, link, namespace)
        if inside:
            return Inside(path=inside)
        found = self._installed.find(namespace, basename) if link.is_import else None
        if found:
            return found
        hinted = self._hints.get(link.location, "")
        if hinted in self._schemas:
            return Inside(path=hinted)
        return Absent()

    def _links_to(self, path: str, link: Link) -> bool:
        return any(one.location == link.location for one in self._schemas[path].links)

    def _inside(self, schema: Schema, link: Link, namespace: str) -> str:
        """Best the same file name, nearest first; an include must have the name."""
        same = [
            one.path
            for one in self._schemas.values()
            if one.path != schema.path
            and (one.namespace == namespace or not (link.is_import or one.namespace))
        ]
        basename = basename_of(link.location)
        named = [path for path in same if PurePosixPath(path).name == basename]
        if named:
            return nearest(schema.path, named)
        if not link.is_import:
            # Those that include the same are not what they include.
            others = [path for path in same if not self._links_to(path, link)]
            return others[0] if len(others) == 1 and "://" in link.location else ""
        return nearest(schema.path, tops(self._schemas, same)) if same else ""


def location_beside(importer: str, location: str) -> str:
    """Where a relative location leads inside the download; "" = not inside."""
    parts = _split(location)
    if not parts.path or parts.scheme or parts.netloc or parts.path.startswith("/"):
        return ""
    joined = normpath(str(PurePosixPath(importer).parent / unquote(parts.path)))
    return "" if joined.startswith("../") or joined in {".", ".."} else joined


def basename_of(location: str) -> str:
    """The file name at the end of a URL or path, also of one from Windows."""
    return PurePosixPath(unquote(_split(location).path).replace("\\", "/")).name


def _split(location: str) -> SplitResult:
    """Nothing where it is no URL at all."""
    try:
        return urlsplit(location)
    except ValueError:
        return urlsplit("")


def nearest(importer: str, paths: Iterable[str]) -> str:
    """That with the most folders in common, then the shortest, then the first."""
    own = PurePosixPath(importer).parent.parts

    def order(path: str) -> tuple[int, int, str]:
        parts = PurePosixPath(path).parent.parts
        common = 0
        for mine, theirs in zip(own, parts, strict=False):
            if mine != theirs:
                break
            common += 1
        return -common, len(parts), path

    return min(paths, key=order)


def tops(schemas: Mapping[str, Schema], paths: Sequence[str]) -> tuple[str, ...]:
    """Of these, those that no other of these includes; all, where they go round."""
    among = set(paths)
    included = set()
    for path in paths:
        for link in schemas[path].links:
            beside = location_beside(path, link.location)
            if beside in among and beside != path:
                included.add(beside)
    free = tuple(path for path in sorted(among) if path not in included)
    return free or tuple(sorted(among))


def closure(linker: Linker, starts: Iterable[str]) -> dict[str, tuple[Linked, ...]]:
    """Every file of the download that these need, with what it links to."""
    found: dict[str, tuple[Linked, ...]] = {}
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = linker.links_of(path)
        targets = [one.target for one in found[path]]
        waiting.extend(one.path for one in targets if isinstance(one, Inside))
    return found
