"""A submission that was opened: what is known of it, and how it is stored."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.base import DocumentShelf
from adapters.fitconnect.client.wire import FitConnectClient
from adapters.fitconnect.events.tags import Tags, tags_json
from adapters.fitconnect.inbox.attachments import Carrier
from adapters.fitconnect.inbox.inspecting import Notebook, safe_uri
from adapters.fitconnect.inbox.settings import Limits
from adapters.fitconnect.inbox.wire import Fetched
from adapters.fitconnect.jose.errors import DecryptionFailed, PlainTooLarge
from adapters.fitconnect.jose.jwe import Keyring, decrypt, tag_of
from adapters.fitconnect.metadata.values import Metadata
from schemas.channels import ChannelEvent, ChannelSubmission
from schemas.checking.claims import Claim, NoClaim, SchemaUri
from schemas.documents import Role
from schemas.ids import SourceId

CHANNEL: Final = "fit-connect"
SEALED: Final = "application/jose"
_SUFFIX: Final = {"application/json": "json", "application/xml": "xml"}
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What opening a submission brought together."""

    source: SourceId
    fetched: Fetched
    metadata: Metadata | None
    """None where they cannot be relied upon."""
    tags: Tags | None
    """None where the event log proves none."""
    events: tuple[ChannelEvent, ...]
    submitted_at: datetime
    notebook: Notebook = field(repr=False)


class OpenedSubmission:
    """Fills Opened."""

    def __init__(
        self, parts: Parts, client: FitConnectClient, keyring: Keyring, limits: Limits
    ) -> None:
        self._parts = parts
        self._client = client
        self._keyring = keyring
        self._limits = limits

    @property
    def service(self) -> str:
        return self._parts.fetched.service

    @property
    def submitted_at(self) -> datetime:
        return self._parts.submitted_at

    async def store(self, shelf: DocumentShelf) -> ChannelSubmission:
        notebook = self._parts.notebook.copy()
        try:
            await self._store_data(shelf, notebook)
            seen = await self._store_attachments(shelf, notebook)
        except BaseException:
            await shelf.drop()
            raise
        parts = self._parts
        return ChannelSubmission(
            source=parts.source,
            channel=CHANNEL,
            submission=parts.fetched.submission,
            case=parts.fetched.case,
            submitted_at=parts.submitted_at,
            claim=_claim(parts.metadata),
            proof=_proof(parts, seen),
            inspection=notebook.inspection(),
            events=parts.events,
        )

    async def _store_data(self, shelf: DocumentShelf, notebook: Notebook) -> None:
        """In clear where all holds, as received where anything does not."""
        plain, faults = await asyncio.to_thread(self._open_data)
        for fault in faults:
            notebook.blame(fault)
        metadata = self._parts.metadata
        if plain is not None and metadata is not None and metadata.data is not None:
            suffix = _SUFFIX.get(metadata.data.mime, "bin")
            await _put(shelf, plain, metadata.data.mime, f"antrag.{suffix}")
            return
        # Without data the metadata are all there is to look at.
        sealed = self._parts.fetched.data or self._parts.fetched.metadata
        await _put(shelf, sealed.encode(errors="replace"), SEALED, "antrag.jose")

    def _open_data(self) -> tuple[bytes | None, list[str]]:
        """The data where all holds, and every fault."""
        token = self._parts.fetched.data
        described = self._parts.metadata.data if self._parts.metadata else None
        if not token:
            return None, ["fit-data-missing"]
        faults = _not_the_logs(token, self._parts.tags)
        try:
            plain = decrypt(self._keyring, token, limit=self._limits.data)
        except PlainTooLarge:
            return None, [*faults, "fit-data-too-large"]
        except DecryptionFailed:
            return None, [*faults, "fit-data-encryption"]
        if described is None:
            # Why there is nothing to compare it with was found in the metadata,
            # unless these are sound and just do not mention it.
            return None, faults + ["fit-data-hash"] * bool(self._parts.metadata)
        if hashlib.sha512(plain).hexdigest() != described.hash:
            faults.append("fit-data-hash")
        return (None if faults else plain), faults

    async def _store_attachments(
        self, shelf: DocumentShelf, notebook: Notebook
    ) -> Mapping[str, str]:
        """Those that can be verified; without metadata there is no hash of any.

        Their tags come back, as they are.
        """
        parts = self._parts
        too_many = len(parts.fetched.attachments) > self._limits.attachments
        if parts.metadata is None or too_many:
            return {}
        carrier = Carrier(
            client=self._client,
            keyring=self._keyring,
            fetched=parts.fetched,
            tags=parts.tags,
            limits=self._limits,
            shelf=shelf,
            left=self._limits.total,
        )
        await carrier.store(parts.metadata.attachments, notebook)
        return carrier.seen


def _not_the_logs(token: str, tags: Tags | None) -> list[str]:
    try:
        is_tagged = tags is None or tag_of(token) == tags.data
    except DecryptionFailed:
        is_tagged = False
    return [] if is_tagged else ["fit-data-tag"]


def _proof(parts: Parts, seen: Mapping[str, str]) -> str:
    """What the log proves; where it proves nothing, what we have ourselves.

    The service compares an acceptance with its own, so nothing can be accepted so
    that was not submitted.
    """
    if parts.tags is not None:
        return tags_json(parts.tags)
    try:
        data = tag_of(parts.fetched.data) if parts.fetched.data else ""
        metadata = tag_of(parts.fetched.metadata)
    except DecryptionFailed:
        return ""
    return tags_json(Tags(metadata=metadata, data=data, attachments=seen))


def _claim(metadata: Metadata | None) -> Claim:
    uri = safe_uri(metadata.data.schema_uri) if metadata and metadata.data else ""
    return SchemaUri(uri=uri) if uri else NoClaim()


async def _put(
    shelf: DocumentShelf, content: bytes, media_type: str, filename: str
) -> None:
    for start in range(0, len(content), _CHUNK):
        await shelf.write(content[start : start + _CHUNK])
    await shelf.keep(role=Role.MAIN, media_type=media_type, filename=filename)
