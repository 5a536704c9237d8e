"""RSA keys as JWK: read, normalised, written; thumbprints (RFC 7638)."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicKey,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
    rsa_recover_prime_factors,
)

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms, encrypts
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.json_object import read_object, write_object
from adapters.fitconnect.jose.purpose import (
    PRIVATE,
    PUBLIC,
    algorithm_of,
    operation_of,
)

LEAST_BITS: Final = 4096
"""BSI TR-02102-1, as FIT-Connect demands it."""
MOST_BITS: Final = 8192
"""Above it a stranger's key would only cost time."""
EXPONENT: Final = 65537

_MOST_CHARACTERS: Final = 64 * 1024
_LONGEST_KID: Final = 255
_MOST_CERTIFICATES: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKey:
    """A key to encrypt with (``wrapKey``) or to verify with (``verify``)."""

    kid: str
    operations: frozenset[str]
    algorithm: str
    rsa: RSAPublicKey = field(repr=False, compare=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """Its chain as DER, as published (``x5c``); nothing of it is checked here."""
    content_encryption: str = PRESCRIBED.content_encryption[0]
    """``enc`` of what is encrypted for it; of a key that verifies it says nothing."""

    @property
    def is_for_encryption(self) -> bool:
        """Otherwise it verifies; no key does both."""
        return encrypts(self.algorithm)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateKey:
    """A key to decrypt with (``unwrapKey``) or to sign with (``sign``)."""

    kid: str
    operations: frozenset[str]
    algorithm: str
    rsa: RSAPrivateKey = field(repr=False, compare=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def is_for_encryption(self) -> bool:
        """Otherwise it signs; no key does both."""
        return encrypts(self.algorithm)

    def public(self) -> PublicKey:
        """The half that is published."""
        return PublicKey(
            kid=self.kid,
            operations=frozenset({operation_of(self.algorithm, PUBLIC)}),
            algorithm=self.algorithm,
            rsa=self.rsa.public_key(),
            certificates=self.certificates,
        )


def read_private(
    text: str,
    *,
    algorithms: Algorithms = PRESCRIBED,
    least_bits: int = LEAST_BITS,
) -> PrivateKey:
    """A private JWK, or a set of exactly one. Raises KeyUnusable."""
    keys = read_private_set(text, algorithms=algorithms, least_bits=least_bits)
    if len(keys) != 1:
        raise KeyUnusable("One key is expected where the set holds several.")
    return keys[0]


def read_private_set(
    text: str,
    *,
    algorithms: Algorithms = PRESCRIBED,
    least_bits: int = LEAST_BITS,
) -> tuple[PrivateKey, ...]:
    """Every key of a set; a single JWK is a set of one. Raises KeyUnusable."""
    if len(text) > _MOST_CHARACTERS:
        raise KeyUnusable("The file is too large for keys.")
    try:
        value = read_object(text)
    except ValueError as error:
        raise KeyUnusable("This is not a JSON object.") from error
    listed = value.get("keys", [value])
    if not isinstance(listed, list) or not listed:
        raise KeyUnusable("The set holds no key.")
    return tuple(_private(jwk, algorithms, least_bits) for jwk in listed)


def read_public(
    jwk: Mapping[str, object],
    *,
    algorithms: Algorithms = PRESCRIBED,
    least_bits: int = LEAST_BITS,
) -> PublicKey:
    """A published JWK, normalised. Raises KeyUnusable.

    Which operations are named how differs between libraries; the algorithm decides
    what a key is for, and ``key_ops`` and ``use`` must not deny it. Here it is also
    decided what may be done with it: a key has one algorithm, which is allowed.
    """
    algorithm = algorithm_of(jwk, algorithms, PUBLIC)
    key = RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n"))
    _strong(key, least_bits)
    try:
        opened = key.public_key()
    except ValueError as error:
        raise KeyUnusable("`n` and `e` are no RSA key.") from error
    return PublicKey(
        kid=_kid(jwk, key),
        operations=frozenset({operation_of(algorithm, PUBLIC)}),
        algorithm=algorithm,
        rsa=opened,
        certificates=_chain(jwk),
        content_encryption=algorithms.content_encryption[0],
    )


def thumbprint(jwk: Mapping[str, object]) -> str:
    """The id that a key has by itself (RFC 7638). Raises KeyUnusable."""
    return _thumbprint(RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")))


def thumbprint_of(key: PublicKey | PrivateKey) -> str:
    """The same of a key that is open."""
    return _thumbprint(_numbers(key))


def public_jwk(
    key: PublicKey | PrivateKey, *, certificates: Sequence[bytes] = ()
) -> dict[str, object]:
    """What is published of it; the chain as DER, the key's own certificate first."""
    numbers = _numbers(key)
    chain = {"x5c": [base64.b64encode(der).decode() for der in certificates]}
    return {
        "kty": "RSA",
        "key_ops": [operation_of(key.algorithm, PUBLIC)],
        "alg": key.algorithm,
        **(chain if certificates else {}),
        "kid": key.kid,
        "n": _text(numbers.n),
        "e": _text(numbers.e),
    }


def private_jwk(key: PrivateKey) -> dict[str, object]:
    """What is kept of it, in a file closed to others."""
    numbers = key.rsa.private_numbers()
    return {
        **public_jwk(key, certificates=key.certificates),
        "key_ops": [operation_of(key.algorithm, PRIVATE)],
        "d": _text(numbers.d),
        "p": _text(numbers.p),
        "q": _text(numbers.q),
        "dp": _text(numbers.dmp1),
        "dq": _text(numbers.dmq1),
        "qi": _text(numbers.iqmp),
    }


def write_set(jwks: Iterable[Mapping[str, object]]) -> str:
    """A JWK set as text."""
    return write_object({"keys": [dict(jwk) for jwk in jwks]}).decode() + "\n"


def made_private(
    key: RSAPrivateKey, *, algorithm: str, certificates: Sequence[bytes] = ()
) -> PrivateKey:
    """A key of ours: its id is its thumbprint, which every client agrees on."""
    return PrivateKey(
        kid=_thumbprint(key.public_key().public_numbers()),
        operations=frozenset({operation_of(algorithm, PRIVATE)}),
        algorithm=algorithm,
        rsa=key,
        certificates=tuple(certificates),
    )


def proved(key: PrivateKey) -> PrivateKey:
    """The key, if OpenSSL finds it sound in every respect. Raises KeyUnusable."""
    try:
        key.rsa.private_numbers().private_key()
    except ValueError as error:
        raise KeyUnusable("Its numbers are no sound RSA key.") from error
    return key


def _private(jwk: object, algorithms: Algorithms, least_bits: int) -> PrivateKey:
    if not isinstance(jwk, Mapping) or "d" not in jwk:
        raise KeyUnusable("This is not a private JWK.")
    algorithm = algorithm_of(jwk, algorithms, PRIVATE)
    public = RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n"))
    _strong(public, least_bits)
    return PrivateKey(
        kid=_kid(jwk, public),
        operations=frozenset({operation_of(algorithm, PRIVATE)}),
        algorithm=algorithm,
        rsa=_opened(jwk, public),
        certificates=_chain(jwk),
    )


def _opened(jwk: Mapping[str, object], public: RSAPublicNumbers) -> RSAPrivateKey:
    """Its numbers belong together; that ``p`` and ``q`` are prime is not proved.

    Proving it takes a quarter of a second, and keys are read anew for every pickup.
    ``proved`` does it where a key is taken in.
    """
    d = _number(jwk, "d")
    try:
        if "p" in jwk or "q" in jwk:
            p, q = _number(jwk, "p"), _number(jwk, "q")
        else:
            p, q = rsa_recover_prime_factors(public.n, public.e, d)
        if p * q != public.n or any((d * public.e - 1) % (x - 1) for x in (p, q)):
            raise KeyUnusable("Its numbers do not belong together.")
        return _numbers_of(p, q, d, public).private_key(
            unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, ZeroDivisionError) as error:
        raise KeyUnusable("Its numbers do not belong together.") from error


def _numbers_of(p: int, q: int, d: int, public: RSAPublicNumbers) -> RSAPrivateNumbers:
    return RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa_crt_dmp1(d, p),
        dmq1=rsa_crt_dmq1(d, q),
        iqmp=rsa_crt_iqmp(p, q),
        public_numbers=public,
    )


def _strong(key: RSAPublicNumbers, least_bits: int) -> None:
    bits = key.n.bit_length()
    if not least_bits <= bits <= MOST_BITS:
        raise KeyUnusable(f"It has {bits} bits; {least_bits} are the least.")
    if not key.n % 2:
        raise KeyUnusable("`n` is even.")
    if key.e != EXPONENT:
        raise KeyUnusable(f"`e` is not {EXPONENT}.")


def _kid(jwk: Mapping[str, object], key: RSAPublicNumbers) -> str:
    kid = jwk.get("kid")
    if kid is None:
        return _thumbprint(key)
    if not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_KID:
        raise KeyUnusable("`kid` is not a short text.")
    return kid


def _chain(jwk: Mapping[str, object]) -> tuple[bytes, ...]:
    listed = jwk.get("x5c", [])
    if not isinstance(listed, list) or len(listed) > _MOST_CERTIFICATES:
        raise KeyUnusable("`x5c` is not a short list.")
    try:
        return tuple(
            binascii.a2b_base64(str(one).encode(), strict_mode=True) for one in listed
        )
    except ValueError as error:
        raise KeyUnusable("`x5c` is not base64.") from error


def _number(jwk: Mapping[str, object], name: str) -> int:
    value = jwk.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MOST_BITS:
        raise KeyUnusable(f"`{name}` is missing.")
    try:
        return int.from_bytes(base64url.decode(value.encode()), "big")
    except ValueError as error:
        raise KeyUnusable(f"`{name}` is not base64url.") from error


def _numbers(key: PublicKey | PrivateKey) -> RSAPublicNumbers:
    opened = key.rsa if isinstance(key, PublicKey) else key.rsa.public_key()
    return opened.public_numbers()


def _thumbprint(key: RSAPublicNumbers) -> str:
    members = {"e": _text(key.e), "kty": "RSA", "n": _text(key.n)}
    return base64url.encode(hashlib.sha256(write_object(members)).digest()).decode()


def _text(number: int) -> str:
    return base64url.encode(
        number.to_bytes((number.bit_length() + 7) // 8, "big")
    ).decode()
