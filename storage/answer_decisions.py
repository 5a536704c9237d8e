"""What people decide about answers: once more, or settled without the channel.

FIT-Connect rejects by itself what nobody has answered for fourteen days, and keeps
one answer only. What it decided without us can be sent no more: somebody talks to
the sender, and says so here.
"""

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import CaseMoved, StateForbids, UnknownCase
from schemas.events import DecisionTaken
from schemas.ids import CaseId, CaseNumber
from schemas.rules.mailbox import SETTLED, why_not_settled
from schemas.scope import Scope
from storage.cases import within
from storage.channel_rows import NONE, OWED, REFUSED
from storage.columns import Found
from storage.deadlines import close_met
from storage.decisions import Decision, append, hold
from storage.source_states import subject_of
from storage.tables import CaseRow, ChannelSubmissionRow, DisturbanceRow
from storage.tables.base import table

CASES, SUBMISSIONS = table(CaseRow), table(ChannelSubmissionRow)
DISTURBANCES = table(DisturbanceRow)


async def owe_again(
    connection: AsyncConnection, scope: Scope, number: CaseNumber, now: datetime
) -> None:
    """An operator wants the answer sent once more.

    One that was refused is signed anew: perhaps it was the signature, or what
    was signed. Raises UnknownCase, CaseMoved, StateForbids.
    """
    found = await connection.execute(
        select(SUBMISSIONS.c.case_id, SUBMISSIONS.c.answer)
        .join_from(SUBMISSIONS, CASES, CASES.c.id == SUBMISSIONS.c.case_id)
        .where(*within(scope), CASES.c.number == number)
    )
    row = found.first()
    if row is None:
        raise UnknownCase
    if row.answer == NONE:
        raise StateForbids(why_not_settled(NONE, "", number))
    if row.answer == SETTLED:
        raise StateForbids("It is settled: the channel takes no answer any more.")
    values = {"answer": OWED, "due_at": now}
    if row.answer == REFUSED:
        values["token"] = None
    changed = await connection.execute(
        update(SUBMISSIONS)
        .where(SUBMISSIONS.c.case_id == row.case_id, SUBMISSIONS.c.answer == row.answer)
        .values(values)
    )
    if not changed.rowcount:
        # Perhaps it was settled at this moment; then it is owed no more.
        raise CaseMoved


async def settle_answer(
    connection: AsyncConnection,
    which: tuple[Scope, CaseNumber],
    decision: Decision,
    now: datetime,
) -> bool:
    """A person has talked to the sender; False where that was said before.

    The case stays where it stands, also at its end. Raises UnknownCase, CaseMoved,
    StateForbids.
    """
    scope, number = which
    # The case first, as every worker does: else each could wait for the other.
    held = await hold(connection, scope, number)
    row = await _answer_of(connection, held.case.id)
    if row.answer == SETTLED:
        return False
    if why_not := why_not_settled(row.answer, row.code, number):
        raise StateForbids(why_not)
    taken = DecisionTaken(question=row.code, answer=SETTLED, reason=decision.reason)
    await append(connection, held, ((taken,), decision.actor), now)
    await connection.execute(
        update(SUBMISSIONS)
        .where(SUBMISSIONS.c.case_id == held.case.id)
        .values(answer=SETTLED)
    )
    await _close_trouble(connection, row, now)
    await close_met(connection, now)
    return True


async def _answer_of(connection: AsyncConnection, case: CaseId) -> Found:
    found = await connection.execute(
        select(SUBMISSIONS).where(SUBMISSIONS.c.case_id == case)
    )
    row = found.first()
    if row is None:
        raise StateForbids("It came over no channel that would want an answer.")
    return row


async def _close_trouble(
    connection: AsyncConnection, row: Found, now: datetime
) -> None:
    """It is over when no other answer of the source was refused for the same."""
    same = (
        SUBMISSIONS.c.tenant_id == row.tenant_id,
        SUBMISSIONS.c.source == row.source,
        SUBMISSIONS.c.code == row.code,
        SUBMISSIONS.c.answer == REFUSED,
    )
    await connection.execute(
        update(DISTURBANCES)
        .where(
            DISTURBANCES.c.tenant_id == row.tenant_id,
            DISTURBANCES.c.subject == subject_of(row.source),
            DISTURBANCES.c.reason == row.code,
            DISTURBANCES.c.closed_at.is_(None),
            ~exists(select(1).where(*same)),
        )
        .values(closed_at=now)
    )
