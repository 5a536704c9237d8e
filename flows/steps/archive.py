"""archive: the documents as received, and the proof of every step."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable

from flows.case_work import CaseWork
from schemas.clock import local_day
from schemas.documents import Document, Role
from schemas.errors import AlreadyArchived, StorageFull
from schemas.events import DeliveryRejected, PackageArchived, RecordedEvent
from schemas.ids import StepName
from schemas.rules.naming import document_name
from schemas.states import Archived
from schemas.steps import Away, Done, StepResult
from storage.base import Archive, PackageFile, PackageWritten
from storage.papers import KeptReceipt

COUNTERPART = ".archive"
"""Ours, so it pauses like a destination; no configured one can be named like this."""
_SEALED = ".amtv"
"""Everything from the sender or the counterpart stays encrypted in the archive."""


async def archive(work: CaseWork, step: StepName) -> StepResult:
    """Write the package; repeating completes what a dead worker left."""
    del step
    case = work.leased.case
    papers = await work.papers()
    year = local_day(case.received_at).year
    evidence = await work.ports.papers.evidence(case.id)
    about = {
        "case": case.id,
        "number": case.number,
        # Two tenants may offer the same service, and packages outlive the database.
        "tenant": case.tenant,
        "service": case.service,
        "received": case.received_at.isoformat(),
        "retention_class": work.plan.retention_class,
        "configuration": case.snapshot,
        # Not which key wraps the data key: a rotation between a death and its
        # repetition would make another manifest of it, and the name soon wrong.
        "encryption": "amtsweg-vault-v1",
    }
    work.ports.at("before archive")
    try:
        written = await _write(
            [
                f"v1/{case.service}/{year}/{case.id}/p{number:04}"
                for number in package_numbers(evidence[0])
            ],
            lambda: _files(work, papers.documents, evidence),
            work.ports.archive,
            about,
        )
    except StorageFull:
        # One disturbance instead of a quarantine per case: nothing is wrong with
        # them, and once there is room all go on by themselves.
        return Away(counterpart=COUNTERPART, code=StorageFull.code, whole=True)
    work.ports.at("after archive")
    event = PackageArchived(package=written.location, manifest=written.manifest_sha256)
    return Done(state=Archived(package=written.location), event=event)


def package_numbers(events: tuple[RecordedEvent, ...]) -> range:
    """Which number the package may have: the first that is free.

    It is the next after those archived. But a worker may have died after writing a
    package, and its recipient rejected late before that was committed: then the
    number is taken by a package that no event names, once per such rejection.
    """
    kinds = [event.kind for event in events]
    archived = kinds.count(PackageArchived.__name__)
    rejected = kinds.count(DeliveryRejected.__name__)
    return range(archived + 1, max(archived, rejected) + 2)


async def _write(
    locations: list[str],
    files: Callable[[], AsyncIterator[PackageFile]],
    archive: Archive,
    about: dict[str, str],
) -> PackageWritten:
    for location in locations[:-1]:
        with contextlib.suppress(AlreadyArchived):
            return await archive.write_package(location, files(), about)
    return await archive.write_package(locations[-1], files(), about)


async def _files(
    work: CaseWork,
    documents: Iterable[Document],
    evidence: tuple[tuple[RecordedEvent, ...], tuple[KeptReceipt, ...]],
) -> AsyncIterator[PackageFile]:
    for document in documents:
        yield PackageFile(
            path=_document_path(document),
            role="original" if document.role is Role.MAIN else "attachment",
            media_type="application/octet-stream",
            chunks=work.ports.vault.sealed(document.stored),
        )
    events, receipts = evidence
    for receipt in receipts:
        yield PackageFile(
            path=f"evidence/receipt-{receipt.delivery}{_SEALED}",
            role="receipt",
            media_type="application/octet-stream",
            chunks=_once(receipt.sealed),
        )
    yield PackageFile(
        path="evidence/events.jsonl",
        role="events",
        media_type="application/jsonl",
        chunks=_once(b"".join(map(_line, events))),
    )


def _document_path(document: Document) -> str:
    name = document_name(document) + _SEALED
    if document.role is Role.MAIN:
        return f"data/original/{name}"
    return f"data/original/attachments/{name}"


def _line(event: RecordedEvent) -> bytes:
    line = {
        "seq": event.seq,
        "format": event.format,
        "body": event.body.decode(),
        "previous": event.previous.hex(),
        "hash": event.hash.hex(),
    }
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


async def _once(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk
