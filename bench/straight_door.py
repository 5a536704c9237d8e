"""The straight line's door, and what both of its programs hold."""

import hashlib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.requests import Request
from starlette.responses import JSONResponse

from bench.straight_rows import (
    OFFICE,
    OWNER,
    TENANT,
    case_row,
    document_row,
)
from schemas.clock import SystemClock
from schemas.documents import Inline, StoredObject
from schemas.events import (
    GENESIS,
    SubmissionReceived,
)
from schemas.ids import (
    CaseId,
    DocumentId,
    SnapshotHash,
)
from storage.archive.local import LocalArchive
from storage.chain import links
from storage.tables import (
    CaseRow,
    CounterRow,
    DataKeyRow,
    DocumentRow,
    EventRow,
    SubmissionKeyRow,
    TokenRow,
)
from storage.tables.base import table
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault

COROUTINES: Final = 16
COUNTERS, TOKENS = table(CounterRow), table(TokenRow)
_TOKEN = select(TOKENS.c.sender).where(TOKENS.c.hash == bindparam("hash"))
_NUMBER = (
    update(COUNTERS)
    .where(COUNTERS.c.year == bindparam("this_year"))
    .values(last=COUNTERS.c.last + 1)
    .returning(COUNTERS.c.last)
)


class Means:
    """What both programs hold."""

    def __init__(self, url: str, folder: Path) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url, pool_size=COROUTINES, max_overflow=0, pool_use_lifo=True
        )
        keys = KeyRing(folder / "keys", may_create=True, clock=SystemClock())
        self.vault = LocalVault(folder / "vault", keys)
        self.archive = LocalArchive(folder / "archive")


class Door(Means):
    """Takes submissions in."""

    async def accept(self, request: Request) -> JSONResponse:
        """POST: vault, one transaction, 202."""
        secret = request.headers["authorization"].removeprefix("Bearer ")
        wanted = {"hash": hashlib.sha256(secret.encode()).hexdigest()}
        reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with reading.connect() as connection:
            sender = (await connection.execute(_TOKEN, wanted)).scalar_one()
        case = CaseId(uuid.uuid4().hex)
        key = self.vault.new_key(tenant=TENANT, office=OFFICE, case=case)
        document = DocumentId(uuid.uuid4().hex)
        writer = self.vault.create(key, document)
        async for chunk in request.stream():
            await writer.write(chunk)
        stored = await writer.finish()
        number = await self._store(
            case, sender, stored, (key.wrapped, request.headers["idempotency-key"])
        )
        return JSONResponse({"case_number": number}, status_code=202)

    async def _store(
        self, case: CaseId, sender: str, stored: StoredObject, given: tuple[Any, str]
    ) -> str:
        wrapped, idempotency_key = given
        now = datetime.now(UTC)
        rows, head = _first_link(case, stored, now)
        assert isinstance(stored.place, Inline)
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(table(SubmissionKeyRow)),
                OWNER
                | {
                    "sender": sender,
                    "key_hash": hashlib.sha256(idempotency_key.encode()).hexdigest(),
                    "fingerprint": stored.sha256,
                    "case_id": case,
                },
            )
            await connection.execute(insert(table(EventRow)), [rows[0] | OWNER])
            await connection.execute(
                insert(table(DataKeyRow)),
                OWNER
                | {"case_id": case, "kek": wrapped.kek, "wrapped": wrapped.wrapped},
            )
            await connection.execute(
                insert(table(DocumentRow)),
                [OWNER | document_row(case, stored, stored.place)],
            )
            last = (
                await connection.execute(_NUMBER, {"this_year": now.year})
            ).scalar_one()
            number = f"{now.year}-{last:06}"
            await connection.execute(
                insert(table(CaseRow)),
                OWNER | case_row(case, sender, now, (number, last, head)),
            )
        return number


def _first_link(
    case: CaseId, stored: StoredObject, now: datetime
) -> tuple[list[dict[str, Any]], bytes]:
    received = SubmissionReceived(
        documents=1, fingerprint=stored.sha256, snapshot=SnapshotHash("")
    )
    return links([received], case=case, seq=0, head=GENESIS, at=now, actor="door")
