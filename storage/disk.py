"""Files that survive a loss of power: drafts, create-once names, synced folders."""

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from schemas.errors import StorageBroken, StorageFull, UnsafePath

Announce = Callable[[str], None]
"""Told before each operation on the disk: where tests let processes die."""

INCOMING: Final = ".incoming"
"""Drafts live here, beside what is published, on the same file system."""
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SAFE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


def silent(_operation: str) -> None:
    """Announce to nobody."""


def safe_name(name: str) -> str:
    """The name, if a path may be made of it. Raises UnsafePath."""
    if _SAFE.fullmatch(name) is None:
        raise UnsafePath
    return name


@contextmanager
def disk_errors() -> Iterator[None]:
    """Translate what the disk says into errors of ours."""
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "")
        raise (StorageFull if error.errno in _FULL else StorageBroken)(name) from error


class Draft:
    """A file in the making, under a random name that nobody looks for."""

    def __init__(self, folder: Path, *, mode: int, announce: Announce) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.part"
        self._announce = announce
        announce("create")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._fd = os.open(self.path, flags, 0o600)
        os.fchmod(self._fd, mode)

    def write(self, data: bytes) -> None:
        """Append all of it."""
        self._announce("write")
        written = os.write(self._fd, data)
        if written < len(data):
            rest = memoryview(data)[written:]
            while rest:
                rest = rest[os.write(self._fd, rest) :]

    def sync(self) -> None:
        """Make the bytes durable; nothing can be written afterwards."""
        self._announce("fsync")
        os.fsync(self._fd)
        self._close()

    def publish(self, path: Path) -> None:
        """Give it its name, once. Raises FileExistsError."""
        self._announce("link")
        os.link(self.path, path)
        self._announce("unlink")
        self.path.unlink(missing_ok=True)

    def replace(self, path: Path) -> None:
        """Give it a name that may exist, in one step."""
        self._announce("rename")
        self.path.replace(path)

    def discard(self) -> None:
        """Leave nothing behind; harmless when repeated."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Ground:
    """Makes drafts and folders below a root, and knows which folders to sync.

    A folder that an earlier process made and did not sync looks like any other;
    so each path is synced up to the folders this process knows to be sound.
    """

    def __init__(self, root: Path, *, mode: int, announce: Announce) -> None:
        self.root = root
        self._mode = mode
        self._announce = announce
        self._sound: set[Path] = set()

    def draft(self, *, mode: int) -> Draft:
        """A new file that nobody sees yet."""
        incoming = self.root / INCOMING
        try:
            return Draft(incoming, mode=mode, announce=self._announce)
        except FileNotFoundError:
            self.make(self.root, set())
            incoming.mkdir(mode=0o700, exist_ok=True)
            return Draft(incoming, mode=mode, announce=self._announce)

    def make(self, folder: Path, touched: set[Path]) -> bool:
        """Make it and what is above; whether this process made it just now.

        Adds to ``touched`` what must be synced once the new file has its name, and
        takes what is in there already for made.
        """
        try:
            return self._make(folder, touched)
        except FileNotFoundError:  # somebody removed what was sound
            self._sound.clear()
            again: set[Path] = set()
            fresh = self._make(folder, again)
            touched |= again
            return fresh

    def _make(self, folder: Path, touched: set[Path]) -> bool:
        missing, path = [], folder
        while path not in self._sound and path not in touched:
            missing.append(path)
            path = path.parent
            if missing[-1] == self.root:
                break
        fresh = False
        for name in reversed(missing):
            fresh = self._mkdir(name)
        touched.update(missing, [path])
        return fresh

    def _mkdir(self, path: Path) -> bool:
        self._announce("mkdir")
        try:
            path.mkdir(mode=self._mode, parents=path == self.root)
        except FileExistsError:
            return False
        return True

    def sync(self, folders: set[Path]) -> None:
        """Make the names in these folders durable, deepest first."""
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            self.sync_one(folder)

    def sync_one(self, folder: Path) -> None:
        """Make the names in one folder durable."""
        self._announce("fsync-folder")
        sync_folder(folder)

    def remember(self, folder: Path) -> None:
        """This folder and all above are synced and stay."""
        self._sound.add(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sweep_drafts(root: Path, *, older_than: datetime) -> int:
    """Remove drafts that died before this moment; how many."""
    limit = older_than.timestamp()
    removed = 0
    with suppress(FileNotFoundError), os.scandir(root / INCOMING) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < limit:
                    os.unlink(entry.path)  # noqa: PTH108 - an entry is no Path
                    removed += 1
    return removed
