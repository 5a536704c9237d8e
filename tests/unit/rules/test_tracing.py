"""What people are told of a submission: where, until when, what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.channels import ChannelEvent, Stage
from schemas.ids import StepName
from schemas.rules.tracing import (
    ANSWERED_OTHERWISE,
    REJECTED_BY_SERVICE,
    Came,
    Went,
    in_order,
    standing_of_came,
    standing_of_went,
    together,
)
from schemas.states import CaseState, Checked, Closed, Quarantined, Refused

SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IN_QUARANTINE = Quarantined(
    code="E-X", step=StepName("check"), since=SENT, acknowledged=False
)


def event(kind: str, day: int = 0) -> ChannelEvent:
    return ChannelEvent(
        id=f"{kind}{day}",
        kind=kind,
        author="service",
        at=SENT + timedelta(days=day),
        token=b"",
    )


def came(
    answer: str,
    *,
    state: CaseState | None = None,
    accepted: bool = True,
    code: str = "",
    tries: int = 0,
    events: tuple[ChannelEvent, ...] = (),
) -> Came:
    return Came(
        number="2026-000001",
        source="post",
        state=state or Closed(package="p"),
        submitted_at=SENT,
        answer=answer,
        accepted=accepted,
        code=code,
        tries=tries,
        events=events,
    )


def went(
    stage: Stage | None,
    *events: ChannelEvent,
    code: str = "",
    is_settled: bool = False,
) -> Went:
    return Went(
        number="2026-000001",
        destination="bund",
        stage=stage,
        code=code,
        events=events or (event("submit-submission"),),
        is_settled=is_settled,
    )


def test_an_answered_submission_has_no_deadline() -> None:
    told = standing_of_came(came("sent", events=(event("accept-submission", 1),)), SENT)

    assert told.where.startswith("Angenommen am 03.03.2026")
    assert told.deadline == ""


def test_a_rejection_says_that_the_sender_must_correct() -> None:
    told = standing_of_came(came("sent", accepted=False), SENT)

    assert "Abgelehnt" in told.where
    assert "Absender" in told.advice


@pytest.mark.parametrize(
    ("age", "deadline"),
    [
        (0, "Tag 3, 05.03.2026: FIT-Connect erinnert per E-Mail"),
        (4, "Tag 9, 11.03.2026: FIT-Connect erinnert zum letzten Mal"),
        (10, "Tag 14, 16.03.2026: FIT-Connect lehnt von selbst ab"),
        (20, "Tag 14 ist vorbei: FIT-Connect hat von selbst abgelehnt."),
    ],
)
def test_what_is_not_answered_has_the_channels_next_day(
    age: int, deadline: str
) -> None:
    waiting = came("none", state=IN_QUARANTINE)

    assert standing_of_came(waiting, SENT + timedelta(days=age)).deadline == deadline


def test_a_quarantine_is_named_with_its_code() -> None:
    told = standing_of_came(came("none", state=IN_QUARANTINE), SENT)

    assert "E-X" in told.where
    assert "freigeben" in told.advice


def test_an_answer_on_its_way_needs_nobody_before_it_has_failed() -> None:
    fresh = standing_of_came(came("owed", state=Checked()), SENT)
    once = standing_of_came(came("owed", tries=1, code="E-AWAY"), SENT)
    failed = standing_of_came(came("owed", tries=3, code="E-AWAY"), SENT)

    assert "Ein Versuch, zuletzt E-AWAY" in once.where
    assert "source check" not in fresh.advice
    assert "3 Versuche, zuletzt E-AWAY" in failed.where
    assert "`amtsweg source check post`" in failed.advice


def test_a_rejection_by_the_service_is_a_call_to_the_sender() -> None:
    told = standing_of_came(came("refused", code=REJECTED_BY_SERVICE), SENT)
    other = standing_of_came(came("refused", code="E-FIT-SCHEMA"), SENT)

    here = came("refused", state=Checked(), code=REJECTED_BY_SERVICE)
    assert "Absender anrufen" in told.advice
    assert "bearbeitet" not in told.advice, "it is closed"
    assert "bearbeitet" in standing_of_came(here, SENT).advice
    assert "`amtsweg source answer 2026-000001`" in other.advice


def test_a_decision_of_the_channel_is_told_with_how_to_settle_it() -> None:
    day = event("reject-submission", 14)
    late = standing_of_came(
        came("refused", code=REJECTED_BY_SERVICE, events=(day,)), SENT
    )
    other = standing_of_came(came("refused", code=ANSWERED_OTHERWISE), SENT)

    assert "selbst abgelehnt am 16.03.2026" in late.where
    assert "eine andere Antwort als unsere" in other.where
    assert "abgelehnt" not in other.advice, "nobody knows what it is"
    for told in (late, other):
        assert "`amtsweg source settle 2026-000001 --reason …`" in told.advice
        assert "source answer" not in told.advice
        assert told.deadline == ""


@pytest.mark.parametrize("code", [REJECTED_BY_SERVICE, ANSWERED_OTHERWISE])
def test_what_is_settled_asks_for_nothing_but_what_the_case_needs(code: str) -> None:
    told = standing_of_came(came("settled", code=code), SENT + timedelta(days=20))
    held = standing_of_came(came("settled", state=IN_QUARANTINE, code=code), SENT)

    assert "das ist geklärt. Hier: Abgeschlossen." in told.where
    assert (told.deadline, told.advice) == (
        "",
        "Nichts zu tun: Der Vorgang ist abgeschlossen.",
    )
    assert "freigeben" in held.advice


def test_a_refused_case_before_its_answer_needs_nobody() -> None:
    told = standing_of_came(came("none", state=Refused(problems=())), SENT)

    assert told.advice.startswith("Nichts zu tun")


@pytest.mark.parametrize("stage", [None, *Stage])
def test_every_stage_of_a_delivery_is_told(stage: Stage | None) -> None:
    told = standing_of_went(went(stage, code="E-AWAY"), SENT)

    assert told.where.endswith(".")
    assert told.advice.endswith(".")
    is_open = stage is not None and not stage.is_final
    assert bool(told.deadline) == is_open


def test_a_delivery_that_cannot_be_proved_promises_no_further_look() -> None:
    told = standing_of_went(went(None, code="E-FIT-LOG-GONE"), SENT)

    assert "nicht mehr zu finden" in told.where
    assert "von selbst" not in told.advice
    assert "`amtsweg case show 2026-000001`" in told.advice


def test_what_was_rejected_or_deleted_is_replayed() -> None:
    for stage in (Stage.REJECTED, Stage.DELETED):
        told = standing_of_went(went(stage), SENT)
        assert "amtsweg delivery replay --case 2026-000001" in told.advice


def test_what_was_replayed_is_not_replayed_again() -> None:
    for stage in (Stage.REJECTED, Stage.DELETED):
        told = standing_of_went(went(stage, is_settled=True), SENT)
        assert "replay" not in told.advice
        assert "amtsweg case show 2026-000001" in told.advice


def test_events_of_one_second_are_told_in_the_order_they_can_only_have_had() -> None:
    kinds = ["create-submission", "submit-submission", "new-kind", "accept-submission"]
    days = [0, 0, 0, 1]
    happened = [event(*one) for one in zip(kinds, days, strict=True)]

    assert in_order(reversed(happened)) == tuple(happened)


def test_what_the_channel_has_deleted_stays_proved() -> None:
    first, second = event("submit-submission"), event("accept-submission", day=1)

    assert together((first,), (second, first)) == (first, second)
    assert together((first, second), ()) == (first, second)
