"""What an operator can set for a specialist system that takes HTTP."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final, TypeAlias

from adapters.http.templates import Template
from schemas.outcomes import Certainty
from schemas.secrets import FromFile, SecretReference

CONNECT_DEADLINE: Final = timedelta(seconds=10)
"""A connection that takes longer will not carry a delivery either."""
KEEP_ALIVE: Final = timedelta(seconds=2)
"""Shorter than any usual server's: a connection the server has just closed
would make an outcome unknown."""
RESERVED_HEADERS: Final = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)


class BodyForm(Enum):
    """How a case's documents are put into one request."""

    MAIN = "main"
    """The main document alone is the body; a case with attachments does not fit."""
    MULTIPART = "multipart"
    """multipart/form-data with parts ``main`` and ``attachment``."""
    JSON = "json"
    """One JSON object; the documents in base64."""


class Filenames(Enum):
    """Which file names the counterpart sees."""

    SENDER = "sender"
    """The sender's, made harmless."""
    OURS = "ours"
    """``0001.xml``."""


class Login(Enum):
    """How we show who we are."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 - the word, not a secret
    BASIC = "basic"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoLogin:
    """Nothing is sent; a client certificate may still speak for us."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenLogin:
    """A header with a token."""

    header: str
    scheme: str
    token: SecretReference


@dataclass(frozen=True, kw_only=True, slots=True)
class BasicLogin:
    """HTTP Basic."""

    user: str
    password: SecretReference


Credentials: TypeAlias = NoLogin | TokenLogin | BasicLogin


@dataclass(frozen=True, kw_only=True, slots=True)
class NoCertificate:
    """TLS shows nothing of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientCertificate:
    """PEM files of certificate and key."""

    certificate: FromFile
    key: FromFile
    password: tuple[SecretReference, ...]
    """Of the key: one or none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where requests go; ``path`` stands before every path of ours."""

    secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpConnection:
    """Never frozen: address, credentials, certificates, what can be asked."""

    address: Address
    credentials: Credentials
    certificate: ClientCertificate | NoCertificate
    ca: tuple[FromFile, ...]
    """Own certificate authority: one or none."""
    deadline: timedelta
    certainty: Certainty
    receipt_path: tuple[Template, ...]
    absent_text: Template
    """A 404 says "not arrived" only if its body holds this; "" = any."""
    receipt_types: tuple[str, ...]
    """Media types of an honest answer; none named: anything but HTML."""
    unsure_statuses: frozenset[int]
    """Statuses that prove nothing here, whatever they say by the book."""
    check_path: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpMapping:
    """Frozen with a case: what is sent, and in which form."""

    path: Template
    idempotency_header: str
    headers: tuple[tuple[str, Template], ...]
    body: BodyForm
    fields: tuple[tuple[str, Template], ...]
    filenames: Filenames
