"""The packs that this installation has, and which of them somebody means."""

from pathlib import Path

from schemas.configuration.entries import nearest
from schemas.errors import UnknownPack
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import MANIFEST
from schemas.packs.presence import PackEntry
from storage.settings import read_settings


def places() -> tuple[Path, ...]:
    """Where packs lie: those that come with the program, then the operator's."""
    return (shipped_packs(), read_settings().packs_folder)


def is_shipped(entry: PackEntry) -> bool:
    """Whether it came with the program."""
    return entry.folder.parent == shipped_packs()


def find_or_folder(library: PackLibrary, which: str) -> PackEntry:
    """The same, or a pack that lies in a folder anywhere. Raises UnknownPack."""
    folder = Path(which).absolute()
    if not (folder / MANIFEST).is_file():
        return find(library, which)
    # The first place of a library needs no activation.
    return next(
        one for one in PackLibrary((folder.parent,)).entries() if one.folder == folder
    )


def find(library: PackLibrary, which: str) -> PackEntry:
    """By key, or by an id that has one version here. Raises UnknownPack."""
    entry = library.entry(which)
    versions = [one for one in library.entries() if one.ref.id == which]
    if entry is None and len(versions) != 1:
        keys = sorted(one.key for one in versions) or [
            one.key for one in library.entries()
        ]
        raise UnknownPack(nearest(which, keys))
    return entry or versions[0]
