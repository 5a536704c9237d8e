"""What can be wrong with the certificate of a key, and what to do about it."""

from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What a stranger's bytes can make the reading of certificates and lists fail with."""


class CertificateFault(Enum):
    """Each says it in one sentence; ``remedy`` says what helps."""

    ABSENT = "The key is published without a certificate."
    UNREADABLE = "The certificate cannot be read."
    OTHER_KEY = "The certificate belongs to another key."
    NOT_YET_VALID = "The certificate is not valid yet."
    EXPIRED = "The certificate has expired."
    WRONG_USE = "The certificate does not allow this use of its key."
    UNTRUSTED = "The chain of certificates does not lead to a root that we trust."
    REVOKED = "The certificate was revoked."
    NOT_CHECKED = "Whether the certificate was revoked could not be checked."

    @property
    def remedy(self) -> str:
        """For whoever owns the key."""
        return _REMEDIES[self]


_REMEDIES = {
    CertificateFault.ABSENT: "Import one with `amtsweg fitconnect import-p12`.",
    CertificateFault.UNREADABLE: "Publish the key again, with its chain in `x5c`.",
    CertificateFault.OTHER_KEY: "Publish the key with its own certificate first.",
    CertificateFault.NOT_YET_VALID: "Look at the clock, or wait.",
    CertificateFault.EXPIRED: "Order a new one, then `amtsweg fitconnect import-p12`.",
    CertificateFault.WRONG_USE: "Order one for encryption and one for signatures.",
    CertificateFault.UNTRUSTED: "Publish the whole chain; compare `certificate_roots`.",
    CertificateFault.REVOKED: "Make new keys at once: `amtsweg fitconnect rotate`.",
    CertificateFault.NOT_CHECKED: "Look at `ocsp`, `crl` and the way there.",
}
