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
_PIECE: Final = 2**20
_MAX_NAME: Final = 1_000
_MAX_SHOWN: Final = 200


def make_sums(folder: Path) -> bytes:
    """The text of ``pack.sums``, as ``sha256sum`` would write it."""
    lines = []
    for name, path, plain in _files(folder):
        if not plain or not is_inside(name):
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
        return tuple(_differences(self.folder, self.listed))


def sealed(folder: Path, key: str) -> Sealed:
    """The seal of a folder as it is now; its files are not looked at yet."""
    body = read_file(folder / SUMS)
    return Sealed(
        key=key, folder=folder, sha256=pack_hash(body), listed=read_sums(body)
    )


def _differences(folder: Path, listed: Mapping[str, str]) -> Iterator[str]:
    missing = set(listed)
    for name, path, plain in _files(folder):
        missing.discard(name)
        if not plain:
            yield f"{shown(name)}: is not a plain file"
        elif name not in listed:
            yield f"{shown(name)}: is not in {SUMS}"
        elif _hash_of(path) != listed[name]:
            yield f"{shown(name)}: differs from {SUMS}"
    for name in sorted(missing):
        yield f"{shown(name)}: is missing"


def _files(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """Name, path and plainness of all but folders and the sums; links stay unread."""
    found: list[tuple[str, str, bool]] = []
    left = [(str(folder), "")]
    while left:
        here, before = left.pop()
        try:
            with os.scandir(here) as entries:
                for one in entries:
                    name = f"{before}{one.name}"
                    if one.is_dir(follow_symlinks=False):
                        left.append((one.path, f"{name}/"))
                    else:
                        plain = one.is_file(follow_symlinks=False)
                        found.append((name, one.path, plain))
        except OSError as error:
            raise PackBroken("a folder of it cannot be read") from error
    yield from (one for one in sorted(found) if one[0] != SUMS)


def _hash_of(path: str) -> str:
    """In pieces, and without Python's buffers: packs have many small files."""
    seen = hashlib.sha256()
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            while piece := os.read(file, _PIECE):
                seen.update(piece)
        finally:
            os.close(file)
    except OSError as error:
        raise PackBroken(f"{shown(Path(path).name)}: cannot be read") from error
    return seen.hexdigest()
