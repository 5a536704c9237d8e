"""New key pairs: made here, or taken over from PKCS#12 files."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import pkcs12

from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.keys import (
    EXPONENT,
    LEAST_BITS,
    MOST_BITS,
    PrivateKey,
    made_private,
)
from adapters.fitconnect.keyring.certificates import self_signed
from adapters.fitconnect.keyring.errors import Pkcs12Unusable
from adapters.fitconnect.keyring.faults import UNREADABLE
from adapters.fitconnect.keyring.folder import KeyPair


def made_pair(
    *, algorithms: Algorithms = PRESCRIBED, bits: int = LEAST_BITS
) -> KeyPair:
    """Two new keys without certificates; takes seconds."""
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(generate_private_key, EXPONENT, bits) for _ in range(2)]
        decryption, signing = (one.result() for one in made)
    return KeyPair(
        decryption=made_private(decryption, algorithm=algorithms.key_encryption[0]),
        signing=made_private(signing, algorithm=algorithms.signature[0]),
    )


def with_self_signed(pair: KeyPair, *, name: str, at: datetime) -> KeyPair:
    """With certificates as the test environment takes them."""
    return KeyPair(
        decryption=_signed(pair.decryption, name, at),
        signing=_signed(pair.signing, name, at),
    )


def pair_of(decryption: PrivateKey, signing: PrivateKey) -> KeyPair:
    """A pair of imported keys; one key for both uses gets a second id.

    Two published keys cannot have the same one.
    """
    if decryption.kid == signing.kid:
        signing = replace(signing, kid=f"{signing.kid}-verify")
    return KeyPair(decryption=decryption, signing=signing)


def read_pkcs12(raw: bytes, password: str, *, algorithm: str) -> PrivateKey:
    """The key with its chain, in order. Raises Pkcs12Unusable."""
    try:
        key, own, others = pkcs12.load_key_and_certificates(
            raw, password.encode() if password else None
        )
    except UNREADABLE as error:
        raise Pkcs12Unusable("It does not open with this password.") from error
    if not isinstance(key, RSAPrivateKey):
        raise Pkcs12Unusable("It holds no RSA key.")
    if not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise Pkcs12Unusable(f"Its key has {key.key_size} bits.")
    if key.public_key().public_numbers().e != EXPONENT:
        raise Pkcs12Unusable(f"The exponent of its key is not {EXPONENT}.")
    if own is None:
        raise Pkcs12Unusable("It holds no certificate of its key.")
    chain = [
        one.public_bytes(serialization.Encoding.DER) for one in _chain(own, others)
    ]
    return made_private(key, algorithm=algorithm, certificates=chain)


def _signed(key: PrivateKey, name: str, at: datetime) -> PrivateKey:
    return replace(key, certificates=(self_signed(key, name=name, at=at),))


def _chain(
    own: x509.Certificate, others: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """From the key's certificate upwards, as far as the file knows it."""
    chain, left = [own], list(others)
    while True:
        above = next((one for one in left if _has_issued(one, chain[-1])), None)
        if above is None:
            return chain
        left.remove(above)
        chain.append(above)


def _has_issued(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True
