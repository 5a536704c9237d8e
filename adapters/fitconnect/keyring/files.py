"""Private files: closed to others, written whole or not at all."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.fitconnect.keyring.errors import KeysReadable
from schemas.errors import StorageBroken

_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_OTHERS: Final = 0o077


def read_private_file(path: Path) -> str:
    """Its text. Raises KeysReadable where others can read it, OSError."""
    with path.open(encoding="ascii", errors="replace") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise KeysReadable(path.name)
        return file.read()


def write_file(path: Path, text: str) -> None:
    """Replace the whole. Raises StorageBroken."""
    try:
        # Made closed to others (mkstemp), and never open to them with half a text.
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        _sync(path.parent)
    except OSError as error:
        raise StorageBroken from error


def write_folder(path: Path, texts: Mapping[str, str]) -> bool:
    """Make a folder with these files, all at once; False where there is one already.

    Raises StorageBroken.
    """
    try:
        for parent in reversed([path.parent, *path.parent.parents]):
            # With parents=True those above would be open to others.
            if not parent.exists():
                parent.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=path.parent, prefix="."))
        try:
            for name, text in texts.items():
                write_file(draft / name, text)
            return _moved(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise StorageBroken from error


def remove_folder(path: Path) -> None:
    """Harmless where it is gone. Raises StorageBroken."""
    try:
        if path.exists():
            # Renamed first: half a folder would be taken for a whole one.
            gone = Path(tempfile.mkdtemp(dir=path.parent, prefix="."))
            path.rename(gone / path.name)
            _sync(path.parent)
            shutil.rmtree(gone)
    except OSError as error:
        raise StorageBroken from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time. Raises FileNotFoundError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _moved(draft: Path, path: Path) -> bool:
    if path.exists():
        return False
    try:
        draft.rename(path)
    except OSError:
        # Somebody else was quicker; a folder is never replaced by a rename.
        if path.exists():
            return False
        raise
    _sync(path.parent)
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
