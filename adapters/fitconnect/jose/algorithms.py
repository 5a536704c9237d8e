"""Which algorithms there are for us, and which of them an operator takes.

Here stands only what BSI TR-02102-1 holds sound and JOSE has a name for; a setting
chooses among it. There is no RSA1_5 (it leaks what it wraps), no RSA-OAEP (SHA-1), no
RS* and HS*, no ``none`` and no ``dir``: what is not here cannot be switched on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

# Of each kind FIT-Connect's own comes first.
_OAEP: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "RSA-OAEP-256": hashes.SHA256(),
    "RSA-OAEP-384": hashes.SHA384(),
    "RSA-OAEP-512": hashes.SHA512(),
}
_PSS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "PS512": hashes.SHA512(),
    "PS384": hashes.SHA384(),
    "PS256": hashes.SHA256(),
}
CONTENT_KEY_BYTES: Final[Mapping[str, int]] = {
    "A256GCM": 32,
    "A192GCM": 24,
    "A128GCM": 16,
}
"""TR-02102-1 recommends AES with each of the three lengths, and GCM with any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Algorithms:
    """What is taken; the first of each kind is used for what we make.

    Without a word of the operator it is what FIT-Connect prescribes.
    """

    key_encryption: tuple[str, ...] = ("RSA-OAEP-256",)
    content_encryption: tuple[str, ...] = ("A256GCM",)
    signature: tuple[str, ...] = ("PS512",)


PRESCRIBED: Final = Algorithms()
KNOWN: Final = Algorithms(
    key_encryption=tuple(_OAEP),
    content_encryption=tuple(CONTENT_KEY_BYTES),
    signature=tuple(_PSS),
)


def encrypts(algorithm: str) -> bool:
    """Whether it is one for keys that open; all others of ours are for signatures."""
    return algorithm in _OAEP


def oaep(algorithm: str) -> padding.OAEP:
    """RFC 7518, section 4.3: one hash function for all of it."""
    hashing = _OAEP[algorithm]
    return padding.OAEP(padding.MGF1(hashing), hashing, None)


def pss(algorithm: str) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """RFC 7518, section 3.5: one hash function, and a salt as long as its value."""
    hashing = _PSS[algorithm]
    return padding.PSS(padding.MGF1(hashing), hashing.digest_size), hashing
