"""The vocabulary of processes: one file and one line a step.

Names are append-only: an open case may name any of them years later.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flows.case_work import CaseWork
from flows.steps.acknowledge import acknowledge
from flows.steps.archive import COUNTERPART, archive
from flows.steps.assign import assign
from flows.steps.check import check
from flows.steps.close import close
from flows.steps.deliver import deliver
from flows.steps.review import review
from flows.steps.scan import scan
from schemas.ids import StepName
from schemas.limits import CHECK_DEADLINE, DELIVER_DEADLINE, STEP_DEADLINE
from schemas.steps import StepResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step: what it does, and whether it acts on the outside."""

    run: Callable[[CaseWork, StepName], Awaitable[StepResult]]
    counterpart: str = ""
    """Whom it needs, so that the counterpart and not the case waits."""
    is_effect: bool = False
    commits_itself: bool = False
    deadline: timedelta = STEP_DEADLINE


STEPS: Final[Mapping[str, Step]] = {
    "check": Step(run=check, deadline=CHECK_DEADLINE),
    "scan": Step(run=scan),
    "acknowledge": Step(run=acknowledge),
    "assign": Step(run=assign),
    "review": Step(run=review),
    "deliver": Step(
        run=deliver, is_effect=True, commits_itself=True, deadline=DELIVER_DEADLINE
    ),
    "archive": Step(run=archive, counterpart=COUNTERPART, is_effect=True),
    "close": Step(run=close),
}


def step_for(name: StepName) -> Step | None:
    """The step behind a name such as ``deliver:fachverfahren``."""
    return STEPS.get(name.partition(":")[0])
