"""Where the files of a download go in the pack, and which stay out of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import commonpath, relpath
from typing import Final

from schemas.packs.building.proposal import LeftOut, Placed
from schemas.packs.building.survey import Role, Sample, Survey
from schemas.packs.manifest import INVALID_SAMPLES, VALID_SAMPLES, Manifest

_FOLDERS: Final = {
    Role.CODE_LIST: "codelists",
    Role.SCHEMATRON: "sch",
    Role.STYLESHEET: "sch",
    Role.LICENCE: "",
}
_REASONS: Final = {
    Role.SCHEMA: "no message needs this schema",
    Role.JSON_SCHEMA: "another schema is the main one",
    Role.STYLESHEET: "the rules it was made from are there; we make our own",
    Role.OTHER: "nothing that a pack holds",
    Role.SAMPLE: "a document whose root is no message of this pack",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Placing:
    """All files of a download, divided."""

    files: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]
    foreign: tuple[str, ...]


def schema_targets(paths: Iterable[str]) -> Mapping[str, str]:
    """Below xsd/, as they lie to each other: relative imports go on working."""
    listed = sorted(paths)
    if not listed:
        return {}
    top = commonpath([str(PurePosixPath("/", path).parent) for path in listed])
    return {path: f"xsd/{relpath(f'/{path}', top)}" for path in listed}


def place_files(
    found: Survey,
    schemas: Mapping[str, str],
    manifest: Manifest,
    *,
    without: Iterable[str] = (),
) -> Placing:
    """``schemas`` are placed already; names that occur twice get their folder."""
    taken = set(schemas.values())
    files = [
        Placed(source=source, target=target, role=found.roles[source])
        for source, target in schemas.items()
    ]
    left_out: list[LeftOut] = []
    own, foreign = _divided(found.samples, manifest, frozenset(without))
    is_compiled = not found.of(Role.SCHEMATRON)
    for path, role in sorted(found.roles.items()):
        if path in schemas:
            continue
        folder = own.get(path) if role is Role.SAMPLE else _FOLDERS.get(role)
        if folder is None or (role is Role.STYLESHEET and not is_compiled):
            left_out.append(LeftOut(path=path, reason=_REASONS[role]))
            continue
        target = _free(folder, path, taken)
        files.append(Placed(source=path, target=target, role=role))
    return Placing(files=tuple(files), left_out=tuple(left_out), foreign=tuple(foreign))


def _divided(
    samples: Iterable[Sample], manifest: Manifest, without: frozenset[str]
) -> tuple[dict[str, str], list[str]]:
    """Folder of each sample of ours; and those of other standards or versions."""
    roots = {
        (message.namespace or manifest.namespace, message.name)
        for message in manifest.messages
    }
    own: dict[str, str] = {}
    foreign = []
    for one in samples:
        is_json = bool(manifest.json_schema) and not one.name
        if PurePosixPath(one.path).name in without:
            continue
        if is_json or (one.namespace, one.name) in roots:
            own[one.path] = INVALID_SAMPLES if one.is_wrong else VALID_SAMPLES
        else:
            foreign.append(one.path)
    return own, foreign


def _free(folder: str, path: str, taken: set[str]) -> str:
    """A name that nobody has, also where case does not count."""
    for name in _names(PurePosixPath(path)):
        target = f"{folder}/{name}" if folder else name
        if target.casefold() not in taken:
            taken.add(target.casefold())
            return target
    raise AssertionError("names never end")


def _names(path: PurePosixPath) -> Iterator[str]:
    yield path.name
    for depth in range(2, len(path.parts) + 1):
        yield "-".join(path.parts[-depth:])
    number = 2
    while True:
        yield f"{path.stem}-{number}{path.suffix}"
        number += 1
