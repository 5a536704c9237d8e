"""Attachments on their way up: one after the other, in pieces, and resumed.

Should two processes ever upload the same at once (leases keep them apart), the later
bytes stay; then the log shows other tags than were noted, and a person looks.
"""

from dataclasses import replace
from typing import Final

import httpx

from adapters.fitconnect.client.failures import (
    ApiFailure,
    Conflicting,
    NotThere,
    SubmissionNotThere,
)
from adapters.fitconnect.client.requests import JOSE
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.outbox import notes as noting
from adapters.fitconnect.outbox.announcing import must_say
from adapters.fitconnect.outbox.documents import attachments, media_type
from adapters.fitconnect.outbox.house import House
from adapters.fitconnect.outbox.notes import Announcement, Notes
from adapters.fitconnect.outbox.sealing import SealedUpload, Span, digest_of
from schemas.deliveries import Parcel, ParcelDocument
from schemas.limits import MIB

RESUME_BYTES: Final = 8 * MIB
"""After so much was uploaded that is noted; less is quicker sent again than noted."""


class UploadRefused(Exception):
    """FIT-Connect takes no attachments for the submission any more, whyever."""

    def __init__(self, failure: ApiFailure) -> None:
        super().__init__(failure.code)
        self.failure = failure


async def upload_all(
    house: House, parcel: Parcel, notes: Notes, key: PublicKey
) -> Notes:
    """Whatever of the announced is not there yet. Raises UploadRefused, ApiFailure."""
    announcement = notes.announcement
    assert announcement is not None  # noqa: S101 - what is uploaded is announced
    unnoted = 0
    for document in attachments(parcel):
        parts = announcement.parts[document.name]
        missing = [part for part in parts if part not in notes.uploaded]
        spans = dict(zip(parts, spans_of(document, len(parts)), strict=True))
        for part in missing:
            notes = await _upload(house, notes, key, (announcement, part, spans[part]))
            unnoted += spans[part].length
            if unnoted >= RESUME_BYTES:
                await house.notes.keep(parcel.delivery, noting.uploaded(notes))
                unnoted = 0
        if document.name not in notes.hashes:
            notes = _with_hash(notes, document, await digest_of(document))
    return notes


def spans_of(document: ParcelDocument, parts: int) -> list[Span]:
    """As many equal parts as were announced, whatever the settings say now."""
    size = -(-document.size // parts)
    starts = range(0, document.size, size) if size else [0]
    return [
        Span(document=document, start=at, length=min(size, document.size - at))
        for at in starts
    ]


async def _upload(
    house: House, notes: Notes, key: PublicKey, what: tuple[Announcement, str, Span]
) -> Notes:
    announcement, part, span = what
    sealed = SealedUpload(span, key, content_type=media_type(span.document))
    try:
        reply = await house.client.put(
            f"/submissions/{announcement.submission}/attachments/{part}",
            sealed.upload(),
            content_type=JOSE,
            deadline=house.connection.environment.transfer_deadline,
        )
        must_say(reply, httpx.codes.NO_CONTENT)
    except SubmissionNotThere:
        raise
    except (NotThere, Conflicting) as failure:
        raise UploadRefused(failure) from failure
    notes = replace(notes, uploaded={**notes.uploaded, part: sealed.tag})
    if span.is_whole:
        notes = _with_hash(notes, span.document, sealed.sha512)
    return notes


def _with_hash(notes: Notes, document: ParcelDocument, digest: str) -> Notes:
    return replace(notes, hashes={**notes.hashes, document.name: digest})
