"""The documents of one case on their way into the vault, all or none."""

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from schemas.documents import Document, Role, StoredObject
from schemas.errors import EngineError
from schemas.ids import DocumentId, RandomBytes
from schemas.rules.fingerprint import PartPrint
from storage.base import CaseKey, ObjectWriter, Vault

_log = structlog.get_logger("vault")


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenDocument:
    """A document that is complete in the vault, and what was said about it."""

    stored: StoredObject
    role: Role
    media_type: str
    filename: str = field(repr=False)

    def print(self) -> PartPrint:
        """What of it counts for the fingerprint."""
        return PartPrint(
            role=self.role,
            media_type=self.media_type,
            filename=self.filename,
            sha256=self.stored.sha256,
        )


class VaultShelf:
    """Writes one document after the other under one case's key.

    Fills DocumentShelf of adapters/base.py.
    """

    def __init__(self, vault: Vault, key: CaseKey, random_bytes: RandomBytes) -> None:
        self._vault = vault
        self.key = key
        self._random_bytes = random_bytes
        self._writer: ObjectWriter | None = None
        self._taken: list[TakenDocument] = []

    def begin(self) -> ObjectWriter:
        """Open the next document."""
        document = DocumentId(self._random_bytes(16).hex())
        self._writer = self._vault.create(self.key, document)
        return self._writer

    async def write(self, chunk: bytes) -> None:
        """Append to the open document, opening one where none is.

        Raises StorageFull, StorageBroken.
        """
        writer = self._writer or self.begin()
        await writer.write(chunk)

    async def keep(self, *, role: Role, media_type: str, filename: str) -> None:
        """Make the open document durable, be it empty. Raises StorageFull."""
        writer = self._writer or self.begin()
        stored = await writer.finish()
        # Known before anything else can fail, so that discard() finds it.
        self._taken.append(
            TakenDocument(
                stored=stored, role=role, media_type=media_type, filename=filename
            )
        )
        self._writer = None

    async def drop(self) -> None:
        """Leave nothing of the open document; harmless where none is open."""
        if self._writer is not None:
            await _attempt(self._writer.abort())
            self._writer = None

    def taken(self) -> tuple[TakenDocument, ...]:
        """What is complete: main first, then attachments in order of arrival."""
        return tuple(sorted(self._taken, key=lambda taken: taken.role is not Role.MAIN))

    def prints(self) -> tuple[PartPrint, ...]:
        """What of all this counts for a fingerprint."""
        return tuple(taken.print() for taken in self.taken())

    def documents(self) -> tuple[Document, ...]:
        """What is complete, for the database: file names sealed."""
        return tuple(
            Document(
                stored=taken.stored,
                role=taken.role,
                position=position,
                media_type=taken.media_type,
                sealed_name=self._vault.seal(
                    self.key, taken.filename, label=taken.stored.id
                ),
            )
            for position, taken in enumerate(self.taken())
        )

    async def discard(self) -> None:
        """Leave nothing behind; what resists is swept as an orphan later."""
        await self.drop()
        while self._taken:
            await _attempt(self._vault.discard(self._taken.pop().stored))


async def _attempt(cleaning: Awaitable[None]) -> None:
    with suppress(EngineError, OSError):
        await cleaning
        return
    _log.warning("discard_failed")
