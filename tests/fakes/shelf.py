"""A shelf in memory."""

import hashlib
from dataclasses import dataclass, field

from schemas.documents import Role
from schemas.errors import StorageFull


@dataclass
class Kept:
    """A document that was kept."""

    role: Role
    media_type: str
    filename: str
    content: bytes
    size: int
    sha512: str


@dataclass
class MemoryShelf:
    """Fills DocumentShelf; ``room`` is how many bytes fit."""

    room: int | None = None
    keeps_content: bool = True
    kept: list[Kept] = field(default_factory=list)
    dropped: int = 0
    largest: int = 0
    _open: bytearray | None = None
    _size: int = 0
    _digest: object = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    @property
    def main(self) -> Kept:
        [main] = [one for one in self.kept if one.role is Role.MAIN]
        return main

    @property
    def attachments(self) -> list[Kept]:
        return [one for one in self.kept if one.role is Role.ATTACHMENT]

    async def write(self, chunk: bytes) -> None:
        self._begin()
        assert self._open is not None
        self._size += len(chunk)
        self.largest = max(self.largest, len(chunk))
        self._digest.update(chunk)  # type: ignore[attr-defined]
        if self.keeps_content:
            self._open += chunk
        if self.room is not None and self._size > self.room:
            raise StorageFull

    async def keep(self, *, role: Role, media_type: str, filename: str) -> None:
        self._begin()
        assert self._open is not None
        self.kept.append(
            Kept(
                role=role,
                media_type=media_type,
                filename=filename,
                content=bytes(self._open),
                size=self._size,
                sha512=self._digest.hexdigest(),  # type: ignore[attr-defined]
            )
        )
        self._open = None

    async def drop(self) -> None:
        if self._open is not None:
            self.dropped += 1
        self._open = None

    def _begin(self) -> None:
        if self._open is None:
            self._open, self._size, self._digest = bytearray(), 0, hashlib.sha512()
