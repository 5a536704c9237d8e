"""base64url without padding, strictly: one text for the same bytes, no other."""

import binascii
from typing import Final

# Our alphabet becomes that of binascii; what only binascii knows becomes wrong.
_DECODE: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_ENCODE: Final = bytes.maketrans(b"+/", b"-_")
_QUANTUM: Final = 4
_PADDING: Final = (b"", b"", b"==", b"=")


def encode(raw: bytes | bytearray | memoryview) -> bytes:
    """The text of these bytes."""
    text = binascii.b2a_base64(raw, newline=False)
    return text.rstrip(b"=").translate(_ENCODE)


def decode(text: bytes) -> bytes:
    """The bytes. Raises ValueError for padding, other letters and spare bits."""
    rest = len(text) % _QUANTUM
    if rest == 1:
        raise ValueError("no base64url has this length")
    raw = binascii.a2b_base64(
        text.translate(_DECODE) + _PADDING[rest], strict_mode=True
    )
    if rest and not text.endswith(encode(raw[-(len(raw) % 3) :])):
        raise ValueError("spare bits are set")
    return raw


def decode_whole(text: bytes) -> bytes:
    """The same for a length that is a multiple of four; the quick half of it."""
    return binascii.a2b_base64(text.translate(_DECODE), strict_mode=True)


def encode_whole(raw: bytes) -> bytes:
    """The text of a length that is a multiple of three; the quick half of it."""
    return binascii.b2a_base64(raw, newline=False).translate(_ENCODE)
