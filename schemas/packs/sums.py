"""The seal of a pack: SHA-256 of every file, and reading nothing that differs."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from schemas.errors import PackBroken
from schemas.packs.manifest import SUMS

_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_MAX_NAME: Final = 1_000
_MAX_SHOWN: Final = 200


def make_sums(folder: Path) -> bytes:
    """The text of ``pack.sums``, as ``sha256sum`` would write it."""
    lines = []
    for name, path in _files(folder):
        if not is_inside(name) or not _is_plain(path):
            raise PackBroken(f"{shown(name)}: is not a plain file with a plain name")
        lines.append(f"{_hash_of(path)}  {name}\n")
    return "".join(lines).encode()


def check_sums(folder: Path) -> tuple[str, ...]:
    """What differs from ``pack.sums``, one sentence for each file; () = nothing."""
    try:
        listed = read_sums(read_file(folder / SUMS))
    except PackBroken as broken:
        return (broken.detail,)
    return tuple(_differences(folder, listed))


def pack_hash(sums: bytes) -> str:
    """What names exactly these files: the hash of ``pack.sums``."""
    return hash_of_bytes(sums)


def hash_of_bytes(body: bytes) -> str:
    """SHA-256, as the lines of ``pack.sums`` have it."""
    return hashlib.sha256(body).hexdigest()


def read_file(path: Path) -> bytes:
    """The bytes of a pack's file; PackBroken where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackBroken(f"{shown(path.name)}: cannot be read") from error


def read_sums(body: bytes) -> Mapping[str, str]:
    """Name of each file → its hash."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise PackBroken(f"{SUMS}: is not UTF-8") from error
    listed: dict[str, str] = {}
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        found = _LINE.fullmatch(line)
        if not found or not is_inside(found[2]) or found[2] in listed:
            raise PackBroken(f"{SUMS}: line {number} is not one of sha256sum")
        listed[found[2]] = found[1]
    return listed


def is_inside(name: str) -> bool:
    """Whether a relative POSIX path stays where it begins, and reads plainly."""
    return bool(
        name
        and len(name) <= _MAX_NAME
        and name.isprintable()
        and "\\" not in name
        and not name.startswith("/")
        and str(PurePosixPath(name)) == name
        and not {".", ".."} & set(name.split("/"))
    )


def shown(name: str) -> str:
    """A name from a pack, fit for one line of a message."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in name)
    return plain if len(plain) <= _MAX_SHOWN else f"{plain[:_MAX_SHOWN]}…"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """A pack's folder from which only the bytes of its seal can be read."""

    key: str
    folder: Path
    sha256: str
    listed: Mapping[str, str]

    def read(self, name: str) -> bytes:
        """The listed bytes of this file; raises PackBroken for any others."""
        wanted = self.listed.get(name)
        if wanted is None:
            raise PackBroken(f"{self.key}: {shown(name)} is not in {SUMS}")
        body = read_file(self.folder / name)
        if hash_of_bytes(body) != wanted:
            raise PackBroken(f"{self.key}: {shown(name)} differs from {SUMS}")
        return body

    def differences(self) -> tuple[str, ...]:
        """What in the whole folder is not as it was sealed."""
        if pack_hash(read_file(self.folder / SUMS)) != self.sha256:
            return (f"{SUMS}: differs from what was there when packs were read",)
        return tuple(_differences(self.folder, self.listed))


def sealed(folder: Path, key: str) -> Sealed:
    """The seal of a folder as it is now; its files are not looked at yet."""
    body = read_file(folder / SUMS)
    return Sealed(
        key=key, folder=folder, sha256=pack_hash(body), listed=read_sums(body)
    )


def _differences(folder: Path, listed: Mapping[str, str]) -> Iterator[str]:
    missing = set(listed)
    for name, path in _files(folder):
        missing.discard(name)
        if not _is_plain(path):
            yield f"{shown(name)}: is not a plain file"
        elif name not in listed:
            yield f"{shown(name)}: is not in {SUMS}"
        elif _hash_of(path) != listed[name]:
            yield f"{shown(name)}: differs from {SUMS}"
    for name in sorted(missing):
        yield f"{shown(name)}: is missing"


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Everything that is not a folder, sorted; links are not followed."""
    found = []
    for root, folders, files in os.walk(folder, onerror=_unreadable):
        here = Path(root)
        linked = [name for name in folders if (here / name).is_symlink()]
        found += [here / name for name in (*files, *linked)]
    named = sorted((path.relative_to(folder).as_posix(), path) for path in found)
    yield from ((name, path) for name, path in named if name != SUMS)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _hash_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> PackBroken:
    raise PackBroken("a file or folder of it cannot be read") from error
