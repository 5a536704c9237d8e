"""Vault format v1: a header, then frames of AES-256-GCM, each bound to its place.

    header   "AMTV", version (1 byte), frame size (4), nonce prefix (8)
    frame    ciphertext of one frame size, tag (16); only the last may be shorter

A frame's nonce is the prefix and its number. Its associated data are the header,
tenant, case, object, number and whether it is the last, so frames cannot be cut
off, added, swapped, or moved to another object. An empty object is one empty
last frame; no other frame is empty. The header names no key: the case does.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import ObjectDamaged
from schemas.ids import CaseId, DocumentId, TenantId
from schemas.limits import FRAME_BYTES, MIB
from storage.vault.sealing import TAG_BYTES, bind

Plain = bytes | bytearray | memoryview

_MAGIC: Final = b"AMTV"
_VERSION: Final = 1
_HEADER: Final = struct.Struct(">4sBI8s")
_NONCE: Final = struct.Struct(">8sI")
_MARK: Final = struct.Struct(">QB")
HEADER_BYTES: Final = _HEADER.size
_PREFIX_BYTES: Final = 8
_LARGEST_FRAME: Final = 16 * MIB
"""A damaged header must not make us read a huge frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """What an object belongs to; it opens nowhere else."""

    tenant: TenantId
    case: CaseId
    document: DocumentId


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The first bytes of an object."""

    prefix: bytes
    frame_bytes: int

    @classmethod
    def new(cls, frame_bytes: int = FRAME_BYTES) -> Self:
        """With a fresh prefix: no two objects of a key share a nonce."""
        return cls(prefix=os.urandom(_PREFIX_BYTES), frame_bytes=frame_bytes)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises ObjectDamaged."""
        if len(data) != HEADER_BYTES:
            raise ObjectDamaged
        magic, version, frame_bytes, prefix = _HEADER.unpack(data)
        if (magic, version) != (_MAGIC, _VERSION):
            raise ObjectDamaged
        if not 0 < frame_bytes <= _LARGEST_FRAME:
            raise ObjectDamaged
        return cls(prefix=prefix, frame_bytes=frame_bytes)

    def encode(self) -> bytes:
        """As it stands in the object."""
        return _HEADER.pack(_MAGIC, _VERSION, self.frame_bytes, self.prefix)


class FrameCipher:
    """Seals and opens the frames of one object."""

    def __init__(self, key: bytes, header: Header, binding: Binding) -> None:
        self._gcm = AESGCM(key)
        self._prefix = header.prefix
        self._bound = bind(
            header.encode(),
            binding.tenant.encode(),
            binding.case.encode(),
            binding.document.encode(),
        )

    def seal(self, number: int, plain: Plain, *, last: bool) -> bytes:
        """One frame, encrypted."""
        nonce = _NONCE.pack(self._prefix, number)
        return self._gcm.encrypt(nonce, plain, self._bound + _MARK.pack(number, last))

    def open(self, number: int, sealed: Plain, *, last: bool) -> bytes:
        """One frame, verified and decrypted. Raises ObjectDamaged."""
        nonce = _NONCE.pack(self._prefix, number)
        bound = self._bound + _MARK.pack(number, last)
        try:
            return self._gcm.decrypt(nonce, sealed, bound)
        except InvalidTag as error:
            raise ObjectDamaged from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where the frames of an object of a certain length stand."""

    frames: int
    sealed_frame: int
    sealed_rest: int

    @classmethod
    def of(cls, length: int, header: Header) -> Self:
        """Raises ObjectDamaged for a length that no object has."""
        sealed_frame = header.frame_bytes + TAG_BYTES
        body = length - HEADER_BYTES
        frames = max(1, -(-body // sealed_frame))
        rest = body - (frames - 1) * sealed_frame
        if rest < TAG_BYTES or (rest == TAG_BYTES and frames > 1):
            raise ObjectDamaged
        return cls(frames=frames, sealed_frame=sealed_frame, sealed_rest=rest)

    @property
    def plain_size(self) -> int:
        """Bytes of the document."""
        full = (self.frames - 1) * (self.sealed_frame - TAG_BYTES)
        return full + self.sealed_rest - TAG_BYTES

    def last(self, number: int) -> bool:
        """Whether this frame is the last."""
        return number == self.frames - 1

    def span(self, number: int) -> tuple[int, int]:
        """Offset and length of a sealed frame."""
        length = self.sealed_rest if self.last(number) else self.sealed_frame
        return HEADER_BYTES + number * self.sealed_frame, length


def seal_object(
    key: bytes, binding: Binding, plain: Plain, *, frame_bytes: int = FRAME_BYTES
) -> bytes:
    """A whole object at once, as it stands inline or in a file."""
    header = Header.new(frame_bytes)
    cipher = FrameCipher(key, header, binding)
    view = memoryview(plain)
    starts = range(0, max(1, len(view)), frame_bytes)
    frames = (
        cipher.seal(
            number,
            view[start : start + frame_bytes],
            last=start + frame_bytes >= len(view),
        )
        for number, start in enumerate(starts)
    )
    return b"".join((header.encode(), *frames))


def open_object(
    key: bytes, binding: Binding, sealed: bytes, *, size: int
) -> Iterator[bytes]:
    """The frames of a whole object of that plain size. Raises ObjectDamaged."""
    header = Header.parse(sealed[:HEADER_BYTES])
    layout = Layout.of(len(sealed), header)
    if layout.plain_size != size:
        raise ObjectDamaged
    cipher = FrameCipher(key, header, binding)
    view = memoryview(sealed)
    for number in range(layout.frames):
        offset, length = layout.span(number)
        frame = view[offset : offset + length]
        yield cipher.open(number, frame, last=layout.last(number))
