"""Documents encrypted on their way out: chunk by chunk, never written down."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from adapters.fitconnect.client.requests import Upload
from adapters.fitconnect.jose.jwe import Encryptor
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.outbox.documents import exactly
from schemas.deliveries import ParcelDocument
from schemas.limits import KIB

TAG_CHARACTERS: Final = 22
AT_ONCE: Final = 256 * KIB
"""A larger chunk takes so long to encrypt that it is left to a thread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A part of a document, or all of it."""

    document: ParcelDocument
    start: int
    length: int

    @property
    def is_whole(self) -> bool:
        """Whether its hash is the document's."""
        return self.length == self.document.size


class SealedUpload:
    """One part as a JWE; each time it is opened it is encrypted anew.

    ``tag`` and ``sha512`` are those of the last time it was read to its end.
    """

    def __init__(self, span: Span, key: PublicKey, *, content_type: str) -> None:
        """Raises KeyUnusable."""
        self._span = span
        self._key = key
        self._content_type = content_type
        first = self._encryptor()
        self._waiting: list[Encryptor] = [first]
        self._head_bytes = len(first.head())
        self.tag = ""
        self.sha512 = ""

    def upload(self) -> Upload:
        """Its length is known beforehand, so that no half of it can pass as whole."""
        body = -(-self._span.length * 4 // 3)
        return Upload(
            open=self._open, length=self._head_bytes + body + 1 + TAG_CHARACTERS
        )

    def _open(self) -> AsyncIterator[bytes]:
        # A key is used for one token only: the next opening makes another.
        return self._sealed(self._waiting.pop() if self._waiting else self._encryptor())

    async def _sealed(self, encryptor: Encryptor) -> AsyncGenerator[bytes, None]:
        digest = hashlib.sha512()

        def seal(chunk: bytes) -> bytes:
            digest.update(chunk)
            return encryptor.update(chunk)

        span = self._span
        held, size = [encryptor.head()], 0
        chunks = exactly(span.document, span.start, span.length)
        try:
            async for chunk in chunks:
                if len(chunk) <= AT_ONCE:
                    held.append(seal(chunk))
                else:
                    held.append(await asyncio.to_thread(seal, chunk))
                size += len(chunk)
                if size >= AT_ONCE:
                    yield b"".join(held)
                    held, size = [], 0
        finally:
            await chunks.aclose()
        # Only now is it sure that the document was as recorded.
        held.append(encryptor.finish())
        self.tag, self.sha512 = encryptor.tag, digest.hexdigest()
        yield b"".join(held)

    def _encryptor(self) -> Encryptor:
        return Encryptor(self._key, content_type=self._content_type)


async def digest_of(document: ParcelDocument) -> str:
    """SHA-512 of the whole document, for one that is uploaded in pieces."""
    digest = hashlib.sha512()
    async for chunk in exactly(document, 0, document.size):
        if len(chunk) <= AT_ONCE:
            digest.update(chunk)
        else:
            await asyncio.to_thread(digest.update, chunk)
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """A document that is encrypted and held in memory."""

    pieces: tuple[bytes, ...]
    tag: str
    sha512: str


async def sealed_whole(
    document: ParcelDocument, key: PublicKey, *, content_type: str
) -> Sealed:
    """For the main document, which is sent within JSON. Raises ObjectDamaged."""
    span = Span(document=document, start=0, length=document.size)
    sealed = SealedUpload(span, key, content_type=content_type)
    pieces = tuple([piece async for piece in sealed.upload().open()])
    return Sealed(pieces=pieces, tag=sealed.tag, sha512=sealed.sha512)
