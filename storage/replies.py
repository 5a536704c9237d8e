"""Replies within the cases of a channel: to our deliveries, and those that we sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Case
from schemas.channels import ChannelEvent
from schemas.ids import (
    CaseId,
    CaseNumber,
    DeliveryId,
    DestinationId,
    OfficeId,
    SourceId,
    TenantId,
)
from schemas.replies import (
    PLACE,
    ListedReply,
    ReplyState,
    SeenReply,
    reply_place,
)
from schemas.rules.replies import Replied, reply_stands, sent_stands
from schemas.scope import Scope
from storage.cases import within
from storage.channel_rows import events_of, keep_events
from storage.columns import Found
from storage.database import Database, insert_or
from storage.delivery_notes import delivery_row
from storage.tables import (
    CaseRow,
    ChannelReplyRow,
    DisturbanceRow,
    TransmissionRow,
)
from storage.tables.base import table

CASES, REPLIES = table(CaseRow), table(ChannelReplyRow)
DISTURBANCES, TRANSMISSIONS = table(DisturbanceRow), table(TransmissionRow)
_IS_OPEN = REPLIES.c.state.in_([one.value for one in ReplyState if one.is_open])


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownReply:
    """A reply as it was when somebody last looked."""

    case: CaseId
    number: CaseNumber
    tenant: TenantId
    office: OfficeId
    reply: str
    channel_case: str
    place: str
    """The destination it came over, or the source over which we sent it."""
    delivery: DeliveryId | None
    """To which it came; None: we have sent it."""
    state: ReplyState
    code: str
    """Why nothing could be proved at the last look; "" = it could."""
    submitted_at: datetime | None
    answered_at: datetime | None
    first_seen_at: datetime
    seen_at: datetime
    events: tuple[ChannelEvent, ...] = ()

    @property
    def since(self) -> datetime:
        """From when its days count, as far as we know."""
        return self.submitted_at or self.first_seen_at

    @property
    def listed(self) -> ListedReply:
        """What the channel calls it."""
        return ListedReply(reply=self.reply, case=self.channel_case)


class ReplyStore:
    """What is known of replies. Raises DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def belonging(
        self, tenant: TenantId, destination: DestinationId, cases: Collection[str]
    ) -> dict[str, DeliveryId]:
        """Deliveries of ours there by the channel's cases; all others are left out."""
        if not cases:
            return {}
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(TRANSMISSIONS.c.channel_case, TRANSMISSIONS.c.delivery_id).where(
                    TRANSMISSIONS.c.tenant_id == tenant,
                    TRANSMISSIONS.c.destination == destination,
                    TRANSMISSIONS.c.channel_case.in_(cases),
                    # Not known of every delivery; a reply that names none is nobody's.
                    TRANSMISSIONS.c.channel_case != "",
                )
            )
            return {row.channel_case: DeliveryId(row.delivery_id) for row in rows}

    async def open(self, tenant: TenantId, place: str) -> tuple[KnownReply, ...]:
        """Those there that nobody has answered, the oldest first."""
        return await self._open(REPLIES.c.tenant_id == tenant, REPLIES.c.place == place)

    async def unanswered(self, scope: Scope) -> tuple[KnownReply, ...]:
        """Those that somebody here has to answer, wherever they came over."""
        return await self._open(*within(scope), REPLIES.c.delivery_id != "")

    async def keep(
        self,
        delivery: DeliveryId,
        listed: ListedReply,
        seen: SeenReply,
        *,
        is_listed: bool,
        code: str = "",
    ) -> ReplyState:
        """What a look has shown of one to a delivery; how it stands then."""
        async with self._database.write("reply") as connection:
            row = await delivery_row(connection, delivery)
            ours = {
                "tenant_id": row.tenant_id,
                "office_id": row.office_id,
                "case_id": row.case_id,
            }
            place = {"place": row.destination, "delivery_id": delivery}
            known = await _state(connection, row.case_id, listed.reply)
            state = reply_stands(known, seen.state, is_listed=is_listed)
            looked = {"state": state.value, "code": code}
            await self._put(connection, ours | place | looked, listed, seen)
        return state

    async def sent(
        self, case: Case, source: SourceId, listed: ListedReply, seen: SeenReply
    ) -> None:
        """We have sent one in a case that came over this source."""
        values = {
            "tenant_id": case.tenant,
            "office_id": case.office,
            "case_id": case.id,
            "place": source,
            "delivery_id": "",
            "state": seen.state.value,
            "code": "",
        }
        async with self._database.write("reply sent") as connection:
            await self._put(connection, values, listed, seen)

    async def keep_sent(
        self, known: KnownReply, seen: SeenReply, *, is_due: bool, code: str = ""
    ) -> None:
        """What a look has shown of one of ours, while an answer is due to it."""
        state = sent_stands(known.state, seen.state, is_due=is_due)
        values = {
            "tenant_id": known.tenant,
            "office_id": known.office,
            "case_id": known.case,
            "place": known.place,
            "delivery_id": "",
            "state": state.value,
            "code": code,
        }
        async with self._database.write("reply sent, seen") as connection:
            await self._put(connection, values, known.listed, seen)

    async def close_all_but(
        self, watched: Collection[tuple[TenantId, DestinationId]]
    ) -> None:
        """Where nobody looks for replies any more, no disturbance tells of them."""
        async with self._database.write("replies unwatched") as connection:
            now = await self._database.now(connection)
            places = [(tenant, reply_place(name)) for tenant, name in watched]
            subject = tuple_(DISTURBANCES.c.tenant_id, DISTURBANCES.c.subject)
            await connection.execute(
                update(DISTURBANCES)
                .where(
                    DISTURBANCES.c.closed_at.is_(None),
                    DISTURBANCES.c.subject.startswith(PLACE),
                    subject.not_in(places),
                )
                .values(closed_at=now)
            )

    async def _open(self, *where: ColumnElement[bool]) -> tuple[KnownReply, ...]:
        async with self._database.read() as connection:
            rows = await connection.execute(_known().where(_IS_OPEN, *where))
            return tuple(map(_view, rows))

    async def _put(
        self,
        connection: AsyncConnection,
        values: dict[str, Any],
        listed: ListedReply,
        seen: SeenReply,
    ) -> None:
        now = await self._database.now(connection)
        told = {"submitted_at": seen.submitted_at, "answered_at": seen.answered_at}
        # What was proved once stays proved.
        proved = {name: at for name, at in told.items() if at is not None}
        fresh = {
            "reply": listed.reply,
            "channel_case": listed.case,
            "first_seen_at": now,
        }
        looked = values | proved | {"seen_at": now}
        await connection.execute(
            insert_or(connection, REPLIES)
            .values(fresh | looked)
            .on_conflict_do_update(index_elements=["case_id", "reply"], set_=looked)
        )
        owner = ("tenant_id", "office_id", "case_id")
        ours = {name: values[name] for name in owner} | {"submission": listed.reply}
        await keep_events(connection, ours, seen.events)


