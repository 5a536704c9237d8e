"""A body becomes documents in the vault, checked while they pass."""

import asyncio
from typing import Final, Protocol

from api.intake.body import Body
from api.intake.json_scan import JsonScan
from api.intake.limits import DoorLimits
from api.intake.media import HeaderValue, is_boundary
from api.intake.multipart import MultipartReader, PartBegan, PartContinued, PartEnded
from api.intake.parts import PartHead, read_part_head
from api.intake.refusals import (
    DocumentTooLarge,
    MainMissing,
    MainRepeated,
    MediaTypeRefused,
    MultipartMalformed,
    PartTypeRefused,
    TooManyAttachments,
)
from api.intake.shelf import Shelf
from api.intake.xml_scan import XmlScan
from schemas.documents import Role

_XML: Final = frozenset({"application/xml", "text/xml"})
_JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"


class Scan(Protocol):
    """Looks at a document while it passes."""

    def feed(self, data: bytes) -> None:
        """Look at the next bytes. Raises DoorRefusal."""
        ...

    def close(self) -> None:
        """Say that the document is over. Raises DoorRefusal."""
        ...


class Unscanned:
    """Attachments are bytes; the scan step looks at them later."""

    def feed(self, data: bytes) -> None:
        """Take it as it is."""

    def close(self) -> None:
        """Take it as it is."""


class DocumentReader:
    """Takes one document: limit, scan, vault."""

    def __init__(self, head: PartHead, shelf: Shelf, limits: DoorLimits) -> None:
        self._head = head
        self._shelf = shelf
        self._limit = _limit_for(head, limits)
        self._size = 0
        self._scan = _scan_for(head, limits)
        self._writer = shelf.begin()

    async def write(self, data: bytes) -> None:
        """Append. Raises DoorRefusal, StorageFull."""
        self._size += len(data)
        if self._size > self._limit:
            raise DocumentTooLarge(f"At most {self._limit} bytes.")
        self._scan.feed(data)
        await self._writer.write(data)

    async def finish(self) -> None:
        """Keep it. Raises DoorRefusal, StorageFull."""
        self._scan.close()
        await self._shelf.keep(
            role=self._head.role,
            media_type=self._head.media_type,
            filename=self._head.filename,
        )


async def read_submission(
    body: Body, media_type: HeaderValue, shelf: Shelf, limits: DoorLimits
) -> None:
    """Read all of it onto the shelf. Raises DoorRefusal, StorageFull."""
    if media_type.value == MULTIPART:
        await _read_multipart(body, media_type, shelf, limits)
    else:
        await _read_document(body, media_type, shelf, limits)


def check_media_type(media_type: HeaderValue | None) -> HeaderValue:
    """Whether a body of this type can be read. Raises DoorRefusal."""
    if media_type is None or not _is_taken(media_type, multipart=True):
        raise MediaTypeRefused
    boundary = media_type.parameters.get("boundary", "")
    if media_type.value == MULTIPART and not is_boundary(boundary):
        raise MultipartMalformed("Content-Type names no usable boundary.")
    return media_type


async def _read_document(
    body: Body, media_type: HeaderValue, shelf: Shelf, limits: DoorLimits
) -> None:
    head = PartHead(role=Role.MAIN, media_type=media_type, filename="")
    document = DocumentReader(head, shelf, limits)
    while (data := await body.next()) is not None:
        await document.write(data)
    await document.finish()


async def _read_multipart(
    body: Body, media_type: HeaderValue, shelf: Shelf, limits: DoorLimits
) -> None:
    reader = MultipartReader(
        media_type.parameters["boundary"], header_bytes=limits.part_header_bytes
    )
    parts = _Parts(shelf, limits)
    while (data := await body.next()) is not None:
        for event in reader.feed(data):
            match event:
                case PartBegan(header=header):
                    parts.begin(header)
                case PartContinued(data=content):
                    await parts.current().write(content)
                case PartEnded():
                    await parts.current().finish()
                    # A hundred small parts fit into one slice of the body.
                    await asyncio.sleep(0)
    reader.close()
    parts.close()


class _Parts:
    """Counts the parts of one body."""

    def __init__(self, shelf: Shelf, limits: DoorLimits) -> None:
        self._shelf = shelf
        self._limits = limits
        self._mains = 0
        self._attachments = 0
        self._current: DocumentReader | None = None

    def begin(self, header: bytes) -> None:
        """Judge a part by its header, before any of its content."""
        head = read_part_head(header, self._limits)
        match head.role:
            case Role.MAIN:
                self._mains += 1
                if self._mains > 1:
                    raise MainRepeated
                if not _is_taken(head.media_type, multipart=False):
                    raise PartTypeRefused
            case Role.ATTACHMENT:
                self._attachments += 1
                if self._attachments > self._limits.attachments:
                    raise TooManyAttachments(f"At most {self._limits.attachments}.")
        self._current = DocumentReader(head, self._shelf, self._limits)

    def current(self) -> DocumentReader:
        """The part that began last."""
        if self._current is None:
            raise MultipartMalformed
        return self._current

    def close(self) -> None:
        """Say that the body is over."""
        if not self._mains:
            raise MainMissing


def _is_taken(media_type: HeaderValue, *, multipart: bool) -> bool:
    if media_type.value == _JSON:
        return media_type.parameters.get("charset", "utf-8").lower() == "utf-8"
    return media_type.value in _XML or (multipart and media_type.value == MULTIPART)


def _limit_for(head: PartHead, limits: DoorLimits) -> int:
    if head.role is Role.MAIN and head.media_type.value == _JSON:
        return min(limits.json_bytes, limits.document_bytes)
    return limits.document_bytes


def _scan_for(head: PartHead, limits: DoorLimits) -> Scan:
    if head.role is Role.ATTACHMENT:
        return Unscanned()
    if head.media_type.value == _JSON:
        return JsonScan(depth=limits.json_depth)
    return XmlScan(charset=head.media_type.parameters.get("charset", ""))
