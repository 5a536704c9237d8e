"""The same effects without an engine: two bare asyncio programs.

    python -m bench.straight_line serve|work DATABASE-URL FOLDER PORT|SPECIALIST-URL

The effects, side by side with the engine's:

    door    token looked up; body encrypted; one transaction: key, document, data
            key, first event with its hash, number from the counter, case
    worker  case leased (SKIP LOCKED); document decrypted and parsed; one
            transaction: steps, attempt row, six events with their hashes; POST to
            the specialist system; one transaction: outcome, receipt (sealed), event;
            package with manifest written and fsynced; one transaction: two events

It knows no fairness, no destinations that pause, no takeover, no runs to look at and
no second way out, and it is wrong after a crash.
"""

import asyncio
import hashlib
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn
from lxml import etree
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.routing import Route

from bench.straight_door import Door, Means
from bench.straight_rows import (
    DESTINATION,
    OFFICE,
    OWNER,
    TENANT,
    delivery_row,
    once,
)
from schemas.documents import Inline, StoredObject, WrappedKey
from schemas.events import (
    AttemptStarted,
    CaseAssigned,
    CaseChecked,
    CaseClosed,
    CaseDelivered,
    DocumentChecked,
    DocumentsScanned,
    Event,
    PackageArchived,
    ReceiptSent,
)
from schemas.findings import CheckResult, Passage, StageRun
from schemas.ids import (
    DeliveryId,
    DocumentId,
    KeyName,
)
from storage.base import PackageFile
from storage.chain import links
from storage.columns import Found
from storage.tables import (
    AttemptRow,
    CaseRow,
    CounterRow,
    DataKeyRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    StepRow,
    TokenRow,
)
from storage.tables.base import table

COROUTINES: Final = 16
_READ: Final = CheckResult(
    pack=None,
    message="",
    engines=(("lxml", etree.__version__),),
    stages=tuple(
        StageRun(stage=stage, passage=Passage.DONE, milliseconds=0.1)
        for stage in ("size", "well-formed", "recognise")
    ),
    findings=(),
)
"""What the engine notes of a document that only has to be well-formed."""
_BEFORE: Final = (
    DocumentChecked(position=0, result=_READ),
    CaseChecked(pack="well-formed"),
    DocumentsScanned(scanner="none"),
    ReceiptSent(accepted=True),
    CaseAssigned(destinations=(DESTINATION,)),
)
CASES, DOCUMENTS = table(CaseRow), table(DocumentRow)
COUNTERS, TOKENS = table(CounterRow), table(TokenRow)
DATA_KEYS, ATTEMPTS = table(DataKeyRow), table(AttemptRow)
DELIVERIES = table(DeliveryRow)

_LEASE = text(
    "UPDATE cases SET owner = 'straight', epoch = epoch + 1 WHERE id = (SELECT id FROM"
    " cases WHERE owner IS NULL AND due_at IS NOT NULL ORDER BY receipt LIMIT 1"
    " FOR UPDATE SKIP LOCKED) RETURNING id, number, received_at, head, seq"
)
_PAPERS = (
    select(DOCUMENTS, DATA_KEYS.c.kek, DATA_KEYS.c.wrapped)
    .join_from(DOCUMENTS, DATA_KEYS, DATA_KEYS.c.case_id == DOCUMENTS.c.case_id)
    .where(DOCUMENTS.c.case_id == bindparam("case"))
)
_MOVE = update(CASES).where(CASES.c.id == bindparam("which"))
_END_ATTEMPT = update(ATTEMPTS).where(ATTEMPTS.c.delivery_id == bindparam("which"))
_END_DELIVERY = update(DELIVERIES).where(DELIVERIES.c.id == bindparam("which"))


