"""acknowledge: the technical receipt, in the sender's standard."""

from flows.case_work import CaseWork
from schemas.events import ReceiptSent
from schemas.ids import StepName
from schemas.states import Acknowledged, Refused
from schemas.steps import Done, StepResult


async def acknowledge(work: CaseWork, step: StepName) -> StepResult:
    """Over HTTP the receipt is the status a sender reads; nothing is sent."""
    del step
    if isinstance(work.state, Refused):
        return Done(state=work.state, event=ReceiptSent(accepted=False))
    return Done(state=Acknowledged(), event=ReceiptSent(accepted=True))
