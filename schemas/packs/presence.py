"""Which packs lie there, and whether each may be used: without opening their files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from schemas.errors import PackBroken
from schemas.findings import PackRef
from schemas.packs.activation import activated_keys, read_activation
from schemas.packs.manifest import MANIFEST, SUMS, Kind, Manifest
from schemas.packs.manifest_file import read_manifest
from schemas.packs.sums import hash_of_bytes, pack_hash, read_file, shown


@dataclass(frozen=True, slots=True)
class Active:
    """Recognises documents."""


@dataclass(frozen=True, slots=True)
class Inactive:
    """Is listed, and nothing else."""

    reason: str


Status: TypeAlias = Active | Inactive


@dataclass(frozen=True, kw_only=True, slots=True)
class PackEntry:
    """A pack that lies in one of the places."""

    key: str
    """Its folder's name, which is the manifest's key in every pack that is active."""
    manifest: Manifest
    """Empty but for the id where it cannot be read."""
    folder: Path
    ref: PackRef
    """Its sha256 is "" where ``pack.sums`` cannot be read."""
    status: Status


ACTIVE: Final = Active()


def scan(places: Sequence[Path]) -> tuple[PackEntry, ...]:
    """Every pack, those of the first place first; that place needs no activation."""
    found: list[PackEntry] = []
    first: dict[str, int] = {}
    for trusted, place in _numbered(places):
        known = None if trusted else _Records(place)
        for folder in _folders(place):
            entry = _look(folder, known)
            if entry.key in first:
                reason = "another pack of the same id and version comes before it"
                entry = replace(entry, status=Inactive(reason))
            else:
                first[entry.key] = len(found)
            found.append(entry)
    return _with_requirements(found, first)


def requirements(entries: Mapping[str, PackEntry], key: str) -> tuple[str, ...]:
    """Keys of all that this pack needs, the nearest first; without itself."""
    found: dict[str, None] = {}
    left = [key]
    for one in left:
        for wanted in entries[one].manifest.requires if one in entries else ():
            if wanted not in found and wanted != key:
                found[wanted] = None
                left.append(wanted)
    return tuple(found)


def _numbered(places: Sequence[Path]) -> Iterator[tuple[bool, Path]]:
    for position, place in enumerate(places):
        yield position == 0, place


def _folders(place: Path) -> Iterator[Path]:
    try:
        children = sorted(place.iterdir()) if place.is_dir() else []
    except OSError as error:
        raise PackBroken("a folder of packs cannot be read") from error
    for child in children:
        if not child.name.startswith(".") and _is_pack(child):
            yield child


def _is_pack(folder: Path) -> bool:
    """What cannot even be looked into is listed, and says so when it is read."""
    try:
        return (folder / MANIFEST).is_file()
    except OSError:
        return True


class _Records:
    """What was activated at a place; read as a whole only to explain a refusal."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._keys: frozenset[str] | None = None

    def reason(self, entry: PackEntry) -> str:
        """Why this pack is not active; "" where it is."""
        if read_activation(self._place, entry.ref.sha256):
            return ""
        if self._keys is None:
            self._keys = activated_keys(self._place)
        if entry.key in self._keys:
            return "its files are not those that were activated"
        return "it was never activated"


def _look(folder: Path, records: _Records | None) -> PackEntry:
    blank = Manifest(id=folder.name, version="", kind=Kind.LIBRARY, title="")
    entry = PackEntry(
        key=folder.name,
        manifest=blank,
        folder=folder,
        ref=PackRef(id=folder.name, version="", sha256=""),
        status=ACTIVE,
    )
    try:
        body = read_file(folder / MANIFEST)
        manifest = read_manifest(body)
        entry = replace(entry, manifest=manifest, ref=_ref(manifest, ""))
        if manifest.key != folder.name:
            raise PackBroken(f"its folder should be called {manifest.key}")
        sums = read_file(folder / SUMS)
        entry = replace(entry, ref=_ref(manifest, pack_hash(sums)))
        if f"\n{hash_of_bytes(body)}  {MANIFEST}\n".encode() not in b"\n" + sums:
            raise PackBroken(f"{MANIFEST}: differs from {SUMS}")
        if records and (reason := records.reason(entry)):
            raise PackBroken(reason)
    except PackBroken as broken:
        return replace(entry, status=Inactive(broken.detail))
    return entry


def _ref(manifest: Manifest, sha256: str) -> PackRef:
    return PackRef(id=manifest.id, version=manifest.version, sha256=sha256)


def _with_requirements(
    found: Sequence[PackEntry], first: Mapping[str, int]
) -> tuple[PackEntry, ...]:
    """Nothing is active that needs what is not; the others stay as they are."""
    by_key = {key: found[position] for key, position in first.items()}
    judged = []
    for entry in found:
        missing = _missing(entry, by_key) if entry.status == ACTIVE else ""
        judged.append(replace(entry, status=Inactive(missing)) if missing else entry)
    return tuple(judged)


def _missing(entry: PackEntry, by_key: Mapping[str, PackEntry]) -> str:
    for key in requirements(by_key, entry.key):
        wanted = by_key.get(key)
        if wanted is None:
            return f"it requires {shown(key)}, which is not there"
        if isinstance(wanted.status, Inactive):
            return f"it requires {shown(key)}, which is not active"
    return ""
