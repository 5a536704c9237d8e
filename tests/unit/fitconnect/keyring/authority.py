"""A certificate authority with everything that can be wrong about one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from adapters.fitconnect.jose.keys import PrivateKey

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
A_YEAR: Final = timedelta(days=365)
DER: Final = serialization.Encoding.DER
_SMALL: Final = 2048


class Authority:
    """Signs with RSA; an intermediate one is made by ``below``."""

    def __init__(self, name: str, above: "Authority | None" = None) -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = rsa.generate_private_key(65537, _SMALL)
        signer = above or self
        self.certificate = signer.issue(
            self.key.public_key(), self.name, is_authority=True
        )

    def below(self, name: str) -> "Authority":
        return Authority(name, self)

    def issue(
        self,
        key: rsa.RSAPublicKey,
        name: x509.Name,
        *,
        is_authority: bool = False,
        start: datetime = NOW - A_YEAR,
        end: datetime = NOW + A_YEAR,
        extensions: Sequence[x509.ExtensionType] = (),
        pss: bool = False,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=None), critical=True
            )
        )
        for one in extensions:
            builder = builder.add_extension(one, critical=True)
        padded = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else None
        return builder.sign(self.key, hashes.SHA256(), rsa_padding=padded)

    def certified(
        self,
        key: PrivateKey,
        *,
        via: Sequence["Authority"] = (),
        start: datetime = NOW - A_YEAR,
        end: datetime = NOW + A_YEAR,
        extensions: Sequence[x509.ExtensionType] | None = None,
        pss: bool = False,
    ) -> PrivateKey:
        """The key with a chain of this authority and those above it."""
        own = self.issue(
            key.rsa.public_key(),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kreis Prüfstein")]),
            start=start,
            end=end,
            extensions=[usage(key)] if extensions is None else extensions,
            pss=pss,
        )
        chain = (own, *(one.certificate for one in via))
        return replace(key, certificates=tuple(c.public_bytes(DER) for c in chain))

    def revocation_list(
        self,
        *revoked: x509.Certificate,
        start: datetime = NOW - timedelta(days=1),
        end: datetime = NOW + A_YEAR,
    ) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(start)
            .next_update(end)
        )
        for one in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(one.serial_number)
                .revocation_date(NOW - timedelta(days=1))
                .build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(DER)

    def responder(self, *, may_answer: bool = True) -> "Authority":
        """Somebody else who answers OCSP requests in its place."""
        made = Authority("Auskunft")
        uses = [
            ExtendedKeyUsageOID.OCSP_SIGNING
            if may_answer
            else ExtendedKeyUsageOID.CLIENT_AUTH
        ]
        made.certificate = self.issue(
            made.key.public_key(), made.name, extensions=[x509.ExtendedKeyUsage(uses)]
        )
        return made

    def answer(
        self,
        own: x509.Certificate,
        status: ocsp.OCSPCertStatus,
        *,
        issuer: x509.Certificate | None = None,
        end: datetime | None = NOW + timedelta(days=1),
        start: datetime = NOW - timedelta(hours=1),
    ) -> bytes:
        """What its responder says about a certificate."""
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=own,
                issuer=issuer or self.certificate,
                algorithm=hashes.SHA1(),  # noqa: S303 - what every responder knows
                cert_status=status,
                this_update=start,
                next_update=end,
                revocation_time=NOW - A_YEAR if revoked else None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
            .certificates([self.certificate])
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(DER)


def usage(key: PrivateKey, *, encrypts: bool | None = None) -> x509.KeyUsage:
    """What a certificate of this key allows."""
    for_keys = key.algorithm == "RSA-OAEP-256" if encrypts is None else encrypts
    return x509.KeyUsage(
        digital_signature=not for_keys,
        content_commitment=False,
        key_encipherment=for_keys,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
