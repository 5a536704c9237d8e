"""What people decide: once, about what is theirs to see, and on the record."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from schemas.cases import Case
from schemas.deliveries import Parcel
from schemas.errors import CaseMoved, KeyMissing, UnknownCase
from schemas.ids import CaseNumber, OfficeId, TenantId
from schemas.outcomes import AttemptOutcome, Certainty, OutcomeUnknown
from schemas.rules.process import STANDARD_PROCESS
from schemas.rules.settlement import UNKNOWN
from schemas.scope import Scope, SomeOffices
from schemas.states import Closed, InReview, Quarantined
from storage.decisions import Decision
from storage.memory import MemoryArchive, MemoryKeys
from tests.fakes.counterpart import Counterpart
from tests.house import SCOPE, House, service
from tests.looking import assert_chains_hold, change, change_case, row_of, rows

BY_ERIKA = Decision(actor="erika", reason="im Fachverfahren nachgesehen")
OTHER_OFFICE = Scope(
    tenant=SCOPE.tenant, offices=SomeOffices(offices=frozenset({OfficeId("bauamt")}))
)
OTHER_TENANT = Scope(tenant=TenantId("other"))


@pytest.fixture
def counterpart() -> Counterpart:
    """It takes the first parcel and drops the connection; later ones it confirms."""
    made = Counterpart(Certainty.NEITHER)

    def drop(parcel: Parcel) -> AttemptOutcome | None:
        if len(made.calls) > 1:
            return None
        made.take(parcel)
        return OutcomeUnknown(code="E-DROPPED")

    made.behave = drop
    return made


async def case_in_review(home: House) -> Case:
    case = await home.receive()
    await home.work()
    return await now_of(home, case)


async def now_of(home: House, case: Case) -> Case:
    return await home.cases.by_number(SCOPE, case.number)


async def test_what_nobody_can_know_rests_without_a_worker(home: House) -> None:
    case = await case_in_review(home)

    assert isinstance(case.state, InReview)
    assert case.state.question == UNKNOWN
    row = await row_of(home, case)
    assert (row["owner"], row["due_at"], row["permit"]) == (None, None, "")


async def test_what_has_arrived_goes_on_without_a_second_copy(
    home: House, counterpart: Counterpart
) -> None:
    case = await case_in_review(home)

    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)
    await home.work()

    case = await now_of(home, case)
    assert isinstance(case.state, Closed)
    assert counterpart.taken == [case.number]
    assert await home.archive.verify_package(case.state.package) is not None
    await assert_chains_hold(home, case)


async def test_what_has_not_arrived_is_sent_again(
    home: House, counterpart: Counterpart
) -> None:
    case = await case_in_review(home)
    counterpart.taken.clear()

    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=False)
    await home.work()

    assert isinstance((await now_of(home, case)).state, Closed)
    assert counterpart.taken == [case.number]
    assert [row["outcome"] for row in await rows(home, "attempts")] == [
        "failed",
        "delivered",
    ]


async def test_a_decision_says_who_and_why(home: House) -> None:
    case = await case_in_review(home)

    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)

    [taken] = [
        event
        for event in await home.cases.events(case)
        if event.kind == "DecisionTaken"
    ]
    assert taken.actor == "erika"
    assert json.loads(taken.body.split(b"\n", 3)[3]) == {
        "question": UNKNOWN,
        "answer": "arrived",
        "reason": BY_ERIKA.reason,
    }


@pytest.mark.parametrize("scope", [OTHER_OFFICE, OTHER_TENANT])
async def test_nobody_decides_about_what_is_not_theirs(
    home: House, scope: Scope
) -> None:
    case = await case_in_review(home)

    with pytest.raises(UnknownCase):
        await home.decisions.settle_unknown(scope, case.number, BY_ERIKA, arrived=True)

    assert (await now_of(home, case)).state == case.state


async def test_a_case_that_does_not_exist_is_not_decided(home: House) -> None:
    with pytest.raises(UnknownCase):
        await home.decisions.release(SCOPE, CaseNumber("2026-999999"), BY_ERIKA)


async def test_the_second_decider_is_refused(home: House) -> None:
    case = await case_in_review(home)
    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)

    with pytest.raises(CaseMoved):
        await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=False)


async def test_of_several_deciders_at_one_moment_one_decides(home: House) -> None:
    case = await case_in_review(home)

    results = await asyncio.gather(
        *(
            home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=arrived)
            for arrived in (True, False, True, False)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(one, CaseMoved) for one in results) == 3
    await assert_chains_hold(home, case)


async def test_nobody_decides_while_a_worker_has_the_case(home: House) -> None:
    case = await case_in_review(home)
    await change_case(home, case, {"owner": "w"})

    with pytest.raises(CaseMoved):
        await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)


async def test_only_what_is_unknown_can_be_settled(home: House) -> None:
    case = await home.receive()

    with pytest.raises(CaseMoved):
        await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)


@asynccontextmanager
async def without_keys(home: House) -> AsyncIterator[None]:
    """The key-encryption key is gone for a while."""
    kek = MemoryKeys.name
    await change(home, "data_keys", {"kek": "lost"})
    yield
    await change(home, "data_keys", {"kek": kek})


async def test_a_released_case_goes_on_where_it_was(home: House) -> None:
    case = await home.receive()
    async with without_keys(home):
        await home.work()
    quarantined = await now_of(home, case)
    assert isinstance(quarantined.state, Quarantined)
    assert quarantined.state.code == KeyMissing.code

    await home.decisions.release(SCOPE, case.number, BY_ERIKA)
    await home.work()

    assert isinstance((await now_of(home, case)).state, InReview)


async def test_only_a_quarantined_case_is_released_and_only_once(home: House) -> None:
    case = await home.receive()
    with pytest.raises(CaseMoved):
        await home.decisions.release(SCOPE, case.number, BY_ERIKA)
    async with without_keys(home):
        await home.work()
    await home.decisions.release(SCOPE, case.number, BY_ERIKA)

    with pytest.raises(CaseMoved):
        await home.decisions.release(SCOPE, case.number, BY_ERIKA)


async def test_a_case_quarantined_behind_its_delivery_is_released_too(
    home: House, counterpart: Counterpart
) -> None:
    case = await case_in_review(home)
    assert isinstance(home.archive, MemoryArchive)
    place = f"v1/{case.service}/2026/{case.id}/p0001"
    home.archive.packages[place] = {"evidence/events.jsonl": b"somebody else's"}
    await home.decisions.settle_unknown(SCOPE, case.number, BY_ERIKA, arrived=True)
    await home.work()
    state = (await now_of(home, case)).state
    assert isinstance(state, Quarantined)
    assert state.acknowledged

    del home.archive.packages[place]
    await home.decisions.release(SCOPE, case.number, BY_ERIKA)
    await home.work()

    assert isinstance((await now_of(home, case)).state, Closed)
    assert counterpart.taken == [case.number]


REVIEWED = (*STANDARD_PROCESS[:4], "review", *STANDARD_PROCESS[4:])


async def test_what_was_reviewed_goes_on_with_the_next_step(
    home: House, counterpart: Counterpart
) -> None:
    counterpart.behave = Counterpart().behave
    case = await home.receive(service(process=REVIEWED))
    await home.work()
    asked = await now_of(home, case)

    await home.decisions.approve(SCOPE, case.number, BY_ERIKA)
    await home.work()

    assert isinstance(asked.state, InReview)
    case = await now_of(home, case)
    assert isinstance(case.state, Closed)
    assert counterpart.taken == [case.number]
    await assert_chains_hold(home, case)


async def test_a_second_approval_is_refused_and_leaves_nothing(home: House) -> None:
    case = await home.receive(service(process=REVIEWED))
    await home.work()
    await home.decisions.approve(SCOPE, case.number, BY_ERIKA)
    before = await row_of(home, case)

    with pytest.raises(CaseMoved):
        await home.decisions.approve(SCOPE, case.number, BY_ERIKA)

    assert await row_of(home, case) == before


async def test_nobody_approves_what_must_be_looked_for(home: House) -> None:
    case = await case_in_review(home)

    with pytest.raises(CaseMoved):
        await home.decisions.approve(SCOPE, case.number, BY_ERIKA)


@pytest.mark.parametrize("scope", [OTHER_OFFICE, OTHER_TENANT])
async def test_nobody_approves_what_is_not_theirs(home: House, scope: Scope) -> None:
    case = await home.receive(service(process=REVIEWED))
    await home.work()

    with pytest.raises(UnknownCase):
        await home.decisions.approve(scope, case.number, BY_ERIKA)
