"""Reading one document back from its file; blocking, called in threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import ObjectDamaged
from schemas.limits import MIB
from storage.base import CaseKey
from storage.disk import disk_errors
from storage.vault.format import HEADER_BYTES, Binding, FrameCipher, Header, Layout


class ObjectReader:
    """Frame by frame; no file stays open between two frames."""

    def __init__(self, path: Path, key: CaseKey, binding: Binding) -> None:
        self._path = path
        self._key = key
        self._binding = binding
        self._layout: Layout
        self._cipher: FrameCipher

    def begin(self, size: int) -> tuple[int, bytes]:
        """The number of frames, and the first. Raises ObjectDamaged."""
        with _opened(self._path) as fd:
            header = Header.parse(os.pread(fd, HEADER_BYTES, 0))
            self._layout = Layout.of(os.fstat(fd).st_size, header)
            if self._layout.plain_size != size:
                raise ObjectDamaged
            self._cipher = FrameCipher(self._key.plain, header, self._binding)
            return self._layout.frames, self._frame(fd, 0)

    def frame(self, number: int) -> bytes:
        """One frame, verified. Raises ObjectDamaged."""
        with _opened(self._path) as fd:
            return self._frame(fd, number)

    def _frame(self, fd: int, number: int) -> bytes:
        offset, length = self._layout.span(number)
        sealed = os.pread(fd, length, offset)
        return self._cipher.open(number, sealed, last=self._layout.last(number))


def piece_of(path: Path, offset: int) -> bytes:
    """Some of the object as it is stored; nothing at its end."""
    with _opened(path) as fd:
        return os.pread(fd, MIB, offset)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    with disk_errors():
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise ObjectDamaged("It is not there.") from error
        try:
            yield fd
        finally:
            os.close(fd)
