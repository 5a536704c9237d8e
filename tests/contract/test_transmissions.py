"""Followed deliveries: looked at until decided, and found again after a restart."""

from datetime import timedelta

import pytest

from schemas.channels import Stage
from schemas.ids import DeliveryId, DestinationId, TenantId
from schemas.rules.waits import wait_before_look
from schemas.scope import DEFAULT_TENANT
from storage.channels import ChannelStore
from storage.delivery_notes import UnknownDelivery
from storage.transmissions import DueTransmission, TransmissionStore
from tests.clocks import TestClock
from tests.contract.following import delivered, shown, store
from tests.fakes.counterpart import Counterpart
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import rows

SECONDS, HOUR = timedelta(seconds=10), timedelta(hours=1)


async def due(
    store: TransmissionStore, *, limit: int = 10, tenant: TenantId = DEFAULT_TENANT
) -> tuple[DueTransmission, ...]:
    return await store.due(tenant, [FACHVERFAHREN], limit)


async def test_what_is_delivered_is_looked_at_soon(
    home: House, clock: TestClock
) -> None:
    delivery = await delivered(home)

    early = await due(store(home))
    clock.advance(SECONDS)
    [one] = await due(store(home))

    assert early == ()
    assert (one.delivery, one.stage, one.looks) == (delivery, None, 0)
    assert one.destination == FACHVERFAHREN


async def test_nothing_is_followed_elsewhere(home: House, clock: TestClock) -> None:
    await delivered(home)
    clock.advance(HOUR)

    assert not await due(store(home), tenant=TenantId("other"))
    elsewhere = [DestinationId("anderswo")]
    assert not await store(home).due(DEFAULT_TENANT, elsewhere, 10)
    assert not await store(home).due(DEFAULT_TENANT, [], 10)


async def test_what_is_not_delivered_yet_is_not_followed(
    home: House, clock: TestClock, counterpart: Counterpart
) -> None:
    await home.destinations.pause(SCOPE, FACHVERFAHREN, "Wartung")
    await home.receive()
    await home.work()
    clock.advance(HOUR)

    assert not await due(store(home))


async def test_each_look_sets_the_next(home: House, clock: TestClock) -> None:
    following, delivery = store(home), await delivered(home)
    looked: list[timedelta] = []
    begun = clock.now()
    for _ in range(20_000 // 10):
        clock.advance(SECONDS)
        for one in await due(following):
            looked.append(clock.now() - begun)
            again = clock.now() + wait_before_look(one.looks + 1)
            seen = shown(home, Stage.SUBMITTED)
            await following.keep(delivery, seen, again)
        if len(looked) == 5:
            break

    minutes = [found / timedelta(minutes=1) for found in looked]
    assert minutes == pytest.approx(
        [1 / 6, 1 + 1 / 6, 11 + 1 / 6, 71 + 1 / 6, 131 + 1 / 6]
    )


@pytest.mark.parametrize("stage", [Stage.ACCEPTED, Stage.DELETED])
async def test_what_is_decided_is_looked_at_no_more(
    home: House, clock: TestClock, stage: Stage
) -> None:
    following, delivery = store(home), await delivered(home)
    await following.keep(delivery, shown(home, stage), clock.now())
    clock.advance(HOUR)

    assert not await due(following)
    assert not await due(store(home))


async def test_a_rejection_is_looked_at_until_it_was_dealt_with(
    home: House, clock: TestClock
) -> None:
    following, delivery = store(home), await delivered(home)
    seen = shown(home, Stage.REJECTED)
    await following.keep(delivery, seen, clock.now() + SECONDS)
    clock.advance(SECONDS)
    before = [one.stage for one in await due(following)]
    await following.reopen(delivery, "E-FIT-REJECTED", seen.problems)
    clock.advance(HOUR)

    assert before == [Stage.REJECTED]
    assert not await due(following)
    assert not await due(store(home))


async def test_what_cannot_be_looked_at_waits(home: House, clock: TestClock) -> None:
    following, delivery = store(home), await delivered(home)
    await following.put_off(delivery, "E-AWAY", clock.now() + HOUR)
    clock.advance(SECONDS)
    early = await due(following)
    clock.advance(HOUR)
    [late] = await due(following)
    await following.put_off(delivery, "E-FIT-GONE", None)
    clock.advance(HOUR)

    assert early == ()
    assert (late.stage, late.looks) == (None, 1)
    assert not await due(following)
    assert not await due(store(home))


async def test_a_hint_makes_all_undecided_ones_due(
    home: House, clock: TestClock
) -> None:
    following = store(home)
    waiting, decided = await delivered(home), await delivered(home)
    await following.keep(waiting, shown(home, Stage.SUBMITTED), clock.now() + HOUR)
    await following.keep(decided, shown(home, Stage.ACCEPTED), None)

    await following.look_now(TenantId("other"), FACHVERFAHREN)
    other = await due(following)
    await following.look_now(DEFAULT_TENANT, FACHVERFAHREN)

    assert other == ()
    assert [one.delivery for one in await due(following)] == [waiting]


async def test_a_backlog_is_followed_part_by_part_and_none_is_forgotten(
    home: House, clock: TestClock
) -> None:
    everything = {await delivered(home) for _ in range(7)}
    following, seen = store(home), set[DeliveryId]()
    clock.advance(SECONDS)
    for _ in range(10):
        for one in await due(following, limit=2):
            seen.add(one.delivery)
            await following.keep(
                one.delivery, shown(home, Stage.SUBMITTED), clock.now() + HOUR
            )

    assert seen == everything


async def test_what_was_found_and_not_looked_at_is_found_again(
    home: House, clock: TestClock
) -> None:
    old = await delivered(home)
    clock.advance(3 * HOUR)
    await delivered(home)
    clock.advance(SECONDS)
    following = store(home)

    for _ in range(2):
        assert [one.delivery for one in await due(following, limit=1)] == [old]


async def test_what_one_store_has_seen_hides_nothing_that_comes_later(
    home: House, clock: TestClock
) -> None:
    following = store(home)
    first = await delivered(home)
    await following.keep(first, shown(home, Stage.ACCEPTED), None)
    clock.advance(3 * HOUR)
    nothing = await due(following)
    second = await delivered(home)
    clock.advance(SECONDS)

    assert nothing == ()
    assert [one.delivery for one in await due(following)] == [second]


async def test_a_transmission_is_found_by_every_id_it_has(
    home: House, clock: TestClock
) -> None:
    delivery = await delivered(home)
    seen = shown(home, Stage.NOTIFIED, events=("submitted", "notified"))
    for _ in range(2):
        await store(home).keep(delivery, seen, clock.now() + HOUR)

    [case] = await home.cases.list(SCOPE)
    for text in (case.number, delivery, "out-1", "out-c"):
        [trace] = (await ChannelStore(home.database).find(SCOPE, text)).transmissions
        assert (trace.delivery, trace.stage) == (delivery, Stage.NOTIFIED)
        assert trace.case.number == case.number
        assert set(trace.events) == set(seen.events)
    assert len(await rows(home, "channel_events")) == 2


async def test_nothing_is_kept_of_what_has_not_begun(home: House) -> None:
    with pytest.raises(UnknownDelivery):
        await store(home).keep(DeliveryId("0"), shown(home, Stage.SUBMITTED), None)
    with pytest.raises(UnknownDelivery):
        await store(home).reopen(DeliveryId("0"), "E", ())
