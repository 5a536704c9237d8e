"""What a package holds, as `manifest.json` and as the tag files of a bag (RFC 8493).

Nothing here depends on the moment of writing or on our version: whoever repeats
what a dead process began must get the same bytes.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from schemas.errors import ObjectDamaged, UnsafePath
from storage.base import PackageFile, PackageWritten

MANIFEST: Final = "manifest.json"
PAYLOAD: Final = "data"
_LOCATION: Final = re.compile(
    r"v1/[A-Za-z0-9_-]{1,128}/[0-9]{4}/[A-Za-z0-9_-]{1,128}/p[0-9]{4}"
)
_PATH: Final = re.compile(
    r"(?:[A-Za-z0-9_-]{1,128}/){1,8}[A-Za-z0-9_-]{1,128}(?:\.[A-Za-z0-9]{1,16}){0,2}"
)
"""Always in a folder: the top of a package belongs to manifest and tag files."""
_BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """Size and hashes of some bytes."""

    size: int
    sha256: str
    sha512: str


class Digesting:
    """A digest in the making."""

    def __init__(self, data: bytes = b"") -> None:
        self._size = len(data)
        self._sha256 = hashlib.sha256(data)
        self._sha512 = hashlib.sha512(data)

    def update(self, data: bytes) -> None:
        """More bytes."""
        self._size += len(data)
        self._sha256.update(data)
        self._sha512.update(data)

    def done(self) -> Digest:
        """Of all bytes so far."""
        return Digest(
            size=self._size,
            sha256=self._sha256.hexdigest(),
            sha512=self._sha512.hexdigest(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file of a package."""

    path: str
    role: str
    media_type: str
    size: int
    sha256: str
    sha512: str

    @property
    def digest(self) -> Digest:
        """What its bytes must give."""
        return Digest(size=self.size, sha256=self.sha256, sha512=self.sha512)

    @property
    def is_payload(self) -> bool:
        """Payload in the sense of BagIt; everything else is a tag file."""
        return self.path.startswith(PAYLOAD + "/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Everything that is in a package; files are in the order of their paths."""

    version: int = 1
    location: str
    about: dict[str, str]
    files: tuple[Entry, ...]


_READER: Final = TypeAdapter(Manifest)


def checked_location(location: str) -> str:
    """`v1/<service>/<year>/<case>/p0001`. Raises UnsafePath."""
    if _LOCATION.fullmatch(location) is None:
        raise UnsafePath
    return location


def checked_path(path: str, taken: Iterable[str]) -> str:
    """A path within a package that is not taken. Raises UnsafePath."""
    if _PATH.fullmatch(path) is None or path in taken:
        raise UnsafePath
    return path


def entry_of(file: PackageFile, digest: Digest) -> Entry:
    """What the manifest says about this file."""
    return Entry(
        path=file.path,
        role=file.role,
        media_type=file.media_type,
        size=digest.size,
        sha256=digest.sha256,
        sha512=digest.sha512,
    )


def manifest_of(
    location: str, about: Mapping[str, str], files: Iterable[Entry]
) -> Manifest:
    """The manifest of these files."""
    ordered = tuple(sorted(files, key=lambda entry: entry.path))
    return Manifest(location=location, about=dict(about), files=ordered)


def encode(manifest: Manifest) -> bytes:
    """JSON in its one form: a line per file, keys sorted, ASCII."""
    files = ",\n".join(_line(_entry_fields(entry)) for entry in manifest.files)
    return (
        f'{{"about": {_line(manifest.about)},\n'
        f'"files": [\n{files}\n],\n'
        f'"location": {json.dumps(manifest.location)},\n'
        f'"version": {manifest.version}}}\n'
    ).encode("ascii")


def decode(data: bytes) -> Manifest:
    """Read it back. Raises ObjectDamaged for all but the one form."""
    try:
        manifest = _READER.validate_json(data, strict=True)
    except ValidationError as error:
        raise ObjectDamaged("The manifest cannot be read.") from error
    if manifest.version != 1 or encode(manifest) != data:
        raise ObjectDamaged("The manifest was rewritten.")
    return manifest


def tag_files(manifest: Manifest) -> dict[str, bytes]:
    """What makes a bag of the package; all of it follows from the manifest."""
    payload = [entry for entry in manifest.files if entry.is_payload]
    size = sum(entry.size for entry in payload)
    info = (
        f"External-Identifier: {manifest.location}\n"
        f"Payload-Oxum: {size}.{len(payload)}\n"
    )
    return {
        "bag-info.txt": info.encode(),
        "bagit.txt": _BAGIT,
        "manifest-sha256.txt": _sums((e.sha256, e.path) for e in payload),
        "manifest-sha512.txt": _sums((e.sha512, e.path) for e in payload),
    }


def written(manifest: bytes, location: str) -> PackageWritten:
    """What whoever wrote or verified the package is told."""
    sha256 = hashlib.sha256(manifest).hexdigest()
    return PackageWritten(location=location, manifest_sha256=sha256)


def verify(data: bytes, location: str, found: Mapping[str, Digest]) -> PackageWritten:
    """Compare a manifest with all other files of the package.

    Raises ObjectDamaged for what is missing, surplus, different or elsewhere.
    """
    manifest = decode(data)
    if manifest.location != location:
        raise ObjectDamaged("The package stands in another place.")
    expected = {entry.path: entry.digest for entry in manifest.files}
    for name, content in tag_files(manifest).items():
        expected[name] = Digesting(content).done()
    if dict(found) != expected:
        wrong = len(set(expected.items()) ^ set(found.items()))
        raise ObjectDamaged(f"Files of the package do not verify: {wrong}.")
    return written(data, location)


def _entry_fields(entry: Entry) -> dict[str, str | int]:
    return {
        "media_type": entry.media_type,
        "path": entry.path,
        "role": entry.role,
        "sha256": entry.sha256,
        "sha512": entry.sha512,
        "size": entry.size,
    }


def _line(fields: Mapping[str, str | int]) -> str:
    return json.dumps(fields, sort_keys=True)


def _sums(files: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{checksum}  {path}\n" for checksum, path in files).encode()
