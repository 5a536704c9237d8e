"""An attachment on its way from the wire onto the shelf, a few bytes at a time."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from adapters.base import DocumentShelf
from adapters.fitconnect.client.failures import (
    BrokenOff,
    NotThere,
    StrangeAnswer,
    SubmissionNotThere,
    TooMuch,
)
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.inbox.inspecting import (
    Notebook,
    safe_filename,
    safe_media_type,
)
from adapters.fitconnect.inbox.settings import Limits
from adapters.fitconnect.inbox.wire import Fetched
from adapters.fitconnect.jose.errors import DecryptionFailed, PlainTooLarge
from adapters.fitconnect.jose.jwe import Decryptor, Keyring
from adapters.fitconnect.metadata.values import AttachmentPart
from schemas.documents import Role
from schemas.limits import KIB

TAG: Final = "fit-attachment-tag"
ENCRYPTION: Final = "fit-attachment-encryption"
HASH: Final = "fit-attachment-hash"
TOO_LARGE: Final = "fit-attachment-too-large"
TOO_MANY: Final = "fit-attachments-too-many"
MISSING: Final = "fit-attachment-missing"
_HEAD: Final = 4 * KIB
"""So much is gathered before the key is unwrapped, in a thread: 6 ms of RSA."""
_TRIES: Final = 2
"""What does not verify is fetched again before a citizen is blamed for it."""


class Digest(Protocol):
    """A hash that grows."""

    def update(self, data: bytes, /) -> None:
        """Go on with these bytes."""
        ...


@dataclass(kw_only=True, slots=True)
class Carrier:
    """Stores the attachments of one submission."""

    client: FitConnectClient
    keyring: Keyring
    fetched: Fetched
    tags: Tags | None
    """None where the log proves none: then hashes alone are compared."""
    limits: Limits
    shelf: DocumentShelf
    left: int
    """Bytes of the wire that may still come."""
    seen: dict[str, str] = field(default_factory=dict)
    """Tags as they came, by upload."""

    async def store(
        self, parts: tuple[AttachmentPart, ...], notebook: Notebook
    ) -> None:
        """Every attachment that verifies. Raises CounterpartAway and errors of ours."""
        for number, part in enumerate(parts, start=1):
            if not set(part.uploads) <= set(self.fetched.attachments):
                notebook.blame(MISSING, location=part.id)
                continue
            fault = await self._repeated(part, number)
            if fault == TOO_MANY:
                notebook.blame(fault)
                return
            if fault:
                notebook.blame(fault, location=part.id)

    async def _repeated(self, part: AttachmentPart, number: int) -> str:
        fault = ""
        for tries in range(_TRIES):
            left = self.left
            try:
                fault = await self._once(part)
            except BrokenOff:
                if tries == _TRIES - 1:
                    raise
                fault = ENCRYPTION
            if not fault:
                await self.shelf.keep(
                    role=Role.ATTACHMENT,
                    media_type=safe_media_type(part.mime),
                    filename=safe_filename(part.filename, number=number),
                )
                return ""
            await self.shelf.drop()
            if fault in {TOO_LARGE, TOO_MANY}:
                return fault
            self.left = left
        return fault

    async def _once(self, part: AttachmentPart) -> str:
        """Put it onto the shelf, not kept yet; a code where it does not verify."""
        digest = hashlib.sha512()
        try:
            for upload in part.uploads:
                await self._take(upload, digest)
        except _Fault as fault:
            return fault.code
        return "" if digest.hexdigest() == part.hash else HASH

    async def _take(self, upload: str, digest: Digest) -> None:
        """One upload, verified when this ends. Raises _Fault."""
        decryptor = Decryptor(self.keyring, limit=self.limits.attachment)
        limit = min(self.limits.attachment, self.left)
        try:
            await self._decrypt(upload, decryptor, digest, limit)
            self.seen[upload] = decryptor.tag
            if self.tags and decryptor.tag != self.tags.attachments.get(upload):
                raise _Fault(TAG)
            await self._put(decryptor.finish(), digest)
        except TooMuch as error:
            is_alone = limit == self.limits.attachment
            raise _Fault(TOO_LARGE if is_alone else TOO_MANY) from error
        except PlainTooLarge as error:
            raise _Fault(TOO_LARGE) from error
        except DecryptionFailed as error:
            raise _Fault(ENCRYPTION) from error
        except SubmissionNotThere:
            raise
        except NotThere as error:
            # The service lists it, so that it lacks is no fault of the sender.
            raise StrangeAnswer("(attachment)") from error

    async def _decrypt(
        self, upload: str, decryptor: Decryptor, digest: Digest, limit: int
    ) -> None:
        path = self.fetched.attachment_path.format(
            parcel=self.fetched.submission, attachment=upload
        )
        is_open = False
        async with self.client.stream(path, limit=limit) as chunks:
            async for chunk in _headed(chunks):
                self.left -= len(chunk)
                pieces = decryptor.pieces(chunk)
                if not is_open:
                    is_open = True
                    await self._put(await asyncio.to_thread(next, pieces, b""), digest)
                for piece in pieces:
                    await self._put(piece, digest)

    async def _put(self, piece: bytes, digest: Digest) -> None:
        if piece:
            digest.update(piece)
            await self.shelf.write(piece)


class _Fault(Exception):
    """It does not verify; ``code`` is the problem's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


async def _headed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes; the first chunk is long enough to hold the header."""
    head = b""
    is_head = True
    async for chunk in chunks:
        if not is_head:
            yield chunk
            continue
        head += chunk
        if len(head) >= _HEAD:
            is_head = False
            yield head
    if is_head:
        yield head
