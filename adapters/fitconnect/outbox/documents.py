"""A case's documents as a submission has them: one as data, the others attached."""

import re
from collections.abc import AsyncGenerator
from typing import Final

from adapters.fitconnect.outbox.errors import (
    AttachmentsTooLarge,
    DataTooLarge,
    DataUnfit,
    TooManyAttachments,
)
from adapters.fitconnect.outbox.settings import (
    MAX_ATTACHMENT,
    MAX_ATTACHMENTS,
    MAX_SUBMISSION,
    FitConnectConnection,
    Mime,
)
from schemas.deliveries import Parcel, ParcelDocument
from schemas.documents import Role
from schemas.errors import ObjectDamaged
from schemas.limits import MAX_FILENAME_CHARACTERS

OCTETS: Final = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]*")
_MOST_MEDIA_TYPE: Final = 127
_DATA_TYPES: Final = {
    "application/json": Mime.JSON.value,
    "application/xml": Mime.XML.value,
    "text/xml": Mime.XML.value,
}


def main_document(parcel: Parcel) -> ParcelDocument:
    """The one that is sent as data. Raises DataUnfit."""
    mains = [one for one in parcel.documents if one.role is Role.MAIN]
    if len(mains) != 1:
        raise DataUnfit
    return mains[0]


def attachments(parcel: Parcel) -> tuple[ParcelDocument, ...]:
    """All others, in order."""
    return tuple(one for one in parcel.documents if one.role is not Role.MAIN)


def must_fit(parcel: Parcel, connection: FitConnectConnection) -> None:
    """Raise CaseUnfit for what FIT-Connect or its recipient would refuse."""
    if main_document(parcel).size > connection.max_data:
        raise DataTooLarge
    attached = attachments(parcel)
    if sum(pieces(one, connection.fragment) for one in attached) > MAX_ATTACHMENTS:
        raise TooManyAttachments
    largest = max((one.size for one in attached), default=0)
    if largest > MAX_ATTACHMENT and not connection.fragment:
        raise AttachmentsTooLarge
    if sum(one.size for one in attached) > MAX_SUBMISSION:
        raise AttachmentsTooLarge


def pieces(document: ParcelDocument, fragment: int) -> int:
    """How many uploads it takes; 0 as ``fragment`` means that it stays whole."""
    return max(1, -(-document.size // fragment)) if fragment else 1


def data_type(document: ParcelDocument, wanted: Mime) -> str:
    """The media type of the data, which is JSON or XML. Raises DataUnfit."""
    if wanted is not Mime.OF_DOCUMENT:
        return str(wanted.value)
    found = _DATA_TYPES.get(media_type(document))
    if found is None:
        raise DataUnfit
    return found


def media_type(document: ParcelDocument) -> str:
    """Its bare media type, if it is one that can stand in a header."""
    text = document.media_type.partition(";")[0].strip().lower()
    fits = len(text) <= _MOST_MEDIA_TYPE and _MEDIA_TYPE.fullmatch(text)
    return text if fits else OCTETS


def filename(document: ParcelDocument) -> str:
    """The sender's word for it, without folders and what no screen shows."""
    last = document.filename.replace("\\", "/").rpartition("/")[2]
    theirs = "".join(c for c in last if c.isprintable())[:MAX_FILENAME_CHARACTERS]
    return theirs.strip(" .") or document.name


async def exactly(
    document: ParcelDocument, start: int, length: int
) -> AsyncGenerator[bytes, None]:
    """These bytes of the document. Raises ObjectDamaged for one too many or too few.

    Its last bytes are read to the document's end: one that is longer than recorded
    is not the one that was checked.
    """
    position, end = 0, start + length
    chunks = document.open()
    try:
        async for chunk in chunks:
            after = position + len(chunk)
            if after > document.size:
                raise ObjectDamaged("longer than recorded")
            if position < end and after > start:
                yield chunk[max(0, start - position) : end - position]
            position = after
            if position >= end < document.size:
                return
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    if position < document.size:
        raise ObjectDamaged("shorter than recorded")
