"""What the sandbox has taken: in memory, or in a folder that outlives it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from adapters.http.sandbox.wire import Head

NAMELESS: Final = "without-id"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STORED = re.compile(r"(?P<number>[0-9]{8})-(?P<delivery>[A-Za-z0-9_-]{1,64})\.body")


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One delivery as it was taken; headers and content only where they are kept."""

    number: int
    delivery: str
    size: int
    sha256: str
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


class Shelf:
    """Copies by delivery id."""

    def __init__(self, folder: Path | None, *, keep_content: bool) -> None:
        self._folder = folder
        self._keep_content = keep_content
        self._copies: dict[str, list[Copy]] = {}
        self._number = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._remember(folder)

    def copies(self, delivery: str) -> tuple[Copy, ...]:
        """Every copy under this id."""
        return tuple(self._copies.get(delivery, ()))

    def counts(self) -> dict[str, int]:
        """How many copies each id has, in order of arrival."""
        return {delivery: len(copies) for delivery, copies in self._copies.items()}

    def begin(self, head: Head, delivery: str) -> "Slot":
        """A place for a delivery that is coming in."""
        self._number += 1
        return Slot(
            head,
            (_PLAIN.fullmatch(delivery) and delivery) or NAMELESS,
            number=self._number,
            folder=self._folder,
            keep_content=self._keep_content,
        )

    def keep(self, slot: "Slot") -> Copy:
        """Put it on the shelf."""
        copy = slot.finish()
        self._copies.setdefault(copy.delivery, []).append(copy)
        return copy

    def _remember(self, folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            found = _STORED.fullmatch(path.name)
            if found is None:
                continue
            self._number = max(self._number, int(found["number"]))
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            copy = Copy(
                number=int(found["number"]),
                delivery=found["delivery"],
                size=path.stat().st_size,
                sha256=digest,
            )
            self._copies.setdefault(copy.delivery, []).append(copy)


class Slot:
    """Takes the bytes of one delivery; nothing counts before ``finish``."""

    def __init__(
        self,
        head: Head,
        delivery: str,
        *,
        number: int,
        folder: Path | None,
        keep_content: bool,
    ) -> None:
        self._head = head
        self._delivery = delivery
        self._number = number
        self._digest = hashlib.sha256()
        self._size = 0
        self._content: list[bytes] | None = [] if keep_content else None
        name = f"{number:08}-{delivery}.body"
        self._target = None if folder is None else folder / name
        self._file: BinaryIO | None = None
        if self._target is not None:
            self._file = self._target.with_suffix(".part").open("wb")

    def write(self, chunk: bytes) -> None:
        """Append."""
        self._digest.update(chunk)
        self._size += len(chunk)
        if self._content is not None:
            self._content.append(chunk)
        if self._file is not None:
            self._file.write(chunk)

    def finish(self) -> Copy:
        """The complete copy."""
        if self._file is not None and self._target is not None:
            self._file.close()
            Path(self._file.name).replace(self._target)
        kept = self._content is not None
        return Copy(
            number=self._number,
            delivery=self._delivery,
            size=self._size,
            sha256=self._digest.hexdigest(),
            path=self._head.path if kept else "",
            headers=dict(self._head.headers) if kept else {},
            content=b"".join(self._content or ()),
        )

    def discard(self) -> None:
        """Leave nothing behind; harmless after ``finish``."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
