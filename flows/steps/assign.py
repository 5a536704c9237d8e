"""assign: where the case goes, by the configuration it was received under."""

from flows.case_work import CaseWork
from schemas.events import CaseAssigned
from schemas.ids import StepName
from schemas.states import Assigned
from schemas.steps import Done, StepResult


async def assign(work: CaseWork, step: StepName) -> StepResult:
    """Every destination the service names."""
    del step
    destinations = work.plan.destinations
    return Done(
        state=Assigned(destinations=destinations),
        event=CaseAssigned(destinations=destinations),
    )
