"""What metadata say: values without the wire's nesting.

Names and addresses of people are among it, so none of it appears in a ``repr``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

Version: TypeAlias = tuple[int, int, int]

LETTER: Final = ""
"""No reply channel: the answer goes by post."""
FIT_CONNECT: Final = "fitConnect"
REPLY_CHANNELS: Final = frozenset(
    {"eMail", "deMail", "fink", "elster", FIT_CONNECT, "idBundDeMailbox"}
)
UNKNOWN_CHANNEL: Final = "unknown"

_URI: Final = re.compile(
    r"https://schema\.fitko\.de/fit-connect/metadata/"
    r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})/metadata\.schema\.json"
)


def metadata_uri(version: str) -> str:
    """What ``$schema`` says for ``2.1.0``."""
    return (
        f"https://schema.fitko.de/fit-connect/metadata/{version}/metadata.schema.json"
    )


def version_of(uri: object) -> Version | None:
    """The version that ``$schema`` names; None where it names none of metadata."""
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if found is None:
        return None
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


@dataclass(frozen=True, kw_only=True, slots=True)
class DataPart:
    """The data: SHA-512 in hex over the bytes, and what they are said to be."""

    hash: str
    schema_uri: str
    mime: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachmentPart:
    """One attachment; ``hash`` is over the whole of it, however it was cut."""

    id: str
    hash: str
    purpose: str
    mime: str
    filename: str = field(default="", repr=False)
    fragments: tuple[str, ...] = ()

    @property
    def uploads(self) -> tuple[str, ...]:
        """The ids under which its bytes lie, in order.

        That fragments take the place of the attachment's own id is unconfirmed.
        """
        return self.fragments or (self.id,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """What the payment service said."""

    reference: str = field(repr=False)
    transaction: str = field(repr=False)
    method: str
    status: str
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The one way in which an answer is wanted."""

    kind: str
    """One of REPLY_CHANNELS, or UNKNOWN_CHANNEL."""
    content: Mapping[str, object] = field(repr=False)
    """As it stands there; hostile text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """Metadata that fulfil their schema."""

    version: str
    """``2.1.0``"""
    data: DataPart | None
    """Metadata 1.x need not have one."""
    attachments: tuple[AttachmentPart, ...] = ()
    service: str = ""
    """The identifier; in 1.x only, and there it may lack."""
    payment: Payment | None = None
    reply: Reply | None = None
    reference: str = field(default="", repr=False)
    """The sender's own."""
    application_date: str = field(default="", repr=False)
    """As written, ``2026-11-21`` if the sender is careful."""

    @property
    def reply_channel(self) -> str:
        """The kind; LETTER where there is none."""
        return self.reply.kind if self.reply else LETTER

    @property
    def uploads(self) -> frozenset[str]:
        """Every id that must have been uploaded."""
        return frozenset(id_ for one in self.attachments for id_ in one.uploads)
