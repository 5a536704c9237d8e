"""What an operator can set of a FIT-Connect mailbox, and how it is read."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Final

from adapters.fitconnect.client.settings import (
    Credentials,
    Environment,
    parse_credentials,
    parse_environment,
)
from adapters.fitconnect.events.patterns import is_uuid
from adapters.fitconnect.events.verifying import SKEW
from schemas.fields import Fields
from schemas.limits import MIB
from schemas.secrets import REMEDY, SecretReference, parse_reference

MB: Final = 1_000_000
"""FIT-Connect counts in these."""
_SET_SCHEMA: Final = re.compile(
    r"https://schema\.fitko\.de/fit-connect/set-payload/"
    r"1\.[0-9]{1,4}\.[0-9]{1,4}/set-payload\.schema\.json"
)
_MOST_SKEW: Final = timedelta(hours=1)


class ClaimPolicy(Enum):
    """What a schema must be that the metadata name for the data."""

    ANY = "any"
    """The check recognises the data, or not: that decides."""
    ANNOUNCED = "announced"
    """One that the destination announces there; any other is refused."""


class WithoutSchema(Enum):
    """What becomes of metadata that name no schema; 1.0.0 allowed it."""

    REFUSE = "refuse"
    TAKE = "take"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Of one submission, in bytes."""

    data: int = 32 * MIB
    """Decrypted. Data and metadata are held in memory."""
    metadata: int = 16 * MIB
    attachments: int = 100
    attachment: int = 500 * MB
    """As transmitted, so encrypted and in base64."""
    total: int = 2_000 * MB
    """All attachments as transmitted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConnectSource:
    """Never frozen: where a mailbox is and what opens it."""

    environment: Environment
    destination: str
    credentials: Credentials
    decryption_keys: tuple[SecretReference, ...]
    """Several: old ones stay until nothing is left that needs them."""
    signing_key: SecretReference
    callback_secret: SecretReference | None = None
    certificate_roots: SecretReference | None = None
    """PEM of the authorities that our keys' certificates come from."""
    majors: frozenset[int] = frozenset({1, 2})
    """Of the metadata."""
    metadata_schemas: str = ""
    """Folder with official schema files, below AMTSWEG_HOME; "" = our models."""
    without_schema: WithoutSchema = WithoutSchema.REFUSE
    set_schema: str = ""
    """``$schema`` of our answers; "" = what the service's own events name."""
    claim: ClaimPolicy = ClaimPolicy.ANY
    limits: Limits = field(default_factory=Limits)
    clock_skew: timedelta = SKEW
    replies: bool = False
    """Whether people may answer over the channel: unconfirmed."""


def parse_source(fields: Fields) -> FitConnectSource:
    """Read ``[connection]`` of a source; problems are noted in ``fields``."""
    environment = parse_environment(fields)
    nowhere = parse_reference("env:MISSING")
    assert nowhere is not None  # noqa: S101 - stands in where a problem is noted
    return FitConnectSource(
        environment=environment,
        destination=_destination(fields),
        credentials=parse_credentials(fields)
        or Credentials(client_id="", client_secret=nowhere),
        decryption_keys=_references(fields, "decryption_keys"),
        signing_key=fields.secret("signing_key") or nowhere,
        callback_secret=fields.optional_secret("callback_secret"),
        certificate_roots=fields.optional_secret("certificate_roots"),
        majors=_majors(fields),
        metadata_schemas=fields.text("metadata_schemas", ""),
        without_schema=fields.choice(
            "metadata_without_schema", WithoutSchema, default=WithoutSchema.REFUSE
        ),
        set_schema=_set_schema(fields),
        claim=fields.choice("schema_claim", ClaimPolicy, default=ClaimPolicy.ANY),
        limits=_limits(fields),
        clock_skew=timedelta(
            seconds=fields.number(
                "clock_skew",
                default=SKEW.total_seconds(),
                least=0,
                most=_MOST_SKEW.total_seconds(),
            )
        ),
        replies=fields.flag("replies"),
    )


def _destination(fields: Fields) -> str:
    text = fields.text("destination")
    if text and not is_uuid(text):
        fields.wrong(
            "destination",
            "It is no destination's id.",
            "Copy the UUID from the Self-Service-Portal.",
        )
    return text.lower()


def _references(fields: Fields, name: str) -> tuple[SecretReference, ...]:
    texts = fields.texts(name)
    if not texts:
        fields.wrong(name, f"`{name}` names no key.", 'Write ["file:keys/…"].')
    found = [parse_reference(text) for text in texts]
    if None in found:
        fields.wrong(name, f"`{name}` holds what is no reference.", REMEDY)
    return tuple(one for one in found if one is not None)


def _majors(fields: Fields) -> frozenset[int]:
    if "metadata_majors" not in fields:
        fields.numbers("metadata_majors")
        return frozenset({1, 2})
    majors = frozenset(fields.numbers("metadata_majors"))
    if not majors or not majors <= {1, 2}:
        fields.wrong("metadata_majors", "Only 1 and 2 are known.", "Write [1, 2].")
    return majors


def _set_schema(fields: Fields) -> str:
    text = fields.text("set_schema", "")
    if text and not _SET_SCHEMA.fullmatch(text):
        fields.wrong(
            "set_schema",
            "It is no schema of set-payload 1.",
            "Copy `$schema` of an event that the service signed.",
        )
    return text


def _limits(fields: Fields) -> Limits:
    usual = Limits()

    def megabytes(name: str, default: int, most: int) -> int:
        given = fields.number(name, default=default / MB, least=0.01, most=most)
        return round(given * MB)

    return Limits(
        data=megabytes("most_data_mb", usual.data, 256),
        metadata=megabytes("most_metadata_mb", usual.metadata, 64),
        attachments=round(
            fields.number(
                "most_attachments", default=usual.attachments, least=0, most=1000
            )
        ),
        attachment=megabytes("most_attachment_mb", usual.attachment, 5000),
        total=megabytes("most_total_mb", usual.total, 5000),
    )
