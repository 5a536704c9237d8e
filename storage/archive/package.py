"""The blocking half of writing one package, called in threads."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from schemas.errors import AlreadyArchived, Ours
from storage.archive.folder import digest_of, names_in, read_manifest
from storage.archive.manifest import (
    MANIFEST,
    PAYLOAD,
    Digest,
    Digesting,
    Entry,
    checked_path,
    encode,
    entry_of,
    manifest_of,
    tag_files,
    written,
)
from storage.base import PackageFile, PackageWritten
from storage.disk import Draft, Ground, disk_errors

_MODE: Final = 0o440
_PENDING: Final = 16
"""Drafts synced together: the first sync commits the names of all of them."""


class _Incoming:
    """A file on its way: a draft, or only a digest where its name is taken."""

    def __init__(self, path: Path, draft: Draft | None) -> None:
        self.path = path
        self.draft = draft
        self.digesting = Digesting()

    def write(self, chunk: bytes) -> None:
        self.digesting.update(chunk)
        if self.draft:
            self.draft.write(chunk)


class Package:
    """A package in the making.

    The lock is for a cancelled writer: its last run may still be under way in its
    thread when ``abandon`` arrives in another.
    """

    def __init__(self, ground: Ground, location: str) -> None:
        self._ground = ground
        self._location = location
        self._folder = ground.root / location
        self._lock = Lock()
        self._abandoned = False
        self._begun = False
        self._complete: bytes | None = None
        self._fresh = False
        self._entries: dict[str, Entry] = {}
        self._drafts: list[Draft] = []
        self._pending: list[tuple[_Incoming, Digest]] = []
        self._touched: set[Path] = set()
        self._incoming: _Incoming

    def run(self, calls: Sequence[Callable[[], object]]) -> None:
        """Do these calls, unless the writer has gone."""
        with self._lock, disk_errors():
            self._run(calls)

    def finish(
        self, calls: Sequence[Callable[[], object]], about: Mapping[str, str]
    ) -> PackageWritten:
        """The last calls and the commit, in one go. Raises AlreadyArchived."""
        with self._lock, disk_errors():
            self._run(calls)
            return self._commit(about)

    def abandon(self) -> None:
        """Leave no drafts; files that have their names wait for the next try."""
        with self._lock, disk_errors():
            self._abandoned = True
            for draft in self._drafts:
                draft.discard()

    def begin(self, file: PackageFile) -> None:
        """The next file. Raises UnsafePath."""
        self._begin()
        path = checked_path(file.path, self._entries)
        self._incoming = self._receive(self._folder / path)

    def write(self, chunk: bytes) -> None:
        """More of its bytes."""
        self._incoming.write(chunk)

    def end(self, file: PackageFile) -> None:
        """All of its bytes are here. Raises AlreadyArchived."""
        digest = self._finish(self._incoming)
        self._entries[file.path] = entry_of(file, digest)

    def _run(self, calls: Sequence[Callable[[], object]]) -> None:
        if self._abandoned:
            raise Ours("An archive package was written after its end.")
        for call in calls:
            call()

    def _commit(self, about: Mapping[str, str]) -> PackageWritten:
        """Everything durable, then the manifest."""
        self._begin()
        manifest = manifest_of(self._location, about, self._entries.values())
        data = encode(manifest)
        if self._complete is None:
            tags = tag_files(manifest)
            for name, content in tags.items():
                tag = self._receive(self._folder / name)
                tag.write(content)
                self._finish(tag)
            self._settle()
            self._ground.make(self._folder / PAYLOAD, self._touched)
            self._refuse_surplus({*self._entries, *tags})
            self._ground.sync(self._touched)
            self._finish_manifest(data)
        elif self._complete != data:
            raise AlreadyArchived
        self._ground.sync_one(self._folder)
        return written(data, self._location)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._complete = read_manifest(self._folder)
            if self._complete is None:
                self._fresh = self._ground.make(self._folder, self._touched)

    def _receive(self, path: Path) -> _Incoming:
        if self._complete is not None or (not self._fresh and path.exists()):
            return _Incoming(path, None)
        draft = self._ground.draft(mode=_MODE)
        self._drafts.append(draft)
        return _Incoming(path, draft)

    def _finish(self, incoming: _Incoming) -> Digest:
        digest = incoming.digesting.done()
        if incoming.draft:
            self._pending.append((incoming, digest))
            if len(self._pending) >= _PENDING:
                self._settle()
        elif self._complete is None:
            _refuse_different(incoming.path, digest)
        return digest

    def _settle(self) -> None:
        """Sync what is pending and give it its names."""
        for incoming, _ in self._pending:
            if incoming.draft:
                incoming.draft.sync()
        for incoming, digest in self._pending:
            if incoming.draft:
                self._publish(incoming.draft, incoming.path, digest)
        self._pending.clear()
        self._drafts.clear()

    def _publish(self, draft: Draft, path: Path, digest: Digest) -> None:
        self._ground.make(path.parent, self._touched)
        try:
            draft.publish(path)
        except FileExistsError:  # a twin was faster
            draft.discard()
            _refuse_different(path, digest)

    def _refuse_surplus(self, expected: set[str]) -> None:
        """An earlier try may have had other files than this one."""
        if not self._fresh and not names_in(self._folder) <= {*expected, MANIFEST}:
            raise AlreadyArchived

    def _finish_manifest(self, data: bytes) -> None:
        incoming = self._receive(self._folder / MANIFEST)
        incoming.write(data)
        self._finish(incoming)
        self._settle()
        self._ground.remember(self._folder.parent.parent)


def _refuse_different(path: Path, digest: Digest) -> None:
    if digest_of(path) != digest:
        raise AlreadyArchived
