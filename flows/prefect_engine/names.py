"""What runs are called and what they say: case numbers and codes, nothing else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from flows.batch import CaseOutcome
from schemas.ids import CaseId, CaseNumber
from storage.jobs import JobStatus

FLOW: Final = "process-cases"
DEPLOYMENT: Final = "process-cases/process-cases"
NO_EFFECT: Final = (
    "Abbrechen und Wiederholen in Prefect wirken auf keinen Vorgang;"
    " das geht nur in Amtsweg."
)
"""In every run: what the buttons beside it do not do."""
LATE: Final = f"Amtsweg hat nicht auf diesen Lauf gewartet. {NO_EFFECT}"
ABANDONED: Final = (
    "Der Arbeitsprozess dieses Laufs lebt nicht mehr; seine Vorgänge laufen in"
    f" Amtsweg weiter. {NO_EFFECT}"
)
UNKNOWN_RUN: Final = f"Diesen Lauf bearbeitet niemand mehr. {NO_EFFECT}"
_WAITING: Final = frozenset({"InReview", "Waiting"})
_HEADINGS: Final = ("Vorgang", "Schritte", "Stand", "Code")


class Verdict(Enum):
    """How a run ends, in Prefect's words."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CRASHED = "CRASHED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """The state a run ends in."""

    verdict: Verdict
    name: str
    message: str


def completed(message: str) -> Ending:
    """It went well."""
    return Ending(verdict=Verdict.COMPLETED, name="Completed", message=message)


def failed(code: str) -> Ending:
    """It did not go well; the code is all that may be said."""
    return Ending(verdict=Verdict.FAILED, name="Failed", message=code)


UNRECORDED: Final = completed(
    "Prefect war länger fort, als sich Läufe nachtragen lassen;"
    " die Vorgänge selbst stehen vollständig in Amtsweg."
)
NO_RESULT: Final = failed(
    f"Ohne Ergebnis; ein anderer Lauf setzt den Vorgang fort. {NO_EFFECT}"
)


def run_name(numbers: Sequence[CaseNumber]) -> str:
    """The case's number, or how many there are."""
    return numbers[0] if len(numbers) == 1 else f"{len(numbers)} Vorgänge"


def run_tags(numbers: Sequence[CaseNumber]) -> list[str]:
    """One tag per case: how Prefect's search finds the runs of a case."""
    return [f"case:{number}" for number in numbers]


def left_otherwise(outcome: CaseOutcome) -> bool:
    """Whether the case left the run other than by success."""
    return bool(outcome.code)


def ending_of(outcomes: Sequence[CaseOutcome], cases: int) -> Ending:
    """A run of one case ends as the case fared; a bigger one has done its work."""
    if cases == 1:
        return _ending_of_one(outcomes[0]) if outcomes else NO_RESULT
    counts = f"{cases} Vorgänge, {sum(map(left_otherwise, outcomes))} mit Code"
    missing = cases - len(outcomes)
    if missing:
        counts += f", {missing} ohne Ergebnis"
    return completed(f"{counts}. {NO_EFFECT}")


def ending_of_own(outcome: CaseOutcome) -> Ending:
    """How the run of its own ends that shows a case's way out of a bigger one."""
    return failed(outcome.code)


def worked_on(cases: int) -> str:
    """What a run says that was started by hand."""
    found = f"{cases} fällige Vorgänge bearbeitet" if cases else "Es war nichts fällig"
    return f"{found}. {NO_EFFECT}"


def closed_runs(closed: int, alive: int) -> str:
    """What a reconciling run says."""
    return f"{closed} verlassene Läufe geschlossen, an {alive} wird gearbeitet."


def progress(job: JobStatus) -> float:
    """In percent."""
    return 100.0 * (job.total - job.waiting) / job.total if job.total else 100.0


def progress_text(job: JobStatus) -> str:
    """How far a job is, in numbers."""
    return (
        f"{job.done} von {job.total} bestätigt, {job.failed} gescheitert,"
        f" {job.waiting} offen"
    )


def followed(job: JobStatus) -> Ending:
    """How a run ends that has watched a job."""
    match job.state:
        case "done":
            return completed(f"{progress_text(job)}.")
        case "stopped":
            message = f"Angehalten: {progress_text(job)}."
            return Ending(verdict=Verdict.COMPLETED, name="Angehalten", message=message)
        case _:
            return completed(f"Läuft in Amtsweg weiter: {progress_text(job)}.")


def artifact_of(
    outcomes: Sequence[CaseOutcome],
    *,
    own: Collection[CaseId] = (),
) -> str:
    """All cases of a run as a table; ``own``: those with a run of their own."""
    lines = [_row(_HEADINGS), _row(["---"] * len(_HEADINGS))]
    lines += [
        _row((one.number, ", ".join(one.steps) or "–", one.state, one.code or "–"))
        for one in sorted(outcomes, key=lambda one: one.number)
    ]
    only_here = sum(left_otherwise(one) and one.case not in own for one in outcomes)
    if own or (only_here and len(outcomes) > 1):
        lines += ["", f"Mit eigenem Lauf: {len(own)}, nur hier: {only_here}."]
    return "\n".join([*lines, "", NO_EFFECT])


def _ending_of_one(outcome: CaseOutcome) -> Ending:
    if outcome.code:
        return ending_of_own(outcome)
    if outcome.state in _WAITING or outcome.destination:
        return Ending(
            verdict=Verdict.COMPLETED,
            name="Wartet",
            message=f"Der Vorgang wartet ({outcome.state}). {NO_EFFECT}",
        )
    return completed(f"{outcome.state}. {NO_EFFECT}")


def _row(cells: Sequence[str]) -> str:
    # Ours have no bars; a guard all the same.
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
