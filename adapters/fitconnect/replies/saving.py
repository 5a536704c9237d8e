"""A reply in a folder that the operator names: whole or not at all, never overwritten.

Every file has a name of ours; what others call them stands in ``metadata.json``.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from adapters.fitconnect.replies.errors import NotAFolder
from schemas.documents import Role
from schemas.errors import StorageBroken

METADATA: Final = "metadata.json"
TOKENS: Final = "events.txt"
"""Events as received, one to a line, those that prove nothing included."""
_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_OPEN: Final = ".open"
_SUFFIXES: Final = {
    "application/json": "json",
    "application/pdf": "pdf",
    "application/xml": "xml",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/plain": "txt",
}


class FolderShelf:
    """Fills DocumentShelf with files of ours; the calls are short and block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._attachments = 0

    async def write(self, chunk: bytes) -> None:
        if self._file is None:
            self._file = _created(self._folder / _OPEN)
        self._file.write(chunk)

    async def keep(
        self,
        *,
        role: Role,
        media_type: str,
        filename: str,  # noqa: ARG002 - theirs, so it names no file here
    ) -> None:
        if self._file is None:
            self._file = _created(self._folder / _OPEN)
        file, self._file = self._file, None
        _close(file)
        stem = "antwort"
        if role is not Role.MAIN:
            self._attachments += 1
            stem = f"anlage-{self._attachments:03}"
        suffix = _SUFFIXES.get(media_type, "bin")
        (self._folder / _OPEN).rename(self._folder / f"{stem}.{suffix}")

    async def drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
            (self._folder / _OPEN).unlink(missing_ok=True)


def is_saved(folder: Path, reply: str) -> bool:
    """Whether it lies there, as a whole. Raises NotAFolder for what is not ours."""
    place = folder / reply
    if not place.exists() and not place.is_symlink():
        return False
    if not (place / METADATA).is_file():
        raise NotAFolder(reply)
    return True


@contextmanager
def draft_of(folder: Path, reply: str) -> Iterator[Path]:
    """A folder that takes its place when all went well, and is gone otherwise.

    Raises NotAFolder and StorageBroken.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder, prefix=f".{reply}-"))
    except OSError as error:
        raise NotAFolder from error
    try:
        yield draft
        _sync(draft)
        # Fails where somebody has put something there meanwhile.
        draft.rename(folder / reply)
        _sync(folder)
    except OSError as error:
        raise StorageBroken from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_beside(draft: Path, metadata: bytes, tokens: Sequence[str]) -> None:
    """What proves the documents, and what they are called."""
    text = "".join(f"{token}\n" for token in tokens)
    for name, content in ((METADATA, metadata), (TOKENS, text.encode())):
        file = _created(draft / name)
        file.write(content)
        _close(file)


def _created(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, _PRIVATE), "wb")


def _close(file: BinaryIO) -> None:
    with file:
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
