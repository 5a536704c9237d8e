"""Channel submissions, their events and answers: values to rows and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.channels import ChannelEvent, ChannelSubmission, Intact, Unclear
from schemas.ids import CaseId, SourceId
from schemas.rules.mailbox import SETTLED
from schemas.states import Problem
from schemas.work import OrderedAnswer
from storage.codec import CLAIMS, INSPECTIONS, dump_problems, load_problems
from storage.columns import Found
from storage.database import IfNew
from storage.inserting import Rows
from storage.tables import ChannelEventRow, ChannelSubmissionRow
from storage.tables.base import table

SUBMISSIONS, EVENTS = table(ChannelSubmissionRow), table(ChannelEventRow)
_NEW_EVENTS = IfNew(EVENTS)
NONE, OWED, SENT, REFUSED = "none", "owed", "sent", "refused"
IS_OPEN: Final = and_(SUBMISSIONS.c.answer != SENT, SUBMISSIONS.c.answer != SETTLED)
"""The sender has heard nothing yet, and nobody has settled that."""
_UNANSWERED: Final = {
    "answer": NONE,
    "accepted": False,
    "problems": "[]",
    "token": None,
    "tries": 0,
    "code": "",
    "due_at": None,
    "answered_at": None,
    "warned": 0,
}


_ANSWERED_AT_ONCE: Final = """
    WITH changed AS (
        UPDATE channel_submissions
        SET answer = 'sent', answered_at = $2::timestamptz, code = '', due_at = NULL
        WHERE case_id = $1 AND answer <> 'none'
        RETURNING tenant_id, office_id, case_id, submission
    ), kept AS (
        INSERT INTO channel_events (tenant_id, office_id, case_id, submission,
                                    event_id, kind, author, at, token)
        SELECT changed.*, event.* FROM changed, unnest(
            $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bytea[]
        ) AS event ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM changed
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerState:
    """What became of the answer to a submission."""

    state: str
    """none (nothing was ordered), owed, sent, refused by the channel, or settled."""
    accepted: bool
    problems: tuple[Problem, ...]
    tries: int
    code: str
    due_at: datetime | None
    answered_at: datetime | None
    warned: int


def channel_rows(
    ours: dict[str, Any], submission: ChannelSubmission
) -> tuple[Rows, Rows]:
    """The submission and its events; ``ours`` says whose case it became."""
    claim, claim_body = CLAIMS.dump(submission.claim)
    inspection, inspection_body = INSPECTIONS.dump(submission.inspection)
    row = {
        **ours,
        "source": submission.source,
        "channel": submission.channel,
        "submission": submission.submission,
        "channel_case": submission.case,
        "submitted_at": submission.submitted_at,
        "claim": claim,
        "claim_body": claim_body.decode(),
        "proof": submission.proof,
        "inspection": inspection,
        "inspection_body": inspection_body.decode(),
        **_UNANSWERED,
    }
    distinct = {event.id: event for event in submission.events}
    named = {**ours, "submission": submission.submission}
    rows = [_event(named, event) for event in distinct.values()]
    return (SUBMISSIONS, [row]), (EVENTS, rows)


async def keep_events(
    connection: AsyncConnection,
    ours: dict[str, Any],
    events: Iterable[ChannelEvent],
) -> None:
    """Events of one submission; those that are there already stay as they are.

    ``ours`` says whose case and which submission.
    """
    rows = [_event(ours, event) for event in events]
    if rows:
        await connection.execute(_NEW_EVENTS.on(connection), rows)


def _event(ours: dict[str, Any], event: ChannelEvent) -> dict[str, Any]:
    return {
        **ours,
        "event_id": event.id,
        "kind": event.kind,
        "author": event.author,
        "at": event.at,
        "token": event.token,
    }


async def answered_at_once(
    connection: AsyncConnection,
    case: CaseId,
    events: tuple[ChannelEvent, ...],
    now: datetime,
) -> bool:
    """PostgreSQL's way to keep both; False where no answer was ordered."""
    changed = await connection.exec_driver_sql(
        _ANSWERED_AT_ONCE,
        (
            case,
            now,
            [one.id for one in events],
            [one.kind for one in events],
            [one.author for one in events],
            [one.at for one in events],
            [one.token for one in events],
        ),
    )
    return bool(changed.scalar_one())


async def settle_doubt(connection: AsyncConnection, case: CaseId, code: str) -> None:
    """A person has decided about what was unclear for this reason."""
    _, doubt = INSPECTIONS.dump(Unclear(code=code))
    kind, body = INSPECTIONS.dump(Intact())
    await connection.execute(
        update(SUBMISSIONS)
        .where(
            SUBMISSIONS.c.case_id == case,
            SUBMISSIONS.c.inspection == Unclear.__name__,
            SUBMISSIONS.c.inspection_body == doubt.decode(),
        )
        .values(inspection=kind, inspection_body=body.decode())
    )


async def order_answer(
    connection: AsyncConnection, case: CaseId, answer: OrderedAnswer, now: datetime
) -> None:
    """Owe it from now on, unless one was ordered before."""
    await connection.execute(
        update(SUBMISSIONS)
        .where(SUBMISSIONS.c.case_id == case, SUBMISSIONS.c.answer == NONE)
        .values(
            answer=OWED,
            accepted=answer.accepted,
            problems=dump_problems(answer.problems),
            due_at=now,
        )
    )


async def events_of(
    connection: AsyncConnection, case: str, submission: str
) -> tuple[ChannelEvent, ...]:
    """The verified events of one submission, in order."""
    rows = await connection.execute(
        select(EVENTS)
        .where(EVENTS.c.case_id == case, EVENTS.c.submission == submission)
        .order_by(EVENTS.c.at, EVENTS.c.event_id)
    )
    return tuple(
        ChannelEvent(
            id=row.event_id,
            kind=row.kind,
            author=row.author,
            at=row.at,
            token=row.token,
        )
        for row in rows
    )


def submission_of(
    row: Found, events: tuple[ChannelEvent, ...] = ()
) -> ChannelSubmission:
    """A submission from a row of its table."""
    return ChannelSubmission(
        source=SourceId(row.source),
        channel=row.channel,
        submission=row.submission,
        case=row.channel_case,
        submitted_at=row.submitted_at,
        claim=CLAIMS.load(row.claim, row.claim_body),
        proof=row.proof,
        inspection=INSPECTIONS.load(row.inspection, row.inspection_body),
        events=events,
    )


def answer_of(row: Found) -> AnswerState:
    """What became of the answer, from a row of the same table."""
    return AnswerState(
        state=row.answer,
        accepted=row.accepted,
        problems=load_problems(row.problems),
        tries=row.tries,
        code=row.code,
        due_at=row.due_at,
        answered_at=row.answered_at,
        warned=row.warned,
    )
