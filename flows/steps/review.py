"""review: a person decides before the case goes on."""

from flows.case_work import CaseWork
from schemas.ids import StepName
from schemas.steps import AskPerson, StepResult

QUESTION = "review"


async def review(work: CaseWork, step: StepName) -> StepResult:
    """The case rests; the decision gives this step its result."""
    del work, step
    return AskPerson(question=QUESTION)
