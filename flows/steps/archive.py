"""archive: the documents as received, and the proof of every step."""

import json
from collections.abc import AsyncIterator, Iterable

from flows.case_work import CaseWork
from schemas.clock import local_day
from schemas.documents import Document, Role
from schemas.errors import StorageFull
from schemas.events import PackageArchived, RecordedEvent
from schemas.ids import StepName
from schemas.rules.naming import document_name
from schemas.states import Archived
from schemas.steps import Away, Done, StepResult
from storage.base import PackageFile
from storage.papers import KeptReceipt

COUNTERPART = ".archive"
"""Ours, so it pauses like a destination; no configured one can be named like this."""
_FIRST_PACKAGE = "p0001"
_SEALED = ".amtv"
"""Everything from the sender or the counterpart stays encrypted in the archive."""


async def archive(work: CaseWork, step: StepName) -> StepResult:
    """Write the package; repeating completes what a dead worker left."""
    del step
    case = work.leased.case
    papers = await work.papers()
    year = local_day(case.received_at).year
    location = f"v1/{case.service}/{year}/{case.id}/{_FIRST_PACKAGE}"
    evidence = await work.ports.papers.evidence(case.id)
    about = {
        "case": case.id,
        "number": case.number,
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
        written = await work.ports.archive.write_package(
            location, _files(work, papers.documents, evidence), about
        )
    except StorageFull:
        # One disturbance instead of a quarantine per case: nothing is wrong with
        # them, and once there is room all go on by themselves.
        return Away(counterpart=COUNTERPART, code=StorageFull.code, whole=True)
    work.ports.at("after archive")
    event = PackageArchived(package=location, manifest=written.manifest_sha256)
    return Done(state=Archived(package=location), event=event)


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
