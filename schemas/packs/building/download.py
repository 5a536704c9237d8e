"""An official download as files in memory: hostile until looked at, never unpacked.

A folder, a ZIP or a single schema. Everything may lie in one folder more, and one
level of ZIPs inside is looked into as well.
"""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from schemas.errors import PackBroken
from schemas.limits import MIB

_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
_IGNORED: Final = frozenset({"__MACOSX", "Thumbs.db", ".DS_Store", "desktop.ini"})
_CHUNK: Final = MIB
_ZIP: Final = ".zip"
_SINGLE: Final = frozenset({".xsd", ".json"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a download may hold; the biggest official one seen has 60 MB."""

    files: int = 5_000
    file_bytes: int = 64 * MIB
    all_bytes: int = 256 * MIB
    ratio: int = 250
    """Bytes out of one byte in; XSDs reach 40."""
    free_bytes: int = MIB
    """Below this nobody asks for the ratio."""
    depth: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """Files by their path in the download; paths are names here, nothing else."""

    name: str
    """Of the folder or ZIP, without its ending."""
    files: Mapping[str, bytes]
    hint: bytes = b""
    """A ``catalog.json`` that lay beside it."""
    hint_folder: str = ""
    """What paths in ``hint`` start with for files of this download."""


def read_download(source: Path, *, limits: Limits | None = None) -> Download:
    """Everything in a folder or ZIP; raises ``PackBroken`` for what is not harmless."""
    taken = _Taken(limits or Limits())
    try:
        name = _take(source, taken)
    except OSError as error:
        raise PackBroken("the download cannot be read") from error
    beside = source.resolve().parent / "catalog.json"
    is_small = beside.is_file() and beside.stat().st_size < MIB
    return Download(
        name=name,
        files=_without_outer_folder(taken.files),
        hint=beside.read_bytes() if is_small else b"",
        hint_folder=source.resolve().name,
    )


def _take(source: Path, taken: "_Taken") -> str:
    """Everything; what is returned is the name of the whole."""
    if source.is_dir():
        for path, body in _of_folder(source, taken.limits):
            if path.lower().endswith(_ZIP):
                _take_zip(body, taken, under=f"{path[: -len(_ZIP)]}/", nested=False)
            else:
                taken.add(path, body)
        return source.resolve().name
    if source.is_file() and zipfile.is_zipfile(source):
        _take_zip(source.read_bytes(), taken, under="", nested=True)
        return source.stem
    if source.is_file() and source.suffix.lower() in _SINGLE:
        taken.add(source.name, source.read_bytes())
        return source.stem
    raise PackBroken("neither a folder nor a ZIP nor a schema")


class _Taken:
    """What was read so far, within the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.files: dict[str, bytes] = {}
        self._bytes = 0

    def add(self, path: str, body: bytes) -> None:
        name = _harmless(path, self.limits)
        if PurePosixPath(name).name in _IGNORED or name.startswith("__MACOSX/"):
            return
        if name in self.files:
            raise PackBroken("two files of the same name in the download")
        if len(body) > self.limits.file_bytes:
            raise PackBroken("a file in the download is too large")
        self._bytes += len(body)
        if len(self.files) >= self.limits.files:
            raise PackBroken("too many files in the download")
        if self._bytes > self.limits.all_bytes:
            raise PackBroken("the download is too large")
        self.files[name] = body

    @property
    def room(self) -> int:
        """Bytes that may still come."""
        return min(self.limits.file_bytes, self.limits.all_bytes - self._bytes)


def _harmless(path: str, limits: Limits) -> str:
    """A relative path of plain names; anything else is refused, not mended."""
    parts = path.split("/")
    is_plain = all(part and part not in {".", ".."} for part in parts)
    is_printable = path.isprintable() and "\\" not in path and ":" not in parts[0]
    if not is_plain or not is_printable or len(parts) > limits.depth:
        raise PackBroken("a file name in the download that leads elsewhere")
    return path


def _of_folder(source: Path, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Hidden files stay out, links are not followed: they may lead elsewhere."""
    for folder, inner, names in os.walk(source, followlinks=False):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            found = path.lstat()
            if name.startswith(".") or not stat.S_ISREG(found.st_mode):
                continue
            if found.st_size > limits.file_bytes:
                raise PackBroken("a file in the download is too large")
            yield path.relative_to(source).as_posix(), path.read_bytes()


def _take_zip(body: bytes, taken: _Taken, *, under: str, nested: bool) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            if len(members) > 2 * taken.limits.files:
                raise PackBroken("too many files in the download")
            for member in members:
                if not member.is_dir():
                    _take_member(archive, member, taken, under=under, nested=nested)
    except _ZIP_ERRORS as error:
        raise PackBroken("a ZIP that cannot be read") from error


def _take_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    taken: _Taken,
    *,
    under: str,
    nested: bool,
) -> None:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise PackBroken("a link in the download")
    if member.flag_bits & 0x1:
        raise PackBroken("the ZIP is encrypted")
    # Old programs on Windows write their own separators.
    plain = member.filename.replace("\\", "/").removeprefix("./")
    name = _harmless(plain, taken.limits)
    body = _inflated(archive, member, taken)
    if nested and name.lower().endswith(_ZIP):
        _take_zip(body, taken, under=f"{name[: -len(_ZIP)]}/", nested=False)
    else:
        taken.add(f"{under}{name}", body)


def _inflated(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, taken: _Taken
) -> bytes:
    """Counted while it grows: the sizes that a ZIP states are only its word."""
    limits = taken.limits
    allowed = max(limits.free_bytes, member.compress_size * limits.ratio)
    body = bytearray()
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            body += chunk
            if len(body) > allowed:
                raise PackBroken("a file in the ZIP grows out of all proportion")
            if len(body) > taken.room:
                raise PackBroken("the download is too large")
    return bytes(body)


def _without_outer_folder(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Many downloads hold everything in one folder, which says nothing."""
    firsts = {path.partition("/")[0] for path in files}
    if len(firsts) != 1 or any("/" not in path for path in files):
        return files
    (first,) = firsts
    if first.lower() in {"xsd", "schema", "schemas"}:
        return files
    return {path.removeprefix(f"{first}/"): body for path, body in files.items()}
