"""OCSP (RFC 6960): a question about one certificate, and whom to believe."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from adapters.fitconnect.keyring.faults import UNREADABLE

_SKEW: Final = timedelta(minutes=5)
_FRESH: Final = timedelta(days=1)
"""An answer that does not say how long it holds."""


class OcspAnswer(Enum):
    """What is known of a certificate; everything doubtful is unknown."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


def ask(own: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The question, DER."""
    return _request(own, issuer).public_bytes(serialization.Encoding.DER)


def read_answer(
    raw: bytes, own: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> OcspAnswer:
    """What the answer proves at this time; never raises."""
    try:
        response = ocsp.load_der_ocsp_response(raw)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return OcspAnswer.UNKNOWN
        if not any(
            _has_signed(key, response) for key in _signers(response, issuer, at)
        ):
            return OcspAnswer.UNKNOWN
        return _said(response, _request(own, issuer), at)
    except UNREADABLE:
        return OcspAnswer.UNKNOWN


def _request(own: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPRequest:
    # Every responder knows SHA-1 here, and some know nothing else; nothing is proved
    # by it, the whole answer is signed.
    name = hashes.SHA1()  # noqa: S303 - as above
    return ocsp.OCSPRequestBuilder().add_certificate(own, issuer, name).build()


def _said(
    response: ocsp.OCSPResponse, asked: ocsp.OCSPRequest, at: datetime
) -> OcspAnswer:
    for one in response.responses:
        if (one.serial_number, one.issuer_key_hash, one.issuer_name_hash) != (
            asked.serial_number,
            asked.issuer_key_hash,
            asked.issuer_name_hash,
        ):
            continue
        until = one.next_update_utc or one.this_update_utc + _FRESH
        if not one.this_update_utc - _SKEW <= at <= until:
            continue
        match one.certificate_status:
            case ocsp.OCSPCertStatus.GOOD:
                return OcspAnswer.GOOD
            case ocsp.OCSPCertStatus.REVOKED:
                return OcspAnswer.REVOKED
            case _:
                return OcspAnswer.UNKNOWN
    return OcspAnswer.UNKNOWN


def _signers(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime
) -> Iterator[x509.Certificate]:
    """The issuer itself, and whom it has made a responder."""
    yield issuer
    for one in response.certificates:
        if not one.not_valid_before_utc <= at < one.not_valid_after_utc:
            continue
        try:
            one.verify_directly_issued_by(issuer)
            uses = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in uses:
            yield one


def _has_signed(signer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    hashing = response.signature_hash_algorithm
    key, signed = signer.public_key(), response.tbs_response_bytes
    if hashing is None:
        return False
    try:
        match key:
            case RSAPublicKey():
                padded: padding.AsymmetricPadding = padding.PKCS1v15()
                if response.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
                    padded = padding.PSS(padding.MGF1(hashing), padding.PSS.AUTO)
                key.verify(response.signature, signed, padded, hashing)
            case EllipticCurvePublicKey():
                key.verify(response.signature, signed, ECDSA(hashing))
            case _:
                return False
    except InvalidSignature:
        return False
    return True