def as_replied(one: KnownReply) -> Replied:
    """For the rule that tells where it stands."""
    return Replied(
        number=one.number,
        place=one.place,
        is_ours=one.delivery is None,
        state=one.state,
        code=one.code,
        since=one.since,
        answered_at=one.answered_at,
    )


async def replies_of(
    connection: AsyncConnection, scope: Scope, text: str, cases: Sequence[str]
) -> tuple[KnownReply, ...]:
    """By case number, reply, channel case or delivery, and those in these cases."""
    statement = _known().where(
        *within(scope),
        or_(
            CASES.c.number == text,
            REPLIES.c.reply == text,
            REPLIES.c.channel_case == text,
            REPLIES.c.delivery_id == text,
            REPLIES.c.case_id.in_(cases),
        ),
    )
    rows = (await connection.execute(statement)).all()
    return tuple(
        [
            _view(row, await events_of(connection, row.case_id, row.reply))
            for row in rows
        ]
    )


async def _state(
    connection: AsyncConnection, case: str, reply: str
) -> ReplyState | None:
    found = await connection.execute(
        select(REPLIES.c.state).where(
            REPLIES.c.case_id == case, REPLIES.c.reply == reply
        )
    )
    row = found.first()
    return None if row is None else ReplyState(row.state)


def _known() -> Select[Found]:
    return (
        select(REPLIES, CASES.c.number)
        .join_from(REPLIES, CASES, CASES.c.id == REPLIES.c.case_id)
        .order_by(REPLIES.c.first_seen_at, REPLIES.c.reply)
    )


def _view(row: Found, events: tuple[ChannelEvent, ...] = ()) -> KnownReply:
    return KnownReply(
        case=CaseId(row.case_id),
        number=CaseNumber(row.number),
        tenant=TenantId(row.tenant_id),
        office=OfficeId(row.office_id),
        reply=row.reply,
        channel_case=row.channel_case,
        place=row.place,
        delivery=DeliveryId(row.delivery_id) if row.delivery_id else None,
        state=ReplyState(row.state),
        code=row.code,
        submitted_at=row.submitted_at,
        answered_at=row.answered_at,
        first_seen_at=row.first_seen_at,
        seen_at=row.seen_at,
        events=events,
    )
