"""The certificate of a published key: same key, valid, for this use, trusted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from adapters.fitconnect.jose.keys import PrivateKey, PublicKey
from adapters.fitconnect.keyring.faults import UNREADABLE, CertificateFault

MOST_IN_A_CHAIN: Final = 6
SELF_SIGNED_DAYS: Final = 730
_LONGEST_NAME: Final = 64

_Basic: Final = x509.BasicConstraints


def read_chain(key: PublicKey | PrivateKey) -> tuple[x509.Certificate, ...]:
    """The certificates published with a key. Raises ValueError."""
    try:
        return tuple(map(x509.load_der_x509_certificate, key.certificates))
    except UNREADABLE as error:
        raise ValueError("no certificate") from error


def read_roots(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The roots that an operator trusts. Raises ValueError."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except UNREADABLE as error:
        raise ValueError("no PEM certificates") from error


def fault_of(
    key: PublicKey | PrivateKey,
    *,
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> CertificateFault | None:
    """The first thing that is wrong; None where nothing is.

    Without roots the chain is not followed: the test environment takes certificates
    that sign themselves. Revocation is another question (``revocation``).
    """
    if not key.certificates:
        return CertificateFault.ABSENT
    try:
        chain = read_chain(key)
        return _fault(key, chain, at) or _chain_fault(chain, roots, at)
    except UNREADABLE:
        # Extensions are parsed when they are asked for.
        return CertificateFault.UNREADABLE


def valid_until(key: PublicKey | PrivateKey) -> datetime | None:
    """When the first certificate of the chain to expire does; None without one."""
    try:
        return min((one.not_valid_after_utc for one in read_chain(key)), default=None)
    except UNREADABLE:
        return None


def is_self_signed(key: PublicKey | PrivateKey) -> bool:
    """Whether no authority stands behind it; so is a key without a certificate."""
    try:
        return all(one.issuer == one.subject for one in read_chain(key)[:1])
    except UNREADABLE:
        return False


def common_name(key: PublicKey | PrivateKey) -> str:
    """Whom its certificate names; "" for nobody."""
    try:
        subjects = [one.subject for one in read_chain(key)[:1]]
    except UNREADABLE:
        return ""
    names = [
        str(name.value)
        for subject in subjects
        for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    ]
    return names[0] if names else ""


def self_signed(key: PrivateKey, *, name: str, at: datetime) -> bytes:
    """A certificate that proves nothing, as the test environment takes them; DER."""
    short = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.rsa.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(_Basic(ca=False, path_length=None), critical=True)
        .add_extension(_usage(key), critical=True)
        .sign(key.rsa, hashes.SHA512())
    )
    return made.public_bytes(serialization.Encoding.DER)


def _fault(
    key: PublicKey | PrivateKey, chain: Sequence[x509.Certificate], at: datetime
) -> CertificateFault | None:
    own = chain[0]
    public = key.rsa if isinstance(key, PublicKey) else key.rsa.public_key()
    certified = own.public_key()
    if not isinstance(certified, RSAPublicKey) or (
        certified.public_numbers() != public.public_numbers()
    ):
        return CertificateFault.OTHER_KEY
    if any(at < one.not_valid_before_utc for one in chain):
        return CertificateFault.NOT_YET_VALID
    if any(at >= one.not_valid_after_utc for one in chain):
        return CertificateFault.EXPIRED
    return None if _allows(own, key) else CertificateFault.WRONG_USE


def _chain_fault(
    chain: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> CertificateFault | None:
    if not roots:
        return None
    try:
        verifier = (
            PolicyBuilder()
            .store(Store(list(roots)))
            .time(at)
            .max_chain_depth(MOST_IN_A_CHAIN)
            .extension_policies(
                ca_policy=ExtensionPolicy.permit_all().require_present(
                    _Basic, Criticality.AGNOSTIC, _is_authority
                ),
                ee_policy=ExtensionPolicy.permit_all(),
            )
            .build_client_verifier()
        )
        verifier.verify(chain[0], list(chain[1:]))
    except VerificationError:
        return CertificateFault.UNTRUSTED
    return None


def _is_authority(
    _: Policy, __: x509.Certificate, basic: x509.BasicConstraints
) -> None:
    if not basic.ca:
        raise ValueError("not an authority")


def _allows(certificate: x509.Certificate, key: PublicKey | PrivateKey) -> bool:
    """A certificate without ``keyUsage`` allows everything (RFC 5280, 4.2.1.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    if key.is_for_encryption:
        return usage.key_encipherment or usage.data_encipherment
    return usage.digital_signature or usage.content_commitment


def _usage(key: PrivateKey) -> x509.KeyUsage:
    encrypts = key.is_for_encryption
    return x509.KeyUsage(
        digital_signature=not encrypts,
        content_commitment=False,
        key_encipherment=encrypts,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
