"""How a case stands, in words for senders: stable, and without our failures."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, TypeAlias, assert_never

from schemas import states as s
from schemas.cases import Case
from schemas.ids import TrackingId
from schemas.states import CaseState

Json: TypeAlias = "str | int | list[Json] | dict[str, Json]"

SUBMISSIONS: Final = "/api/v1/submissions"


def status_of(state: CaseState) -> str:  # noqa: C901 - one branch per state
    """The word for a state; a dead letter is still on its way for the sender."""
    match state:
        case s.Received():
            return "received"
        case s.Checked():
            return "checked"
        case s.Acknowledged() | s.Assigned():
            return "accepted"
        case s.InReview():
            return "in_review"
        case s.Delivering() | s.Undeliverable():
            return "in_delivery"
        case s.Delivered():
            return "delivered"
        case s.Archived():
            return "archived"
        case s.Closed():
            return "closed"
        case s.Refused():
            return "refused"
        case s.Quarantined() | s.Waiting():
            return "held"
        case _:
            assert_never(state)


def address_of(tracking: TrackingId) -> str:
    """Where a sender asks for a submission."""
    return f"{SUBMISSIONS}/{tracking}"


def receipt_of(case: Case, status: str) -> dict[str, Json]:
    """The answer to a submission."""
    return {
        "case_number": case.number,
        "tracking_id": case.tracking_id,
        "status": status,
        "links": {"self": address_of(case.tracking_id)},
    }


def standing_of(case: Case) -> dict[str, Json]:
    """The answer to the question how a submission stands."""
    answer = receipt_of(case, status_of(case.state)) | {
        "service": case.service,
        "received_at": case.received_at.isoformat(),
        "changed_at": case.changed_at.isoformat(),
    }
    if case.replaces is not None:
        answer["replaces"] = case.replaces
    if isinstance(case.state, s.Refused):
        answer["problems"] = problems_of(case.state)
    return answer


def problems_of(refused: s.Refused) -> list[Json]:
    """What the sender must correct, in both languages."""
    return [_problem(problem) for problem in refused.problems]


def _problem(problem: s.Problem) -> Json:
    said: dict[str, Json] = {"code": problem.code, "location": problem.location}
    if problem.line:
        said["line"] = problem.line
    if problem.detail:
        said["detail"] = problem.detail
    return said | {"german": problem.german, "english": problem.english}


def count_of(cases: Sequence[Case]) -> dict[str, Json]:
    """How many stand how."""
    return dict(sorted(Counter(status_of(case.state) for case in cases).items()))
