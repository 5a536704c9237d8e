"""Reading packages back from a local folder; blocking, called in threads."""

import os
from collections.abc import Iterator
from pathlib import Path

from schemas.limits import MIB
from storage.archive.manifest import MANIFEST, Digest, Digesting, verify
from storage.base import PackageWritten
from storage.disk import disk_errors


def digest_of(path: Path) -> Digest:
    """Of a file, piece by piece."""
    digesting = Digesting()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(MIB):
            digesting.update(piece)
    return digesting.done()


def names_in(folder: Path) -> set[str]:
    """Paths of all files of a package, relative to it."""
    return {
        Path(parent, name).relative_to(folder).as_posix()
        for parent, _, names in os.walk(folder)
        for name in names
    }


def read_manifest(folder: Path) -> bytes | None:
    """The manifest as it stands there; None where the package is not complete."""
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None


def verify_folder(root: Path, location: str) -> PackageWritten | None:
    """Read back every file. Raises ObjectDamaged."""
    folder = root / location
    with disk_errors():
        manifest = read_manifest(folder)
        if manifest is None:
            return None
        names = names_in(folder) - {MANIFEST}
        return verify(
            manifest, location, {name: digest_of(folder / name) for name in names}
        )


def incomplete_below(root: Path) -> tuple[str, ...]:
    """Locations where a package was begun and has no manifest."""
    with disk_errors():
        return tuple(
            sorted(
                folder.relative_to(root).as_posix()
                for folder in _packages(root)
                if not (folder / MANIFEST).exists()
            )
        )


def _packages(root: Path) -> Iterator[Path]:
    """Every `v1/<service>/<year>/<case>/<package>`."""
    folders = [root / "v1"] if (root / "v1").exists() else []
    for _ in range(4):
        folders = [child for folder in folders for child in folder.iterdir()]
    yield from folders
