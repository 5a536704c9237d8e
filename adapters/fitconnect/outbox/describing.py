"""The metadata of a submission of ours: what is in it, and where to answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.keys import public_jwk, read_private_set
from adapters.fitconnect.metadata.making import make_metadata
from adapters.fitconnect.metadata.values import (
    FIT_CONNECT,
    AttachmentPart,
    DataPart,
    Metadata,
    Reply,
)
from adapters.fitconnect.outbox.counterpart import Counterpart, metadata_version
from adapters.fitconnect.outbox.documents import (
    attachments,
    data_type,
    filename,
    main_document,
    media_type,
)
from adapters.fitconnect.outbox.settings import (
    FitConnectConnection,
    FitConnectMapping,
    ReplyChannel,
)
from adapters.fitconnect.routing.territory import LEIKA_URN
from schemas.deliveries import Parcel, ParcelDocument
from schemas.secrets import SecretReference

MAJORS: Final = frozenset({1, 2})
"""Versions of the metadata that we can write."""
PURPOSE: Final = "attachment"
_SERVICE_MAJOR: Final = "1."
"""Only these name the service; later it stands in the announcement alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploads:
    """What has been uploaded: ids and SHA-512 by the document's name."""

    parts: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, str]


def writable_version(counterpart: Counterpart, mapping: FitConnectMapping) -> str:
    """Of the metadata. Raises MetadataNotOffered."""
    return metadata_version(counterpart, mapping.metadata, majors=MAJORS)


def described(
    parcel: Parcel,
    mapping: FitConnectMapping,
    *,
    version: str,
    data_sha512: str,
    uploads: Uploads,
    reply: Reply | None,
    new_id: Callable[[], str],
) -> bytes:
    """The bytes to encrypt. Raises MetadataUnfit."""
    service = mapping.service or LEIKA_URN + parcel.service
    metadata = Metadata(
        version=version,
        data=DataPart(
            hash=data_sha512,
            schema_uri=mapping.schema,
            mime=data_type(main_document(parcel), mapping.mime),
        ),
        attachments=tuple(
            _attachment(one, uploads, new_id) for one in attachments(parcel)
        ),
        service=service if version.startswith(_SERVICE_MAJOR) else "",
        reply=reply,
        # Ours, and no secret: the Tracking-ID would be one.
        reference=parcel.case_number,
    )
    is_offered = mapping.reply is ReplyChannel.FIT_CONNECT and reply is not None
    return make_metadata(metadata, offers_reply=is_offered)


def reply_of(
    mapping: FitConnectMapping,
    connection: FitConnectConnection,
    read: Callable[[SecretReference], str],
) -> Reply | None:
    """Where the recipient may answer. Raises SecretMissing, KeyUnusable."""
    match mapping.reply:
        case ReplyChannel.NONE:
            return None
        case ReplyChannel.E_MAIL:
            return Reply(kind="eMail", content={"address": mapping.reply_address})
        case ReplyChannel.DE_MAIL:
            return Reply(kind="deMail", content={"address": mapping.reply_address})
        case ReplyChannel.FIT_CONNECT:
            return _own_channel(mapping, connection, read)
    assert_never(mapping.reply)


def _own_channel(
    mapping: FitConnectMapping,
    connection: FitConnectConnection,
    read: Callable[[SecretReference], str],
) -> Reply | None:
    if not connection.replies:
        # Switched off since the case came: it is answered by letter.
        return None
    text = read(connection.reply_key[0])
    algorithms = connection.environment.algorithms
    key = read_private_set(text, algorithms=algorithms)[0]
    if not key.is_for_encryption:
        raise KeyUnusable("A key for signatures cannot open replies.")
    return Reply(
        kind=FIT_CONNECT,
        content={
            "processStandards": list(mapping.process_standards),
            "encryptionPublicKey": public_jwk(key),
        },
    )


def _attachment(
    document: ParcelDocument, uploads: Uploads, new_id: Callable[[], str]
) -> AttachmentPart:
    parts = uploads.parts[document.name]
    is_whole = len(parts) == 1
    return AttachmentPart(
        id=parts[0] if is_whole else new_id(),
        hash=uploads.hashes[document.name],
        purpose=PURPOSE,
        mime=media_type(document),
        filename=filename(document),
        fragments=() if is_whole else parts,
    )
