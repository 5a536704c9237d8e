"""Keys that a sandbox makes for itself, and the JWKs it publishes.

Reading, signing and checking are written a second time in this folder, apart from
``adapters.fitconnect.jose``: a mistake shared by both sides would be seen by no test.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

BITS: Final = 4096
SEALING: Final = ("unwrapKey", "wrapKey", "RSA-OAEP-256")
SIGNING: Final = ("sign", "verify", "PS512")
_VALID: Final = timedelta(days=730)
_OWNER_ONLY: Final = 0o600

Jwk = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnKey:
    """A key pair of the sandbox; its ``kid`` is the thumbprint."""

    kid: str
    private: rsa.RSAPrivateKey
    purpose: tuple[str, str, str]

    def public(self) -> Jwk:
        """The public half."""
        _, operation, algorithm = self.purpose
        return {
            **_public_members(self.private.public_key()),
            "kid": self.kid,
            "alg": algorithm,
            "key_ops": [operation],
        }

    def certified(self, name: str) -> Jwk:
        """The public half with a self-signed certificate, as TEST accepts it."""
        return {**self.public(), "x5c": [_certificate(self.private, name)]}


def purpose_of(path: Path) -> tuple[str, str, str]:
    """What a key is for, by the name of its file."""
    return SEALING if path.name.endswith("decryption.jwk.json") else SIGNING


def make_missing(paths: Iterable[Path]) -> None:
    """Make those that are not there; all at once, since one takes a second."""
    missing = [path for path in paths if not path.exists()]
    with ThreadPoolExecutor(max_workers=4) as threads:
        list(threads.map(_make, missing))


def read_key(path: Path) -> OwnKey:
    """A private JWK of this folder."""
    jwk = json.loads(path.read_text(encoding="utf-8"))
    d, p, q = (number_of(jwk[name]) for name in ("d", "p", "q"))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=number_of(jwk["dp"]),
        dmq1=number_of(jwk["dq"]),
        iqmp=number_of(jwk["qi"]),
        public_numbers=_public_numbers(jwk),
    )
    # Checking primes takes longer than everything else at a start; we made them.
    private = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return OwnKey(kid=jwk["kid"], private=private, purpose=purpose_of(path))


def public_key(jwk: Jwk) -> rsa.RSAPublicKey:
    """The key in a published JWK. Raises ValueError, KeyError, TypeError."""
    return _public_numbers(jwk).public_key()


def private_jwk(private: rsa.RSAPrivateKey, purpose: tuple[str, str, str]) -> Jwk:
    """As the Self-Service-Portal hands it out."""
    operation, _, algorithm = purpose
    numbers = private.private_numbers()
    public = _public_members(private.public_key())
    secret = {
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    return {
        **public,
        **{name: _number(value) for name, value in secret.items()},
        "kid": thumbprint(public),
        "alg": algorithm,
        "key_ops": [operation],
    }


def thumbprint(jwk: Jwk) -> str:
    """RFC 7638, as the PyPI client names keys."""
    members = {name: jwk[name] for name in ("e", "kty", "n")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return encoded(hashlib.sha256(text.encode()).digest())


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises ValueError where it is not base64url without padding."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    if encoded(data) != text:
        raise ValueError("Not canonical.")
    return data


def number_of(text: object) -> int:
    """A number of a JWK. Raises ValueError, TypeError."""
    if not isinstance(text, str):
        raise TypeError("Not a string.")
    return int.from_bytes(decoded(text), "big")


def _make(path: Path) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.touch(mode=_OWNER_ONLY)
    part.write_text(json.dumps(private_jwk(private, purpose_of(path)), indent=1))
    part.replace(path)


def _public_numbers(jwk: Jwk) -> rsa.RSAPublicNumbers:
    return rsa.RSAPublicNumbers(e=number_of(jwk["e"]), n=number_of(jwk["n"]))


def _public_members(key: rsa.RSAPublicKey) -> Jwk:
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _certificate(private: rsa.RSAPrivateKey, name: str) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .sign(private, hashes.SHA512())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()
