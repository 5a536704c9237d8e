"""Receiving: one transaction, after which the case is due."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import (
    Accepted,
    Arrival,
    Case,
    KeyGone,
    KeyReused,
    Lane,
    Reception,
    Repeated,
)
from schemas.clock import local_day
from schemas.documents import Document, Inline, InVault
from schemas.errors import UnknownCase
from schemas.events import GENESIS, SubmissionReceived
from schemas.ids import CaseNumber, SnapshotHash, TenantId
from schemas.rules.queues import source_queue
from schemas.states import Received
from storage.chain import links
from storage.channel_rows import channel_rows
from storage.codec import STATES
from storage.database import Database, IfNew, insert_if_new, insert_or
from storage.inserting import insert_together
from storage.rows import case_of
from storage.tables import (
    CaseRow,
    CounterRow,
    DataKeyRow,
    DocumentRow,
    EventRow,
    SnapshotRow,
    SubmissionKeyRow,
)
from storage.tables.base import table

CASES, KEYS, COUNTERS = table(CaseRow), table(SubmissionKeyRow), table(CounterRow)
SNAPSHOTS, EVENTS = table(SnapshotRow), table(EventRow)
DATA_KEYS, DOCUMENTS = table(DataKeyRow), table(DocumentRow)
_RAISE = (
    update(COUNTERS)
    .where(COUNTERS.c.year == bindparam("this_year"))
    .values(last=COUNTERS.c.last + 1)
    .returning(COUNTERS.c.last)
)
# Made once: making a statement costs more than sending it.
_CLAIM_KEY = IfNew(KEYS, KEYS.c.case_id)
_NEW_CASE = insert(CASES)
_DOOR = "door"
_PER_YEAR = 10_000_000


class SqlIntake:
    """Fills the port Intake."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: set[tuple[TenantId, SnapshotHash]] = set()

    async def receive(self, arrival: Arrival) -> Reception:
        """See the port."""
        async with self._database.write("receive") as connection:
            if not await self._claim_key(connection, arrival):
                return await _first_answer(connection, arrival)
            await _check_replaced(connection, arrival)
            await self._keep_snapshot(connection, arrival)
            # Due by the clock that leasing goes by, not by this machine's.
            due_at = await self._database.now(connection)
            case = await _write_case(connection, arrival, due_at)
        self._known.add((arrival.tenant, arrival.snapshot.hash))
        return Accepted(case=case)

    async def _claim_key(self, connection: AsyncConnection, arrival: Arrival) -> bool:
        # On PostgreSQL this waits for a concurrent twin's commit.
        claimed = await connection.execute(
            _CLAIM_KEY.on(connection),
            {
                **_owner(arrival),
                "sender": arrival.sender,
                "key_hash": key_hash(arrival.key),
                "fingerprint": arrival.fingerprint,
                "case_id": arrival.case,
            },
        )
        return claimed.first() is not None

    async def _keep_snapshot(
        self, connection: AsyncConnection, arrival: Arrival
    ) -> None:
        if (arrival.tenant, arrival.snapshot.hash) in self._known:
            return
        await connection.execute(
            insert_if_new(connection, SNAPSHOTS).values(
                **_owner(arrival),
                hash=arrival.snapshot.hash,
                body=arrival.snapshot.body,
                created_at=arrival.received_at,
            )
        )


def key_hash(key: str) -> str:
    """How an Idempotency-Key is kept: senders put names into keys."""
    return hashlib.sha256(key.encode()).hexdigest()


async def next_number(connection: AsyncConnection, year: int) -> int:
    """The next of this year, without a gap: rolled back with the transaction."""
    raised = await connection.execute(_RAISE, {"this_year": year})
    number = raised.scalar_one_or_none()
    if number is None:
        first = insert_or(connection, COUNTERS).values(year=year, last=1)
        statement = first.on_conflict_do_update(
            index_elements=["year"], set_={"last": COUNTERS.c.last + 1}
        ).returning(COUNTERS.c.last)
        number = (await connection.execute(statement)).scalar_one()
    return int(number)


