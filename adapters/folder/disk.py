"""Writing one set so that a crash at any moment leaves it takeable once, or not yet.

Order: files (fsync) -> folder renamed into place (fsync) -> ledger (fsync) -> marker.
Everything here blocks and runs in threads.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from adapters.folder.layout import INDEX, Places

_T = TypeVar("_T")

Notice = Callable[[str], None]
"""Told of every effect on the disk; tests die in it."""
_NO_FOLDER_SYNC: Final = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
"""Network file systems that cannot sync folders do it by themselves."""


class Standing(Enum):
    """What is there of a delivery."""

    NOTHING = "nothing"
    PLACED = "placed"
    """A complete set of a try that died before the ledger."""
    WRITTEN = "written"
    """Ledger and set, no marker: offered to nobody yet."""
    OFFERED = "offered"
    """The marker is there."""
    TAKEN = "taken"
    """Ledger without set: the consumer has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of a file; ``last`` says that the file is complete with it."""

    name: str
    chunks: tuple[bytes, ...]
    last: bool


class GivenUp(Exception):
    """The caller has gone; nothing further may be done."""


class Turn:
    """Held while something is done to a delivery: one try after the other."""

    def __init__(self) -> None:
        self.lock = Lock()


class Writing:
    """One try to write one set. Given up, it will never write the marker."""

    def __init__(self, places: Places, turn: Turn, notice: Notice) -> None:
        self._places = places
        self._turn = turn
        self._notice = notice
        self._lock = Lock()
        self._given_up = False
        self._marking = False
        self.leaves_something = False
        """Whether there is something to clean up."""
        self._folder = places.temporary / f"{places.delivery}-{secrets.token_hex(4)}"

    def give_up(self) -> bool:
        """Stop at the next step; whether the marker may be there already."""
        with self._lock:
            self._given_up = True
            return self._marking

    def run(self, function: Callable[[], _T]) -> _T:
        """Do it when earlier tries have ended, even those nobody waits for."""
        with self._turn.lock:
            self._check()
            return function()

    def standing(self) -> tuple[Standing, bytes]:
        """What is there, and the ledger if it is one of it."""
        places = self._places
        try:
            ledger = places.ledger.read_bytes()
        except FileNotFoundError:
            ledger = b""
        if places.marker.exists():
            return Standing.OFFERED, ledger
        if not ledger:
            return Standing.NOTHING, ledger
        return Standing.WRITTEN if places.data.is_dir() else Standing.TAKEN, ledger

    def write(self, parts: Iterable[Part]) -> None:
        """Append to files of the set; complete ones are made durable."""
        self.leaves_something = True
        self._folder.mkdir(exist_ok=True)
        for part in parts:
            self._check()
            with (self._folder / part.name).open("ab", buffering=0) as file:
                for chunk in part.chunks:
                    _write_all(file.fileno(), chunk)
                self._did(f"{part.name} written")
                if part.last:
                    os.fsync(file.fileno())
                    self._did(f"{part.name} synced")

    def finish(self, parts: Iterable[Part], index: bytes, ledger: bytes) -> None:
        """Put everything in place: set, ledger, marker."""
        self.write((*parts, Part(name=INDEX, chunks=(index,), last=True)))
        sync_folder(self._folder)
        self._check()
        self._folder.rename(self._places.data)
        self.leaves_something = False
        self._did("set renamed")
        self.conclude(ledger)

    def adopt(self, index: bytes, sizes: dict[str, int]) -> bool:
        """Whether a complete set of a dead try lies in place; any other is removed."""
        self._make_room()
        data = self._places.data
        if not data.exists():
            return False
        try:
            same = (data / INDEX).read_bytes() == index
            found = {path.name: path.stat().st_size for path in data.iterdir()}
        except (FileNotFoundError, NotADirectoryError):
            same, found = False, {}
        if same and found == {**sizes, INDEX: len(index)}:
            return True
        data.rename(self._folder.with_suffix(".old"))
        shutil.rmtree(self._folder.with_suffix(".old"), ignore_errors=True)
        return False

    def tidy(self) -> None:
        """Remove what earlier tries left half done."""
        self._remove_tries(f"{self._places.delivery}-*")

    def conclude(self, ledger: bytes) -> None:
        """The set is in place: make that durable, remember it, then offer it."""
        sync_folder(self._places.root)
        self._did("set synced")
        self.remember(ledger)
        self.mark()

    def remember(self, ledger: bytes) -> None:
        """Write the ledger: this delivery is never written again."""
        self._check()
        self._place(self._small_file(self._places.ledger, ledger), self._places.ledger)

    def mark(self) -> None:
        """Offer the set. From here on the consumer may have it."""
        written = self._small_file(self._places.marker, b"")
        with self._lock:
            if self._given_up:
                raise GivenUp
            self._marking = True
        self._place(written, self._places.marker)

    def clean(self) -> None:
        """Remove what is left of this try, which has been given up."""
        with self._turn.lock:
            self._remove_tries(f"{self._folder.name}*")

    def _remove_tries(self, pattern: str) -> None:
        for left in self._places.temporary.glob(pattern):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def _small_file(self, target: Path, content: bytes) -> Path:
        """A file to be put in place: complete and durable."""
        self._make_room()
        written = self._folder.with_name(f"{self._folder.name}{target.suffix}.part")
        with written.open("wb", buffering=0) as file:
            _write_all(file.fileno(), content)
            os.fsync(file.fileno())
        self._did(f"{target.suffix or 'ledger'} written")
        return written

    def _place(self, written: Path, target: Path) -> None:
        written.rename(target)
        self._did(f"{target.suffix or 'ledger'} renamed")
        sync_folder(target.parent)
        self._did(f"{target.suffix or 'ledger'} synced")

    def _make_room(self) -> None:
        temporary = self._places.temporary
        if not temporary.is_dir():
            temporary.parent.mkdir(exist_ok=True)
            temporary.mkdir(exist_ok=True)
            self._did("room made")

    def _check(self) -> None:
        if self._given_up:
            raise GivenUp

    def _did(self, effect: str) -> None:
        self._notice(effect)
        self._check()


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
