"""Nobody sees another tenant's, another office's or another sender's cases."""

from dataclasses import replace
from datetime import date

import pytest

from schemas.cases import Accepted, Case
from schemas.clock import local_day
from schemas.errors import UnknownCase
from schemas.ids import OfficeId, SenderId, TenantId
from schemas.scope import Scope, SomeOffices
from schemas.services import Service
from schemas.states import Quarantined
from tests.clocks import TestClock
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, FORMSERVER, SCOPE, House, service

HERE, THERE = TenantId("hier"), TenantId("dort")
BAUAMT, JUGENDAMT = OfficeId("bauamt"), OfficeId("jugendamt")


def of(tenant: TenantId, office: OfficeId) -> Service:
    return replace(service(), tenant=tenant, office=office)


def only(tenant: TenantId, *offices: OfficeId) -> Scope:
    return Scope(tenant=tenant, offices=SomeOffices(offices=frozenset(offices)))


async def four_cases(home: House) -> dict[tuple[TenantId, OfficeId], Case]:
    cases = {}
    for tenant in (HERE, THERE):
        for office in (BAUAMT, JUGENDAMT):
            reception = await home.hand_in(of(tenant, office))
            assert isinstance(reception, Accepted)
            cases[tenant, office] = reception.case
    return cases


@pytest.mark.parametrize(
    ("scope", "visible"),
    [
        (Scope(tenant=HERE), {(HERE, BAUAMT), (HERE, JUGENDAMT)}),
        (only(HERE, BAUAMT), {(HERE, BAUAMT)}),
        (only(THERE, BAUAMT, JUGENDAMT), {(THERE, BAUAMT), (THERE, JUGENDAMT)}),
        (only(HERE, OfficeId("sozialamt")), set()),
        (only(HERE), set()),
        (Scope(tenant=TenantId("")), set()),
    ],
)
async def test_a_scope_shows_its_own_cases_and_no_others(
    home: House, scope: Scope, visible: set[tuple[TenantId, OfficeId]]
) -> None:
    cases = await four_cases(home)

    listed = await home.cases.list(scope)
    counted = await home.cases.count_by_state(scope)

    assert {(one.tenant, one.office) for one in listed} == visible
    assert sum(counted.values()) == len(visible)
    for place, case in cases.items():
        if place in visible:
            assert await home.cases.by_number(scope, case.number) == case
        else:
            with pytest.raises(UnknownCase):
                await home.cases.by_number(scope, case.number)


async def test_numbers_are_unique_over_all_tenants(home: House) -> None:
    cases = await four_cases(home)

    assert sorted(case.number for case in cases.values()) == [
        f"2026-00000{number}" for number in range(1, 5)
    ]


async def test_a_sender_sees_its_own_cases_only(home: House) -> None:
    case = await home.receive(sender=SenderId("a"))

    found = await home.cases.of_sender(case.tenant, SenderId("a"), case.tracking_id)
    assert found.number == case.number
    for tenant, sender in ((case.tenant, "b"), (TenantId("other"), "a")):
        with pytest.raises(UnknownCase):
            await home.cases.of_sender(tenant, SenderId(sender), case.tracking_id)


async def test_a_day_of_a_sender_counts_what_was_taken_that_german_day(
    home: House, clock: TestClock
) -> None:
    await home.receive(sender=SenderId("other"))
    cases = [await home.receive() for _ in range(3)]
    await home.work()
    today = local_day(clock.now())

    day = await home.cases.day_of_sender(cases[0].tenant, FORMSERVER, today)
    empty = await home.cases.day_of_sender(
        cases[0].tenant, FORMSERVER, date(2026, 3, 3)
    )

    assert (day.taken, day.by_state) == (3, (("Closed", 3),))
    assert [one.number for one in day.cases] == [case.number for case in cases]
    assert (empty.taken, empty.cases) == (0, ())


async def test_nothing_goes_to_a_destination_that_is_another_tenant_s_now(
    home: House, counterpart: Counterpart
) -> None:
    case = await home.receive()
    home.ports = replace(home.ports, owners={FACHVERFAHREN: THERE})

    await home.work()

    state = (await home.cases.by_number(SCOPE, case.number)).state
    assert isinstance(state, Quarantined)
    assert state.code == "E-DESTINATION-UNKNOWN"
    assert counterpart.calls == []
