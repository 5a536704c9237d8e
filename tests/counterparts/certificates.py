"""A certificate authority for one test: servers and clients, valid or expired."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

A_YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pem:
    """Where a certificate and its key lie."""

    certificate: Path
    key: Path


class Authority:
    """Signs what a test needs."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        builder = self._builder(self._name, self._key, A_YEAR).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def issue(self, name: str, *, valid: timedelta = A_YEAR) -> Pem:
        """A certificate for 127.0.0.1, as server or as client."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.IPAddress(ip_address("127.0.0.1"))
        builder = self._builder(_named(name), key, valid).add_extension(
            x509.SubjectAlternativeName([address]), critical=False
        )
        pem = Pem(
            certificate=self._folder / f"{name}.pem", key=self._folder / f"{name}.key"
        )
        pem.certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        pem.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pem

    def server_context(self, pem: Pem, *, asks_clients: bool = False) -> ssl.SSLContext:
        """What a server needs; if it asks, clients must be ours as well."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem.certificate, pem.key)
        if asks_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, valid: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - A_YEAR)
            .not_valid_after(now + valid)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
