"""Promises about what senders see: stable words, none of our failures."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from api.standing import count_of, problems_of, standing_of, status_of
from schemas import states as s
from schemas.cases import Case
from schemas.ids import (
    CaseId,
    CaseNumber,
    DestinationId,
    OfficeId,
    SenderId,
    ServiceKey,
    SnapshotHash,
    StepName,
    TrackingId,
)
from schemas.scope import DEFAULT_TENANT
from schemas.states import CaseState

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEP = StepName("schritt-geheim")
WHERE = DestinationId("fachverfahren-geheim")
CASE = Case(
    id=CaseId("c"),
    tenant=DEFAULT_TENANT,
    office=OfficeId("o"),
    number=CaseNumber("2026-000001"),
    tracking_id=TrackingId("T"),
    service=ServiceKey("1"),
    sender=SenderId("s"),
    snapshot=SnapshotHash("h"),
    state=s.Received(),
    received_at=NOW,
    changed_at=NOW,
    replaces=None,
)
PROBLEM = s.Problem(
    code="P-1", location="/antrag", german="Es fehlt.", english="It is missing."
)
STATES: list[tuple[CaseState, str]] = [
    (s.Received(), "received"),
    (s.Checked(), "checked"),
    (s.Acknowledged(), "accepted"),
    (s.Assigned(destinations=(WHERE,)), "accepted"),
    (s.InReview(question="q", step=STEP, since=NOW), "in_review"),
    (s.Delivering(destination=WHERE, since=NOW), "in_delivery"),
    (s.Undeliverable(destination=WHERE, code="E-X", since=NOW), "in_delivery"),
    (s.Delivered(), "delivered"),
    (s.Archived(package="p"), "archived"),
    (s.Closed(package="p"), "closed"),
    (s.Refused(problems=(PROBLEM,)), "refused"),
    (s.Waiting(reason="r", step=STEP, until=NOW), "held"),
    (
        s.Quarantined(code="E-POISON", step=STEP, since=NOW, acknowledged=False),
        "held",
    ),
]


def test_every_state_has_its_word() -> None:
    assert {type(state) for state, _ in STATES} == set(get_args(CaseState))
    assert [status_of(state) for state, _ in STATES] == [word for _, word in STATES]


def test_no_failure_of_ours_is_told() -> None:
    for state, _ in STATES:
        told = str(standing_of(replace(CASE, state=state)))
        assert not any(ours in told for ours in ("E-", WHERE, STEP, "'q'"))


def test_a_refused_case_tells_what_to_correct_in_both_languages() -> None:
    told = standing_of(replace(CASE, state=s.Refused(problems=(PROBLEM,))))

    assert told["problems"] == [
        {
            "code": "P-1",
            "location": "/antrag",
            "german": "Es fehlt.",
            "english": "It is missing.",
        }
    ]


def test_a_problem_tells_the_line_and_the_rule_of_the_standard_where_there_is_one() -> (
    None
):
    broken = replace(PROBLEM, line=14, detail="CVC_PATTERN_VALID")

    [told] = problems_of(s.Refused(problems=(broken,)))

    assert told == {
        "code": "P-1",
        "location": "/antrag",
        "line": 14,
        "detail": "CVC_PATTERN_VALID",
        "german": "Es fehlt.",
        "english": "It is missing.",
    }


def test_a_correction_tells_what_it_replaces() -> None:
    assert "replaces" not in standing_of(CASE)
    assert standing_of(replace(CASE, replaces=TrackingId("A")))["replaces"] == "A"


def test_cases_are_counted_by_word() -> None:
    cases = [replace(CASE, state=state) for state, _ in STATES]

    assert count_of(cases)["in_delivery"] == count_of(cases)["held"] == 2
