"""What Prefect is told of a run is made of numbers and codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.batch import CaseOutcome
from flows.prefect_engine.names import (
    NO_EFFECT,
    NO_RESULT,
    Verdict,
    artifact_of,
    ending_of,
    followed,
    progress,
    run_name,
    run_tags,
    worked_on,
)
from schemas.ids import CaseNumber
from storage.jobs import JobStatus
from tests.fakes.runs import make_outcome


def numbers(*values: int) -> list[CaseNumber]:
    return [CaseNumber(f"2026-{value:06d}") for value in values]


def job(state: str, **counts: int) -> JobStatus:
    defaults = {"total": 0, "done": 0, "failed": 0, "waiting": 0}
    return JobStatus(id="job", state=state, **defaults | counts)


def test_a_run_of_one_case_bears_its_number() -> None:
    assert run_name(numbers(7)) == "2026-000007"


def test_a_bigger_run_says_how_many_cases_it_carries() -> None:
    assert run_name(numbers(1, 2, 3)) == "3 Vorgänge"


def test_every_case_has_its_tag() -> None:
    assert run_tags(numbers(1, 2)) == ["case:2026-000001", "case:2026-000002"]


def test_a_case_that_went_well_completes_its_run() -> None:
    ending = ending_of([make_outcome()], 1)

    assert (ending.verdict, ending.name) == (Verdict.COMPLETED, "Completed")


def test_a_case_with_a_code_fails_its_run_with_that_code_alone() -> None:
    ending = ending_of([make_outcome(code="E-HTTP-REFUSED")], 1)

    assert (ending.verdict, ending.message) == (Verdict.FAILED, "E-HTTP-REFUSED")


@pytest.mark.parametrize(
    "outcome",
    [
        make_outcome(state="InReview"),
        make_outcome(state="Waiting"),
        make_outcome(state="Delivering", destination="fachverfahren"),
    ],
)
def test_a_case_that_waits_says_so(outcome: CaseOutcome) -> None:
    ending = ending_of([outcome], 1)

    assert (ending.verdict, ending.name) == (Verdict.COMPLETED, "Wartet")


def test_a_bigger_run_completes_whatever_becomes_of_its_cases() -> None:
    ending = ending_of([make_outcome(), make_outcome(code="E-X")], 2)

    assert ending.verdict is Verdict.COMPLETED
    assert "2 Vorgänge, 1 mit Code" in ending.message


def test_cases_without_an_outcome_are_counted() -> None:
    assert "1 ohne Ergebnis" in ending_of([make_outcome()], 2).message
    assert ending_of([], 1) == NO_RESULT


def test_every_completed_run_says_what_the_buttons_do_not_do() -> None:
    assert NO_EFFECT in ending_of([make_outcome()], 1).message
    assert NO_EFFECT in ending_of([make_outcome(), make_outcome()], 2).message
    assert NO_EFFECT in worked_on(0)
    assert NO_EFFECT in artifact_of([make_outcome()])


def test_the_artifact_lists_all_cases_in_order() -> None:
    table = artifact_of(
        [
            make_outcome("2026-000002", code="E-X", steps=()),
            make_outcome("2026-000001"),
        ]
    )

    assert table.splitlines()[:4] == [
        "| Vorgang | Schritte | Stand | Code |",
        "| --- | --- | --- | --- |",
        "| 2026-000001 | check, deliver | Closed | – |",
        "| 2026-000002 | – | Closed | E-X |",
    ]


def test_the_artifact_counts_those_that_only_stand_here() -> None:
    outcomes = [make_outcome(f"2026-00000{n}", code="E-X") for n in range(3)]

    table = artifact_of(outcomes, own={outcomes[0].case})

    assert "Mit eigenem Lauf: 1, nur hier: 2." in table


@given(st.lists(st.text(alphabet="ab|", max_size=5), min_size=1, max_size=3))
def test_nothing_breaks_out_of_the_table(steps: list[str]) -> None:
    row = artifact_of([make_outcome(steps=tuple(steps))]).splitlines()[2]

    assert row.count("|") == 5


@pytest.mark.parametrize(
    ("status", "percent"),
    [
        (job("running", total=4, done=1, waiting=3), 25.0),
        (job("done", total=4, done=3, failed=1), 100.0),
        (job("done"), 100.0),
    ],
)
def test_progress_is_what_waits_no_more(status: JobStatus, percent: float) -> None:
    assert progress(status) == percent


def test_a_watched_job_says_how_it_ended() -> None:
    assert followed(job("done")).name == "Completed"
    assert followed(job("stopped")).name == "Angehalten"
    assert "weiter" in followed(job("running")).message
