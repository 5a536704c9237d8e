"""Where something is that came or went over a channel: all that we know of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.cases import Case
from schemas.channels import ChannelEvent, ChannelSubmission, Stage
from schemas.ids import DeliveryId, DestinationId
from schemas.scope import Scope
from schemas.states import Problem
from storage.cases import within
from storage.channel_rows import AnswerState, answer_of, events_of, submission_of
from storage.codec import load_problems
from storage.columns import Found
from storage.replies import KnownReply, replies_of
from storage.rows import case_of
from storage.tables import (
    CaseRow,
    ChannelSubmissionRow,
    DeliveryRow,
    TransmissionRow,
)
from storage.tables.base import table

CASES, SUBMISSIONS = table(CaseRow), table(ChannelSubmissionRow)
DELIVERIES, TRANSMISSIONS = table(DeliveryRow), table(TransmissionRow)
_MOST = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmissionTrace:
    """A submission that came in, its case and its answer."""

    case: Case
    submission: ChannelSubmission
    answer: AnswerState


@dataclass(frozen=True, kw_only=True, slots=True)
class TransmissionTrace:
    """A delivery of ours, and how it stands at its counterpart."""

    case: Case
    delivery: DeliveryId
    destination: DestinationId
    generation: int
    delivery_state: str
    stage: Stage | None
    """None: the counterpart's log has not been seen yet."""
    submission: str
    channel_case: str
    code: str
    problems: tuple[Problem, ...]
    events: tuple[ChannelEvent, ...]
    next_look_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Traces:
    """Everything found, oldest first."""

    submissions: tuple[SubmissionTrace, ...] = ()
    transmissions: tuple[TransmissionTrace, ...] = ()
    replies: tuple[KnownReply, ...] = ()


async def traces(connection: AsyncConnection, scope: Scope, text: str) -> Traces:
    """By case number, submission, channel case, delivery or reply."""
    came = (await connection.execute(_came(scope, text))).all()
    went = (await connection.execute(_went(scope, text))).all()
    cases = sorted({row.case_id for row in (*came, *went)})
    return Traces(
        submissions=tuple([await _submission(connection, row) for row in came]),
        transmissions=tuple([await _transmission(connection, row) for row in went]),
        replies=await replies_of(connection, scope, text, cases),
    )


def _came(scope: Scope, text: str) -> Select[Found]:
    return (
        select(SUBMISSIONS)
        .join_from(SUBMISSIONS, CASES, CASES.c.id == SUBMISSIONS.c.case_id)
        .where(
            *within(scope),
            or_(
                CASES.c.number == text,
                SUBMISSIONS.c.submission == text,
                SUBMISSIONS.c.channel_case == text,
            ),
        )
        .order_by(SUBMISSIONS.c.submitted_at)
        .limit(_MOST)
    )


def _went(scope: Scope, text: str) -> Select[Found]:
    delivery = DELIVERIES.c.id == TRANSMISSIONS.c.delivery_id
    return (
        select(TRANSMISSIONS, DELIVERIES.c.generation, DELIVERIES.c.state)
        .join_from(TRANSMISSIONS, DELIVERIES, delivery)
        .join(CASES, CASES.c.id == TRANSMISSIONS.c.case_id)
        .where(
            *within(scope),
            or_(
                CASES.c.number == text,
                TRANSMISSIONS.c.delivery_id == text,
                TRANSMISSIONS.c.submission == text,
                TRANSMISSIONS.c.channel_case == text,
            ),
        )
        .order_by(TRANSMISSIONS.c.changed_at)
        .limit(_MOST)
    )


async def _submission(connection: AsyncConnection, row: Found) -> SubmissionTrace:
    events = await events_of(connection, row.case_id, row.submission)
    return SubmissionTrace(
        case=await _case(connection, CASES.c.id == row.case_id),
        submission=submission_of(row, events),
        answer=answer_of(row),
    )


async def _transmission(connection: AsyncConnection, row: Found) -> TransmissionTrace:
    return TransmissionTrace(
        case=await _case(connection, CASES.c.id == row.case_id),
        delivery=DeliveryId(row.delivery_id),
        destination=DestinationId(row.destination),
        generation=row.generation,
        delivery_state=row.state,
        stage=Stage(row.stage) if row.stage else None,
        submission=row.submission,
        channel_case=row.channel_case,
        code=row.code,
        problems=load_problems(row.problems),
        events=await events_of(connection, row.case_id, row.submission),
        next_look_at=row.next_look_at,
        changed_at=row.changed_at,
    )


async def _case(connection: AsyncConnection, which: ColumnElement[bool]) -> Case:
    return case_of((await connection.execute(select(CASES).where(which))).one())
