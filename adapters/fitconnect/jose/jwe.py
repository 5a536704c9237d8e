"""JWE in compact form, RSA-OAEP and AES-GCM: whole, or chunk by chunk.

Libraries hold a token several times in memory and cap compressed ones; attachments
of 500 MB need neither. The cryptography is that of ``cryptography``; only the
compact form around it is ours.
"""

import os
import zlib
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.algorithms import CONTENT_KEY_BYTES, oaep
from adapters.fitconnect.jose.compression import RAW_DEFLATE
from adapters.fitconnect.jose.decryption import TAG_CHARACTERS, Decryptor
from adapters.fitconnect.jose.errors import KeyUnusable, TokenMalformed
from adapters.fitconnect.jose.header import JweHeader, write_header
from adapters.fitconnect.jose.keyring import Keyring
from adapters.fitconnect.jose.keys import PublicKey

__all__ = ["Decryptor", "Encryptor", "Keyring", "decrypt", "encrypt", "tag_of"]

_IV_BYTES: Final = 12
_PARTS: Final = 5
_TRIPLE: Final = 3


class Encryptor:
    """Makes one token: ``head``, ``update`` as often as you like, ``finish``."""

    def __init__(
        self, key: PublicKey, *, content_type: str, compress: bool = False
    ) -> None:
        """Raises KeyUnusable for a key that nothing can be encrypted for."""
        if not key.is_for_encryption:
            raise KeyUnusable("A key for signatures cannot encrypt.")
        secret = os.urandom(CONTENT_KEY_BYTES[key.content_encryption])
        iv = os.urandom(_IV_BYTES)
        header = write_header(
            JweHeader(
                algorithm=key.algorithm,
                content_encryption=key.content_encryption,
                kid=key.kid,
                content_type=content_type,
                is_compressed=compress,
            )
        )
        try:
            wrapped = key.rsa.encrypt(secret, oaep(key.algorithm))
        except ValueError as error:
            raise KeyUnusable("`n` and `e` are no RSA key.") from error
        self._head = b"".join(
            (header, b".", base64url.encode(wrapped), b".", base64url.encode(iv), b".")
        )
        self._cipher = Cipher(algorithms.AES(secret), modes.GCM(iv)).encryptor()
        self._cipher.authenticate_additional_data(header)
        self._deflation = zlib.compressobj(wbits=RAW_DEFLATE) if compress else None
        self._rest = b""
        self.tag = ""
        """The authentication tag, once it is finished."""

    def head(self) -> bytes:
        """What stands before the first byte of content."""
        return self._head

    def update(self, chunk: bytes) -> bytes:
        """The next part of the token; some bytes may wait for the next chunk."""
        if self._deflation is not None:
            chunk = self._deflation.compress(chunk)
        return self._encoded(self._cipher.update(chunk))

    def finish(self) -> bytes:
        """The end of the token."""
        end = self._deflation.flush() if self._deflation is not None else b""
        body = self._encoded(self._cipher.update(end) + self._cipher.finalize())
        tag = base64url.encode(self._cipher.tag)
        self.tag = tag.decode()
        return body + base64url.encode(self._rest) + b"." + tag

    def _encoded(self, sealed: bytes) -> bytes:
        joined = self._rest + sealed if self._rest else sealed
        spare = len(joined) % _TRIPLE
        self._rest = joined[len(joined) - spare :]
        return base64url.encode_whole(
            joined[: len(joined) - spare] if spare else joined
        )


def encrypt(
    key: PublicKey, plain: bytes, *, content_type: str, compress: bool = False
) -> str:
    """A whole token; ``compress`` is for v1 only. Raises KeyUnusable."""
    encryptor = Encryptor(key, content_type=content_type, compress=compress)
    body = encryptor.update(plain)
    return b"".join((encryptor.head(), body, encryptor.finish())).decode("ascii")


def decrypt(keys: Keyring, token: str | bytes, *, limit: int) -> bytes:
    """What is inside, at most ``limit`` bytes of it; its tag is verified.

    Raises DecryptionFailed (TokenMalformed, HeaderRefused, PlainTooLarge) and
    KeyNotHeld.
    """
    decryptor = Decryptor(keys, limit=limit)
    parts = list(decryptor.pieces(_ascii(token)))
    parts.append(decryptor.finish())
    return b"".join(parts)


def tag_of(token: str | bytes) -> str:
    """The authentication tag of a token. Raises TokenMalformed."""
    raw = _ascii(token)
    head, _, tag = raw.rpartition(b".")
    if head.count(b".") != _PARTS - 2 or len(tag) != TAG_CHARACTERS:
        raise TokenMalformed
    try:
        base64url.decode(tag)
    except ValueError as error:
        raise TokenMalformed("The tag is not base64url.") from error
    return tag.decode()


def _ascii(token: str | bytes) -> bytes:
    if isinstance(token, bytes):
        return token
    try:
        return token.encode("ascii")
    except UnicodeEncodeError as error:
        raise TokenMalformed from error