async def _first_answer(connection: AsyncConnection, arrival: Arrival) -> Reception:
    row = (
        await connection.execute(
            select(KEYS.c.fingerprint, KEYS.c.gone_at, CASES)
            .join_from(KEYS, CASES, CASES.c.id == KEYS.c.case_id, isouter=True)
            .where(
                KEYS.c.tenant_id == arrival.tenant,
                KEYS.c.sender == arrival.sender,
                KEYS.c.key_hash == key_hash(arrival.key),
            )
        )
    ).one()
    if row.gone_at is not None:
        return KeyGone()
    if row.fingerprint != arrival.fingerprint:
        return KeyReused()
    return Repeated(case=case_of(row))


async def _check_replaced(connection: AsyncConnection, arrival: Arrival) -> None:
    if arrival.replaces is None:
        return
    found = await connection.execute(
        select(func.count())
        .select_from(CASES)
        .where(
            CASES.c.tenant_id == arrival.tenant,
            CASES.c.sender == arrival.sender,
            CASES.c.tracking_id == arrival.replaces,
        )
    )
    if not found.scalar_one():
        raise UnknownCase


async def _write_case(
    connection: AsyncConnection, arrival: Arrival, due_at: datetime
) -> Case:
    link, head = _first_link(arrival)
    owner = _owner(arrival)
    ours = {**owner, "case_id": arrival.case}
    key = arrival.wrapped_key
    await insert_together(
        connection,
        (EVENTS, [{**link[0], **owner}]),
        (DATA_KEYS, [{**ours, "kek": key.kek, "wrapped": key.wrapped}]),
        (DOCUMENTS, [{**ours, **_document(one)} for one in arrival.documents]),
        *(channel_rows(ours, arrival.channel) if arrival.channel else ()),
    )
    year = local_day(arrival.received_at).year
    number = await next_number(connection, year)
    values = {**owner, **_case_values(arrival), "seq": 1, "head": head}
    values |= {
        "number": f"{year}-{number:06}",
        "receipt": year * _PER_YEAR + number,
        "due_at": due_at,
    }
    await connection.execute(_NEW_CASE, values)
    return _new_case(arrival, CaseNumber(values["number"]))


def _first_link(arrival: Arrival) -> tuple[list[dict[str, Any]], bytes]:
    event = SubmissionReceived(
        documents=len(arrival.documents),
        fingerprint=arrival.fingerprint,
        snapshot=arrival.snapshot.hash,
    )
    return links(
        (event,),
        case=arrival.case,
        seq=0,
        head=GENESIS,
        at=arrival.received_at,
        actor=_DOOR,
    )


def _owner(arrival: Arrival) -> dict[str, Any]:
    return {"tenant_id": arrival.tenant, "office_id": arrival.office}


def _case_values(arrival: Arrival) -> dict[str, Any]:
    kind, body = STATES.dump(Received())
    return {
        "id": arrival.case,
        "tracking_id": arrival.tracking_id,
        "service": arrival.service,
        "sender": arrival.sender,
        "source": arrival.source,
        "snapshot": arrival.snapshot.hash,
        "replaces": arrival.replaces,
        "received_at": arrival.received_at,
        "changed_at": arrival.received_at,
        "state": kind,
        "state_body": body.decode(),
        "ordering_key": arrival.ordering_key,
        "line": arrival.ordering_key,
        "queue": source_queue(arrival.tenant, arrival.source),
        "lane": int(Lane.FRESH),
    }


def _document(document: Document) -> dict[str, Any]:
    stored = document.stored
    match stored.place:
        case Inline(sealed=sealed):
            place: dict[str, Any] = {"inline": sealed, "path": None}
        case InVault(path=path):
            place = {"inline": None, "path": path}
    return {
        "position": document.position,
        "id": stored.id,
        "role": document.role.value,
        "media_type": document.media_type,
        "sealed_name": document.sealed_name,
        "size": stored.size,
        "sha256": stored.sha256,
        **place,
    }


def _new_case(arrival: Arrival, number: CaseNumber) -> Case:
    return Case(
        id=arrival.case,
        tenant=arrival.tenant,
        office=arrival.office,
        number=number,
        tracking_id=arrival.tracking_id,
        service=arrival.service,
        sender=arrival.sender,
        snapshot=arrival.snapshot.hash,
        state=Received(),
        received_at=arrival.received_at,
        changed_at=arrival.received_at,
        replaces=arrival.replaces,
    )
