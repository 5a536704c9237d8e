"""Opens a JWE chunk by chunk; nothing it gives counts before ``finish`` returns."""

from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import (
    AEADDecryptionContext,
    Cipher,
    algorithms,
    modes,
)

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.algorithms import CONTENT_KEY_BYTES, oaep
from adapters.fitconnect.jose.compression import Inflation
from adapters.fitconnect.jose.errors import (
    DecryptionFailed,
    HeaderRefused,
    PlainTooLarge,
    TokenMalformed,
)
from adapters.fitconnect.jose.header import JweHeader, read_header
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.jose.keys import PrivateKey
from schemas.limits import KIB

TAG_CHARACTERS: Final = 22
_TAG_BYTES: Final = 16
_IV_CHARACTERS: Final = 16
_HEAD_PARTS: Final = 3
_LONGEST_HEAD: Final = 16 * KIB
"""Header, wrapped key and iv: a kilobyte or two in an honest token."""
_PIECE: Final = 256 * KIB
"""What fits the processor's cache is decoded and decrypted fastest."""
_QUANTUM: Final = 4
_DEFLATE_OVERHEAD: Final = 1000
"""Incompressible bytes grow by less than one part in so many."""


class Decryptor:
    """Opens one token: ``feed`` or ``pieces`` as it arrives, then ``finish``.

    Everything raises DecryptionFailed (TokenMalformed, HeaderRefused,
    PlainTooLarge), and KeyNotHeld once the header is there.
    """

    def __init__(self, keys: Keyring, *, limit: int) -> None:
        """``limit`` is of plain bytes."""
        self._keys = keys
        self._limit = limit
        self._head = b""
        self._body: _Body | None = None
        self._tag = b""
        self._in_tag = False

    @property
    def header(self) -> JweHeader:
        """What the header says. Raises TokenMalformed while it is not there yet."""
        return self._opened().header

    @property
    def tag(self) -> str:
        """The authentication tag, once all was fed."""
        return self._tag.decode("ascii", "replace")

    def feed(self, chunk: bytes) -> bytes:
        """Plain bytes that are not verified yet; all that the chunk holds.

        A compressed chunk may hold much more than its size; see ``pieces``.
        """
        return b"".join(self.pieces(chunk))

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """The same in pieces of at most 256 KiB, each made when it is asked for."""
        for start in range(0, len(chunk), _PIECE):
            piece = chunk[start : start + _PIECE] if len(chunk) > _PIECE else chunk
            if self._body is None:
                piece = self._read_head(piece)
            if self._body is not None:
                yield from self._read_body(self._body, piece)

    def finish(self) -> bytes:
        """The last bytes. Only now all that was given is proved to be genuine."""
        body = self._opened()
        if not self._in_tag or len(self._tag) != TAG_CHARACTERS:
            raise TokenMalformed("Its end is missing.")
        try:
            tag = base64url.decode(self._tag)
        except ValueError as error:
            raise TokenMalformed("The tag is not base64url.") from error
        return b"".join(body.finish(tag))

    def _opened(self) -> "_Body":
        if self._body is None:
            raise TokenMalformed("Its header is missing.")
        return self._body

    def _read_head(self, piece: bytes) -> bytes:
        """What of the piece belongs to the content already."""
        self._head += piece
        parts = self._head[:_LONGEST_HEAD].split(b".", _HEAD_PARTS)
        if len(parts) > _HEAD_PARTS:
            rest = self._head[sum(map(len, parts[:-1])) + _HEAD_PARTS :]
            self._head = b""
            self._body = _open(self._keys, parts[:-1], self._limit)
            return rest
        if len(self._head) >= _LONGEST_HEAD:
            raise TokenMalformed("Its header is too long.")
        return b""

    def _read_body(self, body: "_Body", piece: bytes) -> Iterator[bytes]:
        if not self._in_tag:
            content, dot, piece = piece.partition(b".")
            self._in_tag = bool(dot)
            yield from body.pieces(content)
        self._tag += piece[: TAG_CHARACTERS + 1]
        if len(self._tag) > TAG_CHARACTERS:
            raise TokenMalformed("Something follows its end.")


class _Body:
    """The content: base64url, AES-GCM and perhaps DEFLATE, one after the other."""

    def __init__(
        self, header: JweHeader, cipher: AEADDecryptionContext, limit: int
    ) -> None:
        self.header = header
        self._cipher = cipher
        self._inflation = Inflation() if header.is_compressed else None
        self._limit = limit
        self._most_sealed = (
            limit + limit // _DEFLATE_OVERHEAD + KIB if header.is_compressed else limit
        )
        self._sealed = self._given = 0
        self._rest = b""

    def pieces(self, text: bytes) -> Iterator[bytes]:
        joined = self._rest + text if self._rest else text
        spare = len(joined) % _QUANTUM
        self._rest = joined[len(joined) - spare :] if spare else b""
        whole = joined[: len(joined) - spare] if spare else joined
        yield from self._plain(_decoded(whole, whole=True))

    def finish(self, tag: bytes) -> Iterator[bytes]:
        last = list(self._plain(_decoded(self._rest, whole=False)))
        try:
            self._cipher.finalize_with_tag(tag)
        except (InvalidTag, ValueError) as error:
            raise DecryptionFailed("Its authentication tag is wrong.") from error
        if self._inflation is not None:
            self._inflation.finish()
        yield from last

    def _plain(self, sealed: bytes) -> Iterator[bytes]:
        if not sealed:
            return
        self._sealed += len(sealed)
        if self._sealed > self._most_sealed:
            raise PlainTooLarge(f"At most {self._limit} bytes are allowed.")
        opened = self._cipher.update(sealed)
        inflation = self._inflation
        for piece in (opened,) if inflation is None else inflation.pieces(opened):
            self._given += len(piece)
            if self._given > self._limit:
                raise PlainTooLarge(f"At most {self._limit} bytes are allowed.")
            yield piece


def _open(keys: Keyring, parts: list[bytes], limit: int) -> _Body:
    header_part, wrapped, iv = parts
    header = read_header(header_part, keys.algorithms)
    key = keys.find(header.kid)
    if header.algorithm != key.algorithm:
        # A key is used by its one algorithm, whatever a token would like.
        raise HeaderRefused(f"`alg` is not {key.algorithm}, as its key is for.")
    if len(iv) != _IV_CHARACTERS:
        raise TokenMalformed("The initialisation vector has not 96 bits.")
    size = CONTENT_KEY_BYTES[header.content_encryption]
    secret = _unwrapped(key, _decoded(wrapped, whole=False), size)
    mode = modes.GCM(_decoded(iv, whole=False), min_tag_length=_TAG_BYTES)
    cipher = Cipher(algorithms.AES(secret), mode).decryptor()
    cipher.authenticate_additional_data(header_part)
    return _Body(header, cipher, limit)


def _unwrapped(key: PrivateKey, wrapped: bytes, size: int) -> bytes:
    try:
        secret = key.rsa.decrypt(wrapped, oaep(key.algorithm))
    except ValueError as error:
        raise DecryptionFailed("Its content key does not open.") from error
    if len(secret) != size:
        raise DecryptionFailed("Its content key does not open.")
    return secret


def _decoded(text: bytes, *, whole: bool) -> bytes:
    try:
        return base64url.decode_whole(text) if whole else base64url.decode(text)
    except ValueError as error:
        raise TokenMalformed("A part is not base64url.") from error
