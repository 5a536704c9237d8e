"""Every state has a German word and says what to do next."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from api.cli.advice import advice
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
from schemas.rules.destinations import Held, Open, Paused
from schemas.rules.settlement import UNKNOWN
from schemas.rules.wording import (
    case_word,
    delivery_word,
    destination_word,
    find_kind,
    job_word,
    kinds,
    wording,
)
from schemas.scope import DEFAULT_TENANT
from schemas.states import CaseState

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZIEL = DestinationId("fachverfahren")
STATES: tuple[CaseState, ...] = (
    s.Received(),
    s.Checked(),
    s.Acknowledged(),
    s.Assigned(destinations=(ZIEL,)),
    s.InReview(question=UNKNOWN, step=StepName(f"deliver:{ZIEL}"), since=NOW),
    s.InReview(question="E-REVIEW", step=StepName("review"), since=NOW),
    s.Delivering(destination=ZIEL, since=NOW),
    s.Delivered(),
    s.Archived(package="p"),
    s.Closed(package="p"),
    s.Refused(problems=()),
    s.Quarantined(code="E-BUG", step=StepName("check"), since=NOW, acknowledged=True),
    s.Quarantined(
        code="E-CHECK-UNKNOWN-SCHEMA",
        step=StepName("check"),
        since=NOW,
        acknowledged=False,
    ),
    s.Waiting(reason="Termin", step=StepName("await"), until=NOW),
    s.Undeliverable(destination=ZIEL, code="E-GIVEN-UP", since=NOW),
)


def case_in(state: CaseState) -> Case:
    return Case(
        id=CaseId("c"),
        tenant=DEFAULT_TENANT,
        office=OfficeId("wohngeld"),
        number=CaseNumber("2026-000001"),
        tracking_id=TrackingId("T"),
        service=ServiceKey("99107023017000"),
        sender=SenderId("formserver"),
        snapshot=SnapshotHash(""),
        state=state,
        received_at=NOW,
        changed_at=NOW,
        replaces=None,
    )


def test_every_state_is_spoken_of() -> None:
    assert {type(state) for state in STATES} == set(get_args(CaseState))
    assert set(kinds()) == {kind.__name__ for kind in get_args(CaseState)}
    assert len(set(kinds().values())) == len(kinds())


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_a_state_has_a_word_and_a_next_step(state: CaseState) -> None:
    words = wording(state)

    assert words.word == case_word(type(state).__name__)
    assert words.next.endswith(".")
    assert advice(case_in(state))


@pytest.mark.parametrize("kind", kinds())
def test_a_state_is_found_by_its_name_and_its_word(kind: str) -> None:
    for typed in (kind, kind.lower(), kinds()[kind], kinds()[kind].upper()):
        assert find_kind(typed) == kind
    assert find_kind("in-review") == "InReview"
    assert find_kind("verschwunden") == ""


def test_what_needs_a_command_names_it() -> None:
    named = {
        type(state).__name__
        for state in STATES
        if "amtsweg " in advice(case_in(state)) and "--reason" in advice(case_in(state))
    }

    assert named == {"InReview", "Quarantined", "Undeliverable"}


def test_destinations_deliveries_and_jobs_have_words() -> None:
    paused = Paused(
        reason="E", since=NOW, wait=timedelta(seconds=10), next_probe_at=NOW
    )
    words = [
        destination_word(state)
        for state in (Open(), Open(parallel=1), paused, Held(reason="x", since=NOW))
    ]

    assert words == ["offen", "läuft wieder an", "gestört", "angehalten"]
    assert delivery_word("dead") == "unzustellbar"
    assert job_word("running") == "läuft"
    assert delivery_word("new-one") == "new-one"
