"""Writing one document: small ones end inline, others frame by frame in a file."""

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from schemas.documents import Inline, InVault, StoredObject
from schemas.errors import ObjectExists, Ours
from schemas.ids import DocumentId
from schemas.limits import FRAME_BYTES, INLINE_BYTES
from storage.base import CaseKey
from storage.disk import Draft, Ground, disk_errors, safe_name
from storage.vault.format import Binding, FrameCipher, Header, seal_object

_TRIES: Final = 5
"""A sweep or a discard may remove the folder between making and using it."""
AFTER_ITS_END: Final = "A writer was used after its end."


def binding_of(key: CaseKey, document: DocumentId) -> Binding:
    """What this document's object is bound to."""
    return Binding(tenant=key.tenant, case=key.case, document=document)


def remove_object(path: Path) -> None:
    """Delete it, and its case's folder with the last one."""
    path.unlink(missing_ok=True)
    with suppress(OSError):  # other documents of the case stay
        path.parent.rmdir()


class ObjectFile:
    """The blocking half: called in threads, one call at a time.

    The lock is for a cancelled upload: its last call may still be under way in
    its thread when ``remove`` arrives in another.
    """

    def __init__(self, ground: Ground, key: CaseKey, document: DocumentId) -> None:
        parts = (key.tenant, key.office, key.case, document)
        self.path = "/".join(safe_name(part) for part in parts)
        self._ground = ground
        self._key = key
        self._document = document
        self._lock = Lock()
        self._hash = hashlib.sha256()
        self._frames = 0
        self._draft: Draft | None = None
        self._cipher: FrameCipher | None = None
        self._published = False
        self._removed = False

    def append(self, plain: bytearray, *, last: bool) -> str:
        """Seal and write a frame; the last makes the object visible.

        Returns the hash of all plain bytes so far. Raises StorageFull.
        """
        with self._lock, disk_errors():
            if self._removed:
                raise Ours(AFTER_ITS_END)
            try:
                self._append(plain, last=last)
            except BaseException:
                self._remove()
                raise
            return self._hash.hexdigest()

    def remove(self) -> None:
        """Leave nothing behind, even if the object had become visible."""
        with self._lock, disk_errors():
            self._remove()

    def _append(self, plain: bytearray, *, last: bool) -> None:
        draft, cipher = self._begun()
        self._hash.update(plain)
        draft.write(cipher.seal(self._frames, plain, last=last))
        self._frames += 1
        if last:
            draft.sync()
            self._publish(draft)

    def _remove(self) -> None:
        self._removed = True
        if self._draft:
            self._draft.discard()
        if self._published:
            remove_object(self._ground.root / self.path)

    def _begun(self) -> tuple[Draft, FrameCipher]:
        if self._draft is None or self._cipher is None:
            header = Header.new()
            binding = binding_of(self._key, self._document)
            self._cipher = FrameCipher(self._key.plain, header, binding)
            self._draft = self._ground.draft(mode=0o600)
            self._draft.write(header.encode())
        return self._draft, self._cipher

    def _publish(self, draft: Draft) -> None:
        path = self._ground.root / self.path
        for attempt in range(_TRIES):
            touched: set[Path] = set()
            self._ground.make(path.parent, touched)
            try:
                draft.publish(path)
                self._published = True
                self._ground.sync(touched)
            except FileExistsError as error:
                raise ObjectExists from error
            except FileNotFoundError:
                if attempt == _TRIES - 1:
                    raise
            else:
                self._ground.remember(path.parent.parent)
                return


class LocalWriter:
    """Fills ObjectWriter; holds at most one frame and its sealed form."""

    def __init__(self, ground: Ground, key: CaseKey, document: DocumentId) -> None:
        self._key = key
        self._document = document
        self._file = ObjectFile(ground, key, document)
        self._held = bytearray()
        self._size = 0
        self._in_file = False
        self._usable = True

    async def write(self, chunk: bytes) -> None:
        self._must_be_usable()
        view = memoryview(chunk)
        while (room := FRAME_BYTES - len(self._held)) < len(view):
            self._held += view[:room]
            view = view[room:]
            await self._spill(last=False)
        self._held += view
        self._size += len(chunk)

    async def finish(self) -> StoredObject:
        self._must_be_usable()
        if self._size <= INLINE_BYTES:
            return self._inline()
        digest = await self._spill(last=True)
        self._usable = False
        self._in_file = False  # handed over: abort has nothing to remove
        return self._stored(digest, InVault(path=self._file.path))

    async def abort(self) -> None:
        self._usable = False
        self._held = bytearray()
        if self._in_file:
            await asyncio.to_thread(self._file.remove)
            self._in_file = False

    async def _spill(self, *, last: bool) -> str:
        """Hand the frame to a thread, which owns it from here on."""
        frame, self._held = self._held, bytearray()
        self._in_file = True
        self._usable = False  # stays so if the call fails or is cancelled
        digest = await asyncio.to_thread(self._file.append, frame, last=last)
        self._usable = True
        return digest

    def _inline(self) -> StoredObject:
        plain, self._held = self._held, bytearray()
        self._usable = False
        binding = binding_of(self._key, self._document)
        sealed = seal_object(self._key.plain, binding, plain)
        return self._stored(hashlib.sha256(plain).hexdigest(), Inline(sealed=sealed))

    def _stored(self, digest: str, place: Inline | InVault) -> StoredObject:
        return StoredObject(
            id=self._document, size=self._size, sha256=digest, place=place
        )

    def _must_be_usable(self) -> None:
        if not self._usable:
            raise Ours(AFTER_ITS_END)
