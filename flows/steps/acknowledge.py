"""acknowledge: the technical receipt, in the sender's standard."""

from flows.case_work import CaseWork
from schemas.events import Event, ReceiptOrdered, ReceiptSent
from schemas.ids import StepName
from schemas.states import Acknowledged, Problem, Refused
from schemas.steps import Done, StepResult
from schemas.work import OrderedAnswer


async def acknowledge(work: CaseWork, step: StepName) -> StepResult:
    """Over HTTP the receipt is the status a sender reads; nothing is sent.

    Over a channel it is ordered here, committed with the case, and sent by whoever
    looks after the source: never an acceptance without a case.
    """
    del step
    problems: tuple[Problem, ...] = ()
    state = work.state
    accepted = not isinstance(state, Refused)
    if isinstance(state, Refused):
        problems = state.problems
    else:
        state = Acknowledged()
    if work.source is None:
        sent: Event = ReceiptSent(accepted=accepted)
        return Done(state=state, event=sent)
    return Done(
        state=state,
        event=ReceiptOrdered(accepted=accepted),
        answer=OrderedAnswer(accepted=accepted, problems=problems),
    )
