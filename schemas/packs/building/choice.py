"""Which schemas of a download are the standard itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from schemas.errors import PackBroken
from schemas.packs.building.contents import is_library, is_numbered
from schemas.packs.building.linking import Inside, Linker, closure
from schemas.packs.building.survey import Schema, Survey

_COMPONENTS: Final = ("element", "complexType", "simpleType", "group")


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Sets of schemas to compile together; more than one are rivals."""

    sets: tuple[tuple[str, ...], ...]
    is_library: bool = False


def choose(found: Survey, linker: Linker, *, main: str = "") -> Choice:
    """What samples begin with, else what has messages; ``main`` is a person's word."""
    tops = _tops(found.schemas, linker)
    if main:
        return Choice(sets=((_named(found.schemas, main),),))
    own = [path for path in tops if not is_library(found.schemas[path].namespace)]
    begun = {one.namespace for one in found.samples if not one.is_wrong}
    offers = {path: _roots(found.schemas, linker, path) for path in own}
    messages = [path for path in own if offers[path]]
    numbered = [path for path in messages if any(map(is_numbered, offers[path]))]
    sampled = [path for path in messages if found.schemas[path].namespace in begun]
    candidates = sampled or numbered or messages
    if not candidates:
        return Choice(sets=(tuple(tops),), is_library=True)
    return Choice(sets=_rivals(found.schemas, linker, candidates))


def _named(schemas: Mapping[str, Schema], main: str) -> str:
    wanted = PurePosixPath(main).parts
    fitting = [
        path
        for path in sorted(schemas)
        if PurePosixPath(path).parts[-len(wanted) :] == wanted
    ]
    if len(fitting) != 1:
        raise PackBroken("--main does not name exactly one schema of the download")
    return fitting[0]


def _tops(schemas: Mapping[str, Schema], linker: Linker) -> tuple[str, ...]:
    """What no other refers to; of those that go round, the first."""
    needed = set()
    for path in schemas:
        for one in linker.links_of(path):
            if isinstance(one.target, Inside) and one.target.path != path:
                needed.add(one.target.path)
    found = [path for path in sorted(schemas) if path not in needed]
    reached = set(closure(linker, found))
    for path in sorted(schemas):
        if path not in reached:
            found.append(path)
            reached |= set(closure(linker, [path]))
    return tuple(found)


def _roots(schemas: Mapping[str, Schema], linker: Linker, top: str) -> frozenset[str]:
    """Names of global elements: of its namespace, else of what it only gathers."""
    reached = [schemas[path] for path in closure(linker, [top])]
    own = {schemas[top].namespace, ""}
    named = [
        (schema.namespace, name)
        for schema in reached
        if not is_library(schema.namespace)
        for name in schema.named("element")
    ]
    found = frozenset(name for space, name in named if space in own)
    return found or frozenset(name for _, name in named)


def _rivals(
    schemas: Mapping[str, Schema], linker: Linker, candidates: Iterable[str]
) -> tuple[tuple[str, ...], ...]:
    """Those that can be compiled together stay together."""
    sets: list[tuple[list[str], dict[tuple[str, str, str], str]]] = []
    for path in candidates:
        declared = _declared(schemas, closure(linker, [path]))
        for members, known in sets:
            agrees = all(
                known.get(name, file) == file for name, file in declared.items()
            )
            is_kin = schemas[path].namespace == schemas[members[0]].namespace
            shares = bool(set(known.values()) & set(declared.values()))
            if agrees and (is_kin or shares):
                members.append(path)
                known.update(declared)
                break
        else:
            sets.append(([path], declared))
    return tuple(tuple(members) for members, _ in sets)


def _declared(
    schemas: Mapping[str, Schema], files: Iterable[str]
) -> dict[tuple[str, str, str], str]:
    return {
        (kind, schemas[path].namespace, name): path
        for path in files
        for kind in _COMPONENTS
        for name in schemas[path].named(kind)
        if schemas[path].namespace
    }
