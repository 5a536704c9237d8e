"""Disks that fill up, break, or let the process die, and ways to look at them."""

import errno
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Act = Callable[[], None]


class Disk:
    """Hears each operation before it happens; acts before the chosen one."""

    def __init__(self, *, at: int = 0, act: Act = lambda: None) -> None:
        self.operations: list[str] = []
        self._at = at
        self._act = act

    def __call__(self, operation: str) -> None:
        self.operations.append(operation)
        if len(self.operations) == self._at:
            self._act()


def die() -> None:
    """As kill -9 does: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def failing(number: int) -> Act:
    """What an operation does on a disk with this error."""

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


FULL = failing(errno.ENOSPC)
BROKEN = failing(errno.EIO)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A folder with room for about this many bytes.

    A file system of its own where we may mount one; elsewhere a limit on the size
    of files, which fails in the same calls.
    """
    folder.mkdir()
    options = f"size={size},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.geteuid() == 0 and _succeeds(mount):
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield folder
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_below(root: Path) -> list[Path]:
    """Every file, drafts included."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def holds(root: Path, marker: bytes) -> bool:
    """Whether any file or name below the root has these bytes in it."""
    return any(
        marker in path.read_bytes() or marker in os.fsencode(path)
        for path in files_below(root)
    )


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
