"""What an operator can set for cases that go out over FIT-Connect."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from adapters.fitconnect.client.settings import Credentials, Environment
from adapters.fitconnect.keyring.revocation import Revocation
from adapters.fitconnect.routing.questions import Place
from schemas.limits import MIB
from schemas.secrets import FromFile, SecretReference

MEGABYTE: Final = 1_000_000
MAX_DATA: Final = 16 * MIB
"""No limit is known; a main document is held in memory, once."""
MOST_DATA: Final = 128 * MIB
MAX_ATTACHMENT: Final = 375 * MEGABYTE
"""Plain; 500 MB when it is encrypted and written in base64url."""
MAX_SUBMISSION: Final = 1_500 * MEGABYTE
"""Plain; 2 GB encrypted."""
MAX_ATTACHMENTS: Final = 100
FRAGMENT: Final = 50 * MEGABYTE


class Mime(Enum):
    """Of a submission's data."""

    JSON = "application/json"
    XML = "application/xml"
    OF_DOCUMENT = "document"


class ReplyChannel(Enum):
    """Where the recipient may answer; ``none`` means by letter."""

    NONE = "none"
    E_MAIL = "email"
    DE_MAIL = "demail"
    FIT_CONNECT = "fitconnect"
    """Unconfirmed, and only where ``replies`` is switched on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A destination by its id."""

    destination: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """Whichever destination is competent there for the case's service."""

    place: Place


Target: TypeAlias = Named | Routed


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """Where FIT-Connect tells of new events; the field's name is unconfirmed."""

    url: str
    secret: SecretReference


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConnectMapping:
    """Frozen with a case: what is sent, as what, and to whom."""

    target: Target
    service: str
    """Identifier of the public service; "" = the case's own, as LeiKa URN."""
    service_name: str
    schema: str
    mime: Mime
    metadata: str
    region: str
    """``DE`` and twelve digits; "" = none is named."""
    reply: ReplyChannel
    reply_address: str
    process_standards: tuple[str, ...]
    """What a reply over FIT-Connect may consist of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPolicy:
    """What a destination's key must prove before anything is encrypted for it."""

    roots: tuple[FromFile, ...]
    """PEM files; none: the chain is not followed, all else is looked at."""
    needs_certificate: bool
    revocation: Revocation
    allow_small: bool
    """Keys below 4096 bit; for trying out only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConnectConnection:
    """Never frozen: addresses, credentials, what is trusted, limits."""

    environment: Environment
    credentials: Credentials | None
    """None only where a problem was noted."""
    keys: KeyPolicy
    max_data: int
    fragment: int
    """Larger attachments go in pieces of so many bytes; 0 = never (unconfirmed)."""
    callback: tuple[Callback, ...]
    """One or none."""
    replies: bool
    reply_key: tuple[FromFile, ...]
    """Private JWKs or sets of them: the first is offered, all open. None where off."""