class Work(Means):
    """Takes one case after the other through everything."""

    async def work(self, specialist: str) -> None:
        """Coroutines that take one case each, for ever."""
        async with httpx.AsyncClient(base_url=specialist, timeout=30) as client:
            await asyncio.gather(*(self._loop(client) for _ in range(COROUTINES)))

    async def _loop(self, client: httpx.AsyncClient) -> None:
        while True:
            async with self.engine.begin() as connection:
                row = (await connection.execute(_LEASE)).first()
            if row is None:
                await asyncio.sleep(0.05)
            else:
                await self._one(client, row)

    async def _one(self, client: httpx.AsyncClient, row: Found) -> None:
        reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with reading.connect() as connection:
            paper = (await connection.execute(_PAPERS, {"case": row.id})).one()
        key = self.vault.open_key(
            tenant=TENANT,
            office=OFFICE,
            case=row.id,
            wrapped=WrappedKey(kek=KeyName(paper.kek), wrapped=paper.wrapped),
        )
        stored = StoredObject(
            id=DocumentId(paper.id),
            size=paper.size,
            sha256=paper.sha256,
            place=Inline(sealed=paper.inline),
        )
        body = b"".join([frame async for frame in self.vault.read(key, stored)])
        etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        delivery = DeliveryId(uuid.uuid4().hex)
        chain = await self._attempt(row, delivery, stored.sha256)
        answer = await client.post(
            "/antraege",
            content=body,
            headers={"Idempotency-Key": delivery, "Content-Type": "application/xml"},
        )
        answer.raise_for_status()
        receipt = self.vault.seal(key, answer.text, label=f"receipt:{delivery}")
        chain = await self._delivered(row, delivery, receipt, chain)
        await self._archived(row, paper, receipt, chain)

    async def _attempt(
        self, row: Found, delivery: DeliveryId, payload: str
    ) -> tuple[int, bytes]:
        now = datetime.now(UTC)
        started = AttemptStarted(
            delivery=delivery, destination=DESTINATION, payload=payload, number=1
        )
        events: list[Event] = [*_BEFORE, started]
        rows, head = links(
            events, case=row.id, seq=row.seq, head=row.head, at=now, actor="straight"
        )
        steps = ("check", "scan", "acknowledge", "assign")
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(DELIVERIES), OWNER | delivery_row(row.id, delivery, payload)
            )
            await connection.execute(
                insert(ATTEMPTS),
                OWNER
                | {
                    "delivery_id": delivery,
                    "number": 1,
                    "epoch": 1,
                    "outcome": "open",
                    "started_at": now,
                },
            )
            await self._move(
                connection,
                row.id,
                "Delivering",
                chain=(rows, head),
                steps=steps,
            )
        return row.seq + len(rows), head

    async def _delivered(
        self, row: Found, delivery: DeliveryId, receipt: bytes, chain: tuple[int, bytes]
    ) -> tuple[int, bytes]:
        now = datetime.now(UTC)
        event = CaseDelivered(
            delivery=delivery, destination=DESTINATION, receipt=_hash(receipt)
        )
        rows, head = links(
            [event], case=row.id, seq=chain[0], head=chain[1], at=now, actor="straight"
        )
        async with self.engine.begin() as connection:
            await connection.execute(
                _END_ATTEMPT,
                {"which": delivery, "outcome": "delivered", "finished_at": now},
            )
            await connection.execute(
                _END_DELIVERY,
                {"which": delivery, "state": "delivered", "receipt_sealed": receipt},
            )
            await self._move(
                connection,
                row.id,
                "Delivered",
                chain=(rows, head),
                steps=("deliver",),
            )
        return chain[0] + 1, head

    async def _archived(
        self, row: Found, paper: Found, receipt: bytes, chain: tuple[int, bytes]
    ) -> None:
        location = f"v1/99107023017000/{row.received_at.year}/{row.id}/p0001"
        evidence = await self._evidence(row.id)
        written = await self.archive.write_package(
            location,
            _files(paper.inline, receipt, evidence),
            {"case": row.id, "number": row.number},
        )
        events: list[Event] = [
            PackageArchived(package=location, manifest=written.manifest_sha256),
            CaseClosed(),
        ]
        rows, head = links(
            events,
            case=row.id,
            seq=chain[0],
            head=chain[1],
            at=datetime.now(UTC),
            actor="straight",
        )
        async with self.engine.begin() as connection:
            await self._move(
                connection,
                row.id,
                "Closed",
                chain=(rows, head),
                steps=("archive", "close"),
            )

    async def _evidence(self, case: str) -> bytes:
        reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with reading.connect() as connection:
            found = await connection.execute(_CHAIN, {"case": case})
            return b"\n".join(one.body for one in found)

    async def _move(
        self,
        connection: AsyncConnection,
        case: str,
        state: str,
        *,
        chain: tuple[list[dict[str, Any]], bytes],
        steps: tuple[str, ...],
    ) -> None:
        rows, head = chain
        moved = {"which": case, "state": state, "head": head, "seq": rows[-1]["seq"]}
        if state == "Closed":
            moved |= {"due_at": None, "owner": None}
        await connection.execute(_MOVE, moved)
        await connection.execute(insert(table(EventRow)), [one | OWNER for one in rows])
        now = rows[-1]["at"]
        await connection.execute(
            insert(table(StepRow)),
            [
                OWNER
                | {"case_id": case, "step": one, "result": "", "at": now, "epoch": 1}
                for one in steps
            ],
        )


_EVENTS = table(EventRow)
_CHAIN = (
    select(_EVENTS.c.body)
    .where(_EVENTS.c.case_id == bindparam("case"))
    .order_by(_EVENTS.c.seq)
)


async def _files(
    original: bytes, receipt: bytes, evidence: bytes
) -> AsyncIterator[PackageFile]:
    for path, chunk in (
        ("data/original/0000.xml.amtv", original),
        ("evidence/receipt.amtv", receipt),
        ("evidence/events.jsonl", evidence),
    ):
        yield PackageFile(
            path=path,
            role="original",
            media_type="application/octet-stream",
            chunks=once(chunk),
        )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(role: str, url: str, folder: str, where: str) -> None:
    """Run one of the two programs."""
    if role == "work":
        asyncio.run(Work(url, Path(folder)).work(where))
        return
    door = Door(url, Path(folder))
    app = Starlette(
        routes=[Route("/api/v1/submissions", door.accept, methods=["POST"])]
    )
    uvicorn.run(app, port=int(where), log_level="error", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:5])
