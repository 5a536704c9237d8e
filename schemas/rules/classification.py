"""What an exception that left a step means: the kind decides."""

from typing import assert_never

from schemas.errors import EngineError, FailureKind
from schemas.states import Problem
from schemas.steps import Away, Isolate, Refuse, StepResult

BUG = "E-BUG"
TIMEOUT = "E-STEP-DEADLINE"


def classify(error: BaseException, *, counterpart: str) -> StepResult:
    """Sender must correct: refuse. Counterpart away: it waits. Ours: quarantine."""
    if isinstance(error, TimeoutError):
        return Isolate(code=TIMEOUT)
    if not isinstance(error, EngineError):
        return Isolate(code=BUG)
    match error.kind:
        case FailureKind.SENDER:
            return Refuse(problems=(_problem(error),))
        case FailureKind.AWAY:
            return Away(counterpart=counterpart, code=error.code, whole=True)
        case FailureKind.OURS:
            return Isolate(code=error.code)
    assert_never(error.kind)


def _problem(error: EngineError) -> Problem:
    return Problem(
        code=error.code, location="", german=error.sentence, english=error.sentence
    )
