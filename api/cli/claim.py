"""One ``up`` per home: a locked file with the number of the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import AlreadyRunning


@contextmanager
def claimed(file: Path) -> Iterator[None]:
    """Ours as long as it is open; the lock dies with us. Raises AlreadyRunning."""
    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.read(fd, 32).decode("ascii", "replace").strip()
            raise AlreadyRunning(f"process {pid}") from error
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(fd)
