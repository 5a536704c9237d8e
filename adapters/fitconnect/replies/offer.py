"""The reply channel that a sender offered: read again from FIT-Connect.

Metadata are not kept with a case, but FIT-Connect keeps a submission for seven days
after it was accepted. Whoever could slip another key in would read the reply, so the
metadata must be those whose tag the event log proves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.fitconnect.client.failures import DestinationNotThere, NotThere
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.inbox import wire
from adapters.fitconnect.inbox.settings import FitConnectSource
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.jwe import Keyring, decrypt, tag_of
from adapters.fitconnect.jose.keys import PublicKey, read_public
from adapters.fitconnect.metadata.reading import Problems, Supported, read_metadata
from adapters.fitconnect.metadata.values import FIT_CONNECT, Metadata
from adapters.fitconnect.replies.errors import (
    NothingOffered,
    OfferGone,
    OfferUnproved,
    ReplyKeyUnusable,
)
from schemas.channels import Announced


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """Where and as what an answer may come."""

    standards: tuple[str, ...]
    key: PublicKey


async def fetched(
    client: FitConnectClient, announced: Announced, source: FitConnectSource
) -> wire.Fetched:
    """The submission, once more. Raises OfferGone and ApiFailure."""
    try:
        return await wire.fetch(client, announced, source.destination, source.limits)
    except DestinationNotThere:
        raise
    except NotThere as error:
        raise OfferGone from error


def offer_in(token: str, tags: Tags, keyring: Keyring, supported: Supported) -> Offer:
    """Heavy. Raises OfferUnproved, NothingOffered, ReplyKeyUnusable and KeyNotHeld."""
    if tag_of(token) != tags.metadata:
        raise OfferUnproved
    plain = decrypt(keyring, token, limit=supported.most_bytes)
    metadata = read_metadata(plain, supported=supported)
    if isinstance(metadata, Problems):
        raise NothingOffered("The metadata do not fulfil their schema.")
    return offer_of(metadata, keyring.algorithms)


def offer_of(metadata: Metadata, algorithms: Algorithms = PRESCRIBED) -> Offer:
    """Raises NothingOffered and ReplyKeyUnusable."""
    reply = metadata.reply
    if reply is None or reply.kind != FIT_CONNECT:
        raise NothingOffered(f"Offered: {reply.kind if reply else 'a letter'}.")
    standards = reply.content.get("processStandards")
    jwk = reply.content.get("encryptionPublicKey")
    try:
        key = read_public(
            jwk if isinstance(jwk, Mapping) else {}, algorithms=algorithms
        )
    except KeyUnusable as error:
        raise ReplyKeyUnusable(error.detail) from error
    if not key.is_for_encryption:
        raise ReplyKeyUnusable("It is one for signatures.")
    return Offer(
        standards=tuple(map(str, standards)) if isinstance(standards, list) else (),
        key=key,
    )
