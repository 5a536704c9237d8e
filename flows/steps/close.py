"""close: nothing is left to do."""

from flows.case_work import CaseWork
from schemas.events import CaseClosed
from schemas.ids import StepName
from schemas.states import Archived, Closed
from schemas.steps import Done, StepResult


async def close(work: CaseWork, step: StepName) -> StepResult:
    """The end of an ordinary case."""
    del step
    state = work.state
    package = state.package if isinstance(state, Archived) else ""
    return Done(state=Closed(package=package), event=CaseClosed())
