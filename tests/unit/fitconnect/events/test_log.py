"""A log proves what its verified events say, whatever else lies in it."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.fitconnect.events.errors import Flaw, LogInconsistent
from adapters.fitconnect.events.log import VerifiedLog
from adapters.fitconnect.events.tokens import SET_SCHEMA, Kind
from schemas.channels import Stage
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.events.logs import (
    CASE,
    DESTINATION,
    NEIGHBOUR,
    NOW,
    OTHER_TAGS,
    SERVICE,
    SUBMISSION,
    TAGS,
    accept,
    create,
    delete,
    destination_key,
    read,
    reject,
    said,
    submit,
    token,
)

OTHER_CASE = "11111111-1111-4111-8111-111111111111"


def notify() -> str:
    return token(said(Kind.NOTIFY, 6))


def flaws_of(log: VerifiedLog, submission: str = SUBMISSION) -> frozenset[Flaw]:
    """Consistently said by everything that believes."""
    flaws = log.flaws(submission)
    if flaws:
        for believe in (log.stage, log.answer, log.submit_tags, log.submitted):
            with pytest.raises(LogInconsistent) as caught:
                believe(submission)
            assert caught.value.flaws == flaws
    return flaws


async def test_a_whole_log_proves_tags_stage_and_answer() -> None:
    log = await read(create(), submit(), notify(), accept(), delete())

    assert flaws_of(log) == frozenset()
    assert log.submit_tags(SUBMISSION) == TAGS
    assert log.stage(SUBMISSION) is Stage.ACCEPTED
    answer = log.answer(SUBMISSION)
    assert answer
    assert (answer.claims.kind, answer.author) == (Kind.ACCEPT, "subscriber")
    assert log.schema(SUBMISSION) == SET_SCHEMA


async def test_events_are_kept_as_received_oldest_first() -> None:
    tokens = [create(), submit(), accept()]
    events = (await read(*reversed(tokens))).channel_events(SUBMISSION)

    assert [one.token.decode() for one in events] == tokens
    assert [one.author for one in events] == ["service", "service", "subscriber"]
    assert [one.kind for one in events] == [
        "create-submission",
        "submit-submission",
        "accept-submission",
    ]


@pytest.mark.parametrize(
    ("tokens", "stage"),
    [
        ((), Stage.ANNOUNCED),
        ((create,), Stage.ANNOUNCED),
        ((create, submit), Stage.SUBMITTED),
        ((create, submit, notify), Stage.NOTIFIED),
        ((create, submit, accept), Stage.ACCEPTED),
        ((create, submit, reject), Stage.REJECTED),
        ((create, submit, accept, delete), Stage.ACCEPTED),
        ((create, submit, reject, delete), Stage.REJECTED),
        ((create, delete), Stage.DELETED),
        ((create, submit, delete), Stage.DELETED),
        ((create, submit, accept, reject), Stage.REJECTED),
    ],
)
async def test_a_stage_depends_on_no_order_and_no_repetition(
    tokens: tuple[Callable[[], str], ...], stage: Stage
) -> None:
    made = [make() for make in tokens]

    orders = itertools.islice(itertools.permutations(made), 24)
    logs = [await read(*order, *order) for order in orders]

    assert {log.stage(SUBMISSION) for log in logs} == {stage}
    assert {log.channel_events(SUBMISSION) for log in logs} == {
        logs[0].channel_events(SUBMISSION)
    }


async def test_events_of_the_same_second_have_the_order_of_their_kinds() -> None:
    kinds = (Kind.CREATE, Kind.SUBMIT, Kind.NOTIFY, Kind.ACCEPT, Kind.DELETE)
    made = [token(said(kind, 9 - at, at=NOW)) for at, kind in enumerate(kinds)]
    log = await read(*reversed(made))

    assert [one.token.decode() for one in log.channel_events(SUBMISSION)] == made


async def test_an_event_that_was_signed_anew_is_the_same_event() -> None:
    log = await read(submit(), submit())

    assert len(log.of(SUBMISSION)) == 1
    assert log.submit_tags(SUBMISSION) == TAGS


async def test_who_rejected_is_told() -> None:
    ours = (await read(submit(), reject())).answer(SUBMISSION)
    theirs = (await read(submit(), reject(issuer=SERVICE))).answer(SUBMISSION)

    assert ours
    assert theirs
    assert (ours.author, theirs.author) == ("subscriber", "service")


async def test_a_log_without_submit_proves_no_tags() -> None:
    log = await read(create())

    with pytest.raises(LogInconsistent) as caught:
        log.submit_tags(SUBMISSION)
    assert caught.value.flaws == {Flaw.NO_SUBMIT}
    assert caught.value.is_structural
    assert log.submitted(SUBMISSION) is None


async def test_a_second_submit_makes_the_log_inconsistent() -> None:
    again = token(said(Kind.SUBMIT, 7))
    log = await read(create(), submit(), again)

    assert flaws_of(log) == {Flaw.MANY_SUBMITS}
    with pytest.raises(LogInconsistent) as caught:
        log.submit_tags(SUBMISSION)
    assert caught.value.is_structural


async def test_a_submit_without_tags_proves_nothing() -> None:
    log = await read(create(), submit(tags=None))

    assert flaws_of(log) == {Flaw.NO_TAGS}


@pytest.mark.parametrize("tags", [OTHER_TAGS, None, replace(TAGS, attachments={})])
async def test_an_acceptance_of_other_tags_proves_nothing(tags: object) -> None:
    log = await read(submit(), accept(tags=tags))

    assert flaws_of(log) == {Flaw.TAGS_DIFFER}
    with pytest.raises(LogInconsistent) as caught:
        log.stage(SUBMISSION)
    assert not caught.value.is_structural


async def test_one_false_acceptance_beside_a_true_one_is_seen() -> None:
    false = token(said(Kind.ACCEPT, 8, tags=OTHER_TAGS))

    assert flaws_of(await read(submit(), accept(), false)) == {Flaw.TAGS_DIFFER}


async def test_an_acceptance_of_what_was_never_submitted_proves_nothing() -> None:
    assert flaws_of(await read(create(), accept())) == {Flaw.NO_SUBMIT}


async def test_accepting_twice_is_accepting() -> None:
    log = await read(submit(), accept(), token(said(Kind.ACCEPT, 8)))

    assert log.stage(SUBMISSION) is Stage.ACCEPTED


async def test_a_bad_event_spoils_its_submission_and_not_the_neighbour() -> None:
    theirs = [
        token(said(Kind.CREATE, 11, submission=NEIGHBOUR)),
        token(said(Kind.SUBMIT, 12, submission=NEIGHBOUR, tags=OTHER_TAGS)),
    ]
    forged = token(said(Kind.SUBMIT, 2), test_key("sign-foreign"))
    log = await read(*theirs, create(), forged)

    assert flaws_of(log) == {Flaw.UNKNOWN_KEY}
    assert flaws_of(log, NEIGHBOUR) == frozenset()
    assert log.submit_tags(NEIGHBOUR) == OTHER_TAGS


async def test_what_says_nothing_about_whom_it_concerns_concerns_all() -> None:
    log = await read(create(), submit(), "no.token.atall")

    assert flaws_of(log) == {Flaw.UNREADABLE}


async def test_an_event_of_another_submission_is_none_of_ours() -> None:
    log = await read(create(), submit(submission=NEIGHBOUR))

    assert [one.kind for one in log.channel_events(SUBMISSION)] == [Kind.CREATE]
    with pytest.raises(LogInconsistent):
        log.submit_tags(SUBMISSION)


async def test_an_event_of_another_case_proves_nothing() -> None:
    log = await read(create(), submit(case=OTHER_CASE))

    assert flaws_of(log) == {Flaw.OTHER_CASE}


async def test_a_log_of_another_case_altogether_proves_nothing() -> None:
    log = await read(create(case=OTHER_CASE), submit(case=OTHER_CASE))

    assert flaws_of(log) == {Flaw.OTHER_CASE}
    assert log.channel_events(SUBMISSION) == ()


async def test_a_case_that_changes_is_seen_though_none_was_asked_for() -> None:
    log = await read(create(), submit(case=OTHER_CASE), case="")

    assert flaws_of(log) == {Flaw.OTHER_CASE}


async def test_case_ids_are_the_same_in_capitals() -> None:
    assert flaws_of(await read(submit(), case=CASE.upper())) == frozenset()
    assert (await read(submit())).submit_tags(SUBMISSION.upper()) == TAGS


async def test_one_id_for_two_events_spoils_both() -> None:
    twin = token(said(Kind.SUBMIT, 2, submission=NEIGHBOUR))
    log = await read(submit(), twin)

    assert flaws_of(log) == {Flaw.ID_TWICE}
    assert flaws_of(log, NEIGHBOUR) == {Flaw.ID_TWICE}


async def test_unknown_events_are_kept_and_ignored() -> None:
    strange = [
        token(said("archive-submission", 20)),
        token(said("https://example.org/events/seen", 21)),
    ]
    log = await read(create(), submit(), *strange)

    assert log.stage(SUBMISSION) is Stage.SUBMITTED
    assert [one.kind for one in log.channel_events(SUBMISSION)][2:] == [
        "archive-submission",
        "https://example.org/events/seen",
    ]


async def test_events_of_replies_mean_nothing_for_the_submission() -> None:
    good = said("create-reply", 30, submission="", reply=NEIGHBOUR)
    forged = said("submit-reply", 31, submission="", reply=NEIGHBOUR)
    log = await read(create(), submit(), token(good), token(forged, destination_key()))

    assert log.stage(SUBMISSION) is Stage.SUBMITTED
    assert len(log.channel_events(SUBMISSION)) == 2
    assert log.bad == {NEIGHBOUR: frozenset({Flaw.UNKNOWN_KEY})}


async def test_a_reply_never_answers_a_submission() -> None:
    reply = said("accept-reply", 30, submission="", reply=SUBMISSION, tags=TAGS)
    log = await read(create(), submit(), token(reply))

    assert log.stage(SUBMISSION) is Stage.SUBMITTED


async def test_evidence_is_handed_out_though_it_is_inconsistent() -> None:
    log = await read(create(), submit(), token(said(Kind.SUBMIT, 7)))

    assert len(log.channel_events(SUBMISSION)) == 3


async def test_a_message_names_flaws_and_nothing_of_the_token() -> None:
    log = await read(submit(), accept(tags=OTHER_TAGS))

    with pytest.raises(LogInconsistent) as caught:
        log.stage(SUBMISSION)
    assert "tags-differ" in str(caught.value)
    for text in (SUBMISSION, CASE, DESTINATION, "x" * 22):
        assert text not in str(caught.value)


async def test_the_schema_is_that_of_the_services_latest_event() -> None:
    older = SET_SCHEMA.replace("1.2.2", "1.0.0")
    log = await read(create(schema=older), submit(), accept(schema=older))

    assert log.schema(SUBMISSION) == SET_SCHEMA
    assert (await read(create(schema=""))).schema(SUBMISSION) == ""


async def test_deadlines_count_from_the_submit_event() -> None:
    at = NOW - timedelta(days=3)
    submitted = (await read(create(), submit(at=at))).submitted(SUBMISSION)

    assert submitted
    assert submitted.claims.at == at
