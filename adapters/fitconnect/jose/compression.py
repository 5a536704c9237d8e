"""DEFLATE within a JWE (``zip``): limits that a compressed bomb meets early."""

import zlib
from collections.abc import Iterator
from typing import Final

from adapters.fitconnect.jose.errors import DecryptionFailed, PlainTooLarge
from schemas.limits import KIB, MIB

RAW_DEFLATE: Final = -15
MOST_RATIO: Final = 250
"""No form and no scan is compressed so well; DEFLATE itself ends at 1032."""
RATIO_COUNTS_FROM: Final = 16 * MIB
"""Blank pages are compressed well, but they are small."""
_PIECE: Final = 256 * KIB


class Inflation:
    """Unpacks chunk after chunk."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(RAW_DEFLATE)
        self._taken = self._given = 0

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """What is in it, in small pieces.

        Raises DecryptionFailed for what is not DEFLATE, PlainTooLarge for a bomb.
        """
        if not packed:
            return
        self._taken += len(packed)
        more = True
        while more:
            piece = self._inflate(packed)
            self._given += len(piece)
            if self._given > max(RATIO_COUNTS_FROM, MOST_RATIO * self._taken):
                raise PlainTooLarge(f"It unpacks to {MOST_RATIO} times its size.")
            yield piece
            packed = self._stream.unconsumed_tail
            # A full piece may have left something inside.
            more = bool(packed) or len(piece) == _PIECE
        if self._stream.unused_data:
            raise DecryptionFailed("Something follows the compressed data.")

    def finish(self) -> None:
        """Raises DecryptionFailed where the end is missing."""
        if not self._stream.eof:
            raise DecryptionFailed("The compressed data has no end.")

    def _inflate(self, packed: bytes) -> bytes:
        try:
            return self._stream.decompress(packed, _PIECE)
        except zlib.error as error:
            raise DecryptionFailed("It is not compressed as `zip` says.") from error
