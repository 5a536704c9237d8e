"""Submissions over channels: one case each, whatever comes again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as sql

from schemas.cases import Accepted, KeyReused, Repeated
from schemas.channels import Faulty, Inspection, Intact, Unclear
from schemas.checking.claims import Claim, FormOf, NoClaim, SchemaUri
from schemas.errors import UnknownCase
from schemas.ids import CaseId, ServiceKey, SourceId, TenantId
from schemas.scope import DEFAULT_TENANT, Scope
from schemas.states import Closed, Quarantined
from storage.decisions import Decision
from tests.clocks import TestClock
from tests.contract.channelling import (
    POSTFACH,
    WRONG,
    arrive,
    arrived,
    event,
    ordered,
    store,
    submission,
)
from tests.house import SCOPE, House, service
from tests.looking import assert_chains_hold, change, rows, sizes

HOUR = timedelta(hours=1)


async def test_a_submission_is_kept_with_its_case_and_events(home: House) -> None:
    case = await arrived(home, submission(home))

    kept = await sizes(home)
    assert (kept["cases"], kept["channel_submissions"], kept["channel_events"]) == (
        1,
        1,
        2,
    )
    assert {row["office_id"] for row in await rows(home, "channel_events")} == {
        case.office
    }
    await assert_chains_hold(home, case)


@pytest.mark.parametrize(
    ("claim", "inspection"),
    [
        (NoClaim(), Intact()),
        (SchemaUri(uri="urn:ä:1"), Faulty(problems=(WRONG, WRONG))),
        (FormOf(profile="p", id="7"), Unclear(code="E-JOSE-KEY")),
    ],
)
async def test_what_was_found_out_on_the_way_in_is_read_again(
    home: House, claim: Claim, inspection: Inspection
) -> None:
    came = submission(home, claim=claim, inspection=inspection, ago=HOUR)
    case = await arrived(home, came)

    found = await store(home).of_case(case.id)

    assert replace(found, events=()) == replace(came, events=())
    assert set(found.events) == set(came.events)


async def test_a_case_that_was_handed_in_came_over_no_channel(home: House) -> None:
    case = await home.receive()

    with pytest.raises(UnknownCase):
        await store(home).of_case(case.id)


async def test_a_submission_that_comes_again_is_the_same_case(home: House) -> None:
    case = await arrived(home, submission(home))
    before = await sizes(home)

    again = await arrive(home, submission(home), body=b"<anders-verschluesselt/>")

    assert again == Repeated(case=case)
    assert await sizes(home) == before


async def test_another_proof_under_the_same_id_is_another_submission(
    home: House,
) -> None:
    await arrived(home, submission(home))

    assert await arrive(home, replace(submission(home), proof="{}")) == KeyReused()


async def test_twins_at_one_moment_are_one_case(home: House) -> None:
    answers = await asyncio.gather(*(arrive(home, submission(home)) for _ in range(12)))

    assert sum(isinstance(one, Accepted) for one in answers) == 1
    assert sum(isinstance(one, Repeated) for one in answers) == 11
    assert (await sizes(home))["channel_submissions"] == 1


async def test_the_same_id_in_two_mailboxes_is_two_submissions(home: House) -> None:
    await arrived(home, submission(home))
    await arrived(home, submission(home, source=SourceId("zweites")))

    assert (await sizes(home))["cases"] == 2


async def test_only_what_this_mailbox_gave_is_known(home: House) -> None:
    await arrived(home, submission(home, "s-1"))
    await arrived(home, submission(home, "s-2", source=SourceId("zweites")))
    await home.receive(key="s-3")

    asked = ["s-1", "s-2", "s-3", "s-4", *(f"x-{n}" for n in range(1200))]
    known = await store(home).known(DEFAULT_TENANT, POSTFACH, asked)

    assert known == {"s-1"}
    assert not await store(home).known(TenantId("other"), POSTFACH, asked)
    assert not await store(home).known(DEFAULT_TENANT, POSTFACH, [])


async def test_what_has_been_deleted_since_is_known_all_the_same(
    home: House, clock: TestClock
) -> None:
    await arrived(home, submission(home))
    await change(home, "submission_keys", {"gone_at": clock.now()})

    assert await store(home).known(DEFAULT_TENANT, POSTFACH, ["s-1"]) == {"s-1"}


async def test_events_are_kept_once_and_as_they_came(home: House) -> None:
    case = await arrived(home, submission(home))
    more = event("more", kind="notify-submission", at=home)

    await store(home).keep_events(case.id, (more,))
    await store(home).keep_events(case.id, (replace(more, token=b"forged"),))

    assert more in (await store(home).of_case(case.id)).events
    assert (await sizes(home))["channel_events"] == 3


async def test_events_of_no_submission_are_not_kept(home: House) -> None:
    with pytest.raises(UnknownCase):
        await store(home).keep_events(CaseId("0" * 32), (event("e", at=home),))


async def test_a_submission_is_found_by_every_id_it_has(home: House) -> None:
    case = await ordered(home)
    await ordered(home, "s-2", case="c-2")

    for text in (case.number, "s-1", "c-1"):
        found = await store(home).find(SCOPE, text)
        [trace] = found.submissions
        assert trace.case.number == case.number
        assert trace.submission.submission == "s-1"
        assert (trace.answer.state, trace.answer.accepted) == ("owed", True)
        assert len(trace.submission.events) == 2
    assert not (await store(home).find(SCOPE, "s-9")).submissions
    elsewhere = Scope(tenant=TenantId("other"))
    assert not (await store(home).find(elsewhere, "s-1")).submissions


@contextmanager
def statements(home: House) -> Iterator[list[str]]:
    """Every statement sent meanwhile."""
    seen: list[str] = []

    def note(*told: object) -> None:
        seen.append(str(told[2]))

    engine = home.database.engine.sync_engine
    sql.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sql.remove(engine, "before_cursor_execute", note)


async def test_a_case_that_was_handed_in_never_touches_the_tables_of_channels(
    home: House,
) -> None:
    with statements(home) as handed_in:
        await home.receive()
        await home.work()
    with statements(home) as fetched:
        await arrived(home, submission(home))

    assert len(handed_in) > 10
    assert not [
        one for one in handed_in if "channel_" in one or "delivery_notes" in one
    ]
    assert [one for one in fetched if "channel_submissions" in one]


async def test_services_of_one_submission_make_its_fingerprint(home: House) -> None:
    await arrived(home, submission(home))
    other = service(key=ServiceKey("99107023017001"))

    assert await arrive(home, submission(home), of=other) == KeyReused()


async def test_what_a_person_releases_is_checked_as_if_its_proofs_held(
    home: House,
) -> None:
    came = submission(home, inspection=Unclear(code="E-FIT-LOG"))
    case = await arrived(home, came)
    await home.work()
    stuck = await home.cases.by_number(SCOPE, case.number)
    assert isinstance(stuck.state, Quarantined)

    by_erika = Decision(actor="erika", reason="bei FIT-Connect nachgefragt")
    await home.decisions.release(SCOPE, case.number, by_erika)
    await home.work()

    released = await home.cases.by_number(SCOPE, case.number)
    assert isinstance(released.state, Closed)
    assert (await store(home).of_case(case.id)).inspection == Intact()
    [owed] = await store(home).owed(case.tenant, came.source, 9)
    assert owed.answer.accepted
