"""What a public key must be before it is published."""

import base64
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.fitconnect.sandbox.calls import Refusal
from adapters.fitconnect.sandbox.keys import Jwk, public_key

SHORTEST_MODULUS: Final = 683
"""Characters of 4096 bits."""
_ALGORITHMS: Final = {"wrapKey": "RSA-OAEP-256", "verify": "PS512"}
_KID_LENGTHS: Final = range(8, 65)
_SECRET: Final = {"d", "p", "q", "dp", "dq", "qi"}


def check_published(value: object, *operations: str) -> Jwk:
    """A JWK for one of these operations. Raises Refusal."""
    if not isinstance(value, dict):
        raise _bad("A public key is missing.")
    if _SECRET & value.keys():
        raise _bad("This is a private key; keep it to yourself.")
    operation = value.get("key_ops")
    if operation not in [[one] for one in operations]:
        raise _bad(f"key_ops is {' or '.join(operations)}.")
    if value.get("kty") != "RSA" or value.get("alg") != _ALGORITHMS[operation[0]]:
        raise _bad("kty or alg are wrong.")
    kid, modulus = value.get("kid"), value.get("n")
    if not isinstance(kid, str) or len(kid) not in _KID_LENGTHS:
        raise _bad("kid has 8 to 64 characters.")
    if not isinstance(modulus, str) or len(modulus) < SHORTEST_MODULUS:
        raise _bad("The key has less than 4096 bits.")
    if value.get("e") != "AQAB":
        raise _bad("e is AQAB.")
    _check_certificate(value)
    return value


def _check_certificate(jwk: Jwk) -> None:
    chain = jwk.get("x5c")
    if not isinstance(chain, list) or not chain:
        raise _bad("x5c has at least one certificate.")
    try:
        first = x509.load_der_x509_certificate(
            base64.b64decode(str(chain[0]), validate=True)
        ).public_key()
        own = public_key(jwk)
    except (ValueError, KeyError, TypeError) as error:
        raise _bad("x5c, n or e cannot be read.") from error
    if (
        not isinstance(first, rsa.RSAPublicKey)
        or first.public_numbers() != own.public_numbers()
    ):
        raise _bad("The certificate is for another key.")


def _bad(detail: str) -> Refusal:
    return Refusal(422, "key-invalid", "Invalid key", detail)
