"""Where JWEs lie: a folder per submission, a file per part, complete or not there."""

import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.fitconnect.sandbox.calls import too_large
from adapters.fitconnect.sandbox.sealed import Passing, Sealed


class Shelf:
    """Files are named by part and authentication tag: a repetition harms no other."""

    def __init__(self, folder: Path) -> None:
        """Whatever a killed process left half is thrown away."""
        self._folder = folder
        self._coming = folder / "coming"
        shutil.rmtree(self._coming, ignore_errors=True)
        self._coming.mkdir(parents=True)

    async def take(
        self, parcel: str, part: str, chunks: AsyncIterator[bytes], *, limit: int
    ) -> Sealed:
        """Write what comes in, in pieces. Raises Refusal, Vanished."""
        passing, coming = Passing(), self._coming / uuid.uuid4().hex
        try:
            with coming.open("wb") as file:
                async for chunk in chunks:
                    passing.feed(chunk)
                    if passing.size > limit:
                        raise too_large()
                    file.write(chunk)
            sealed = passing.finish()
            self._keep(coming, self.path(parcel, part, sealed.tag))
        finally:
            coming.unlink(missing_ok=True)
        return sealed

    def put(self, parcel: str, part: str, tag: str, token: str) -> None:
        """Write a whole one."""
        coming = self._coming / uuid.uuid4().hex
        coming.write_text(token, encoding="ascii")
        self._keep(coming, self.path(parcel, part, tag))

    def path(self, parcel: str, part: str, tag: str) -> Path:
        """Where a part lies or would lie; all three are our own or checked."""
        return self._folder / parcel / f"{part}.{tag}"

    def read(self, parcel: str, part: str, tag: str) -> str:
        """A whole one."""
        return self.path(parcel, part, tag).read_text(encoding="ascii")

    def drop(self, parcel: str, part: str, tag: str) -> None:
        """One part."""
        self.path(parcel, part, tag).unlink(missing_ok=True)

    def empty(self, parcel: str) -> None:
        """Everything of this submission."""
        shutil.rmtree(self._folder / parcel, ignore_errors=True)

    def _keep(self, coming: Path, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        coming.replace(path)
