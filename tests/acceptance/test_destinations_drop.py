"""The specialist system takes a delivery and drops the connection: one copy there."""

from datetime import timedelta

import pytest

from schemas.deliveries import Parcel
from schemas.ids import DeliveryId
from schemas.outcomes import AttemptOutcome, Certainty, OutcomeUnknown
from schemas.states import Closed, InReview
from storage.decisions import Decision
from tests.acceptance.simulated import simulation
from tests.fakes.counterpart import Counterpart
from tests.house import SCOPE
from tests.looking import assert_chains_hold, rows

CASES = 5
DROPPED = OutcomeUnknown(code="E-DROPPED")
BY_ERIKA = Decision(actor="erika", reason="im Fachverfahren nachgesehen")


class Dropping:
    """Of each delivery the first call is dropped, after it was taken or before."""

    def __init__(self, counterpart: Counterpart, *, taken: bool) -> None:
        self._counterpart, self._taken = counterpart, taken
        self._dropped = set[DeliveryId]()

    def __call__(self, parcel: Parcel) -> AttemptOutcome | None:
        if parcel.delivery in self._dropped:
            return None
        self._dropped.add(parcel.delivery)
        if self._taken:
            self._counterpart.take(parcel)
        return DROPPED


def dropping(certainty: Certainty, *, taken: bool) -> Counterpart:
    counterpart = Counterpart(certainty)
    counterpart.behave = Dropping(counterpart, taken=taken)
    return counterpart


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
@pytest.mark.parametrize("certainty", [Certainty.IDEMPOTENT, Certainty.CAN_BE_ASKED])
async def test_who_honours_ids_or_can_be_asked_has_one_copy_in_the_end(
    database_url: str, certainty: Certainty, *, taken: bool
) -> None:
    counterpart = dropping(certainty, taken=taken)
    async with simulation(database_url, counterpart) as world:
        cases = await world.receive(CASES)
        await world.for_(timedelta(hours=1))

        assert set(map(type, (await world.states()).values())) == {Closed}
        await assert_chains_hold(world.house, *cases)
    assert sorted(counterpart.copies.values()) == [1] * CASES
    if taken and certainty is Certainty.CAN_BE_ASKED:
        assert len(counterpart.calls) == CASES, "asked, and not sent again"


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
async def test_for_who_can_do_neither_a_person_decides(
    database_url: str, *, taken: bool
) -> None:
    counterpart = dropping(Certainty.NEITHER, taken=taken)
    async with simulation(database_url, counterpart) as world:
        cases = await world.receive(CASES)
        await world.for_(timedelta(days=3))
        waiting = set(map(type, (await world.states()).values()))
        calls = len(counterpart.calls)
        for case in cases:
            await world.house.decisions.settle_unknown(
                SCOPE, case.number, BY_ERIKA, arrived=taken
            )
        await world.for_(timedelta(hours=1))

        assert waiting == {InReview}
        assert calls == CASES, "nothing is sent while nobody knows"
        assert set(map(type, (await world.states()).values())) == {Closed}
        await assert_chains_hold(world.house, *cases)
        assert {row["state"] for row in await rows(world.house, "deliveries")} == {
            "delivered"
        }
    assert sorted(counterpart.copies.values()) == [1] * CASES
