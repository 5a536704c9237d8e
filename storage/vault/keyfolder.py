"""The folder of key-encryption keys: private files, written whole, one at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from schemas.errors import ConfigurationInvalid, KeyMissing, UnsafePath
from schemas.ids import KeyName
from storage.disk import Draft, disk_errors, safe_name, silent, sync_folder
from storage.vault.keyfile import NamedKey, armour, disarm

_OTHERS: Final = 0o077
_CURRENT: Final = "current"


class KeyFolder:
    """`<name>.key`, `<name>.exported` once taken away, and `current`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time makes, restores or retires keys."""
        with disk_errors():
            with suppress(FileExistsError):
                self._path.mkdir(mode=0o700, parents=True)
            _refuse_readable(self._path, "The folder keys")
            fd = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                yield
            finally:
                os.close(fd)

    def names(self) -> tuple[KeyName, ...]:
        """All keys that are here."""
        return tuple(sorted(KeyName(path.stem) for path in self._path.glob("*.key")))

    def read(self, name: KeyName) -> NamedKey:
        """Raises KeyMissing, and ConfigurationInvalid for one that others can read."""
        path = self._path / f"{safe_name(name)}.key"
        with disk_errors():
            try:
                _refuse_readable(self._path, "The folder keys")
                _refuse_readable(path, f"keys/{name}.key")
                text = path.read_text(encoding="ascii", errors="replace")
            except FileNotFoundError as error:
                raise KeyMissing(name) from error
        key = disarm(text)
        if key.name != name:
            raise ConfigurationInvalid(f"keys/{name}.key holds another key.")
        return key

    def add(self, key: NamedKey) -> None:
        """Write a new key; one that is here is never overwritten."""
        self._write(f"{key.name}.key", armour(key))

    def remove(self, name: KeyName) -> None:
        """Delete the key and its mark."""
        for suffix in ("key", "exported"):
            (self._path / f"{safe_name(name)}.{suffix}").unlink(missing_ok=True)
        sync_folder(self._path)

    def current(self) -> KeyName | None:
        """The name in `current`, if the file is there. Raises ConfigurationInvalid."""
        with disk_errors():
            try:
                text = (self._path / _CURRENT).read_text("ascii", errors="replace")
            except FileNotFoundError:
                return None
        try:
            return KeyName(safe_name(text.strip()))
        except UnsafePath as error:
            raise ConfigurationInvalid("keys/current names no key.") from error

    def current_stamp(self) -> tuple[int, int]:
        """Changes whenever another key becomes current."""
        with disk_errors():
            try:
                stat = (self._path / _CURRENT).stat()
            except FileNotFoundError:
                return 0, 0
        return stat.st_ino, stat.st_mtime_ns

    def make_current(self, name: KeyName, *, replace: bool) -> None:
        """In one step; without ``replace`` it must be the first."""
        self._write(_CURRENT, f"{name}\n", replace=replace)

    def mark_exported(self, name: KeyName) -> None:
        """Leave the mark."""
        self._write(f"{safe_name(name)}.exported", "", replace=True)

    def is_exported(self, name: KeyName) -> bool:
        """Whether the mark is there."""
        return (self._path / f"{safe_name(name)}.exported").exists()

    def _write(self, name: str, text: str, *, replace: bool = False) -> None:
        draft = Draft(self._path, mode=0o600, announce=silent)
        try:
            draft.write(text.encode("ascii"))
            draft.sync()
            put = draft.replace if replace else draft.publish
            put(self._path / name)
        finally:
            draft.discard()
        sync_folder(self._path)


def _refuse_readable(path: Path, what: str) -> None:
    if path.stat().st_mode & _OTHERS:
        raise ConfigurationInvalid(
            f"{what} is open to others: chmod go-rwx, and think of a new key."
        )
