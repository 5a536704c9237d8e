"""When two submissions are the same: over what was said, not how it was sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.channels import ChannelSubmission
from schemas.documents import Role
from schemas.ids import ServiceKey


@dataclass(frozen=True, kw_only=True, slots=True)
class PartPrint:
    """What of one part counts; multipart boundaries and header order do not."""

    role: Role
    media_type: str
    filename: str
    sha256: str


def fingerprint(service: ServiceKey, parts: Sequence[PartPrint]) -> str:
    """SHA-256 over service and ordered parts, in hex.

    Every field goes in with its length, so that no two lists of fields can
    read the same.
    """
    digest = hashlib.sha256(b"amtsweg-fingerprint-1")
    _add(digest, service)
    for part in parts:
        for field in (part.role.value, part.media_type, part.filename, part.sha256):
            _add(digest, field)
    return digest.hexdigest()


def channel_fingerprint(service: ServiceKey, submission: ChannelSubmission) -> str:
    """The same whenever the same submission is fetched, in hex.

    Over the channel's own proof instead of the documents: these may be encrypted
    anew each time, and what could not be opened today may open tomorrow.
    """
    digest = hashlib.sha256(b"amtsweg-fingerprint-channel-1")
    named = (submission.channel, submission.source, submission.submission)
    for field in (service, *named, submission.proof):
        _add(digest, field)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", field: str) -> None:
    encoded = field.encode()
    digest.update(len(encoded).to_bytes(8, "big"))
    digest.update(encoded)
