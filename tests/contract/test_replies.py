"""What is known of replies: kept with their case, and told until they are answered."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from schemas.channels import Stage
from schemas.ids import DeliveryId, DestinationId, OfficeId, TenantId
from schemas.replies import ListedReply, ReplyState, SeenReply, reply_place
from schemas.scope import DEFAULT_TENANT, Scope, SomeOffices
from storage.channels import ChannelStore
from storage.delivery_notes import UnknownDelivery
from storage.replies import KnownReply, ReplyStore
from storage.source_states import SourceStates
from storage.vitals import open_disturbances
from tests.clocks import TestClock
from tests.contract.channelling import POSTFACH, arrived, event, submission
from tests.contract.following import delivered, shown, store
from tests.house import FACHVERFAHREN, SCOPE, House
from tests.looking import rows

CASE: Final = "out-c"
"""What the channel calls the case of every delivery here."""
LISTED: Final = ListedReply(reply="r-1", case=CASE)
WAITS: Final = SeenReply(state=ReplyState.WAITING)
UNPROVED: Final = SeenReply(state=ReplyState.UNPROVED)
OTHERS: Final = TenantId("other")
PLACE: Final = (DEFAULT_TENANT, str(FACHVERFAHREN))


def replies(home: House) -> ReplyStore:
    return ReplyStore(home.database)


async def followed(home: House) -> DeliveryId:
    """A delivery whose case at the channel is known."""
    delivery = await delivered(home)
    await store(home).keep(delivery, shown(home, Stage.ACCEPTED), None)
    return delivery


async def the_only(home: House) -> KnownReply:
    [one] = (await ChannelStore(home.database).find(SCOPE, LISTED.reply)).replies
    return one


async def test_only_cases_of_ours_are_found_there(home: House) -> None:
    delivery, cases = await followed(home), {CASE, "of-somebody-else"}
    store_of = replies(home)

    assert await store_of.belonging(DEFAULT_TENANT, FACHVERFAHREN, cases) == {
        CASE: delivery
    }
    assert not await store_of.belonging(OTHERS, FACHVERFAHREN, cases)
    elsewhere = DestinationId("anderswo")
    assert not await store_of.belonging(DEFAULT_TENANT, elsewhere, cases)
    assert not await store_of.belonging(DEFAULT_TENANT, FACHVERFAHREN, ())


async def test_a_reply_without_a_case_belongs_to_no_delivery(home: House) -> None:
    delivery = await delivered(home)
    await store(home).put_off(delivery, "E-FIT-LOG-GONE", None)

    assert not await replies(home).belonging(DEFAULT_TENANT, FACHVERFAHREN, {""})


async def test_a_reply_is_kept_with_its_case_and_its_proof(
    home: House, clock: TestClock
) -> None:
    delivery = await followed(home)
    submitted = clock.now() - timedelta(hours=2)
    seen = SeenReply(
        state=ReplyState.WAITING,
        submitted_at=submitted,
        events=(event("submit-reply", at=home),),
    )

    await replies(home).keep(delivery, LISTED, seen, is_listed=True)

    [open_one] = await replies(home).open(*PLACE)
    [case] = await home.cases.list(SCOPE)
    assert (open_one.number, open_one.delivery) == (case.number, delivery)
    assert (open_one.since, open_one.first_seen_at) == (submitted, clock.now())
    assert (open_one.listed, open_one.state) == (LISTED, ReplyState.WAITING)
    told = await the_only(home)
    assert [one.id for one in told.events] == [seen.events[0].id]
    assert [row["office_id"] for row in await rows(home, "channel_replies")] == [
        case.office
    ]


async def test_it_waits_until_it_is_answered(home: House, clock: TestClock) -> None:
    delivery = await followed(home)
    await replies(home).keep(delivery, LISTED, WAITS, is_listed=True)
    first = (await the_only(home)).first_seen_at
    clock.advance(timedelta(hours=1))
    accepted = SeenReply(state=ReplyState.ACCEPTED, answered_at=clock.now())

    state = await replies(home).keep(delivery, LISTED, accepted, is_listed=False)

    known = await the_only(home)
    assert state is known.state is ReplyState.ACCEPTED
    assert (known.first_seen_at, known.seen_at) == (first, clock.now())
    assert known.answered_at == clock.now()
    assert not await replies(home).open(*PLACE)
    assert not await replies(home).unanswered(SCOPE)


async def test_what_was_proved_once_stays_proved(home: House, clock: TestClock) -> None:
    delivery = await followed(home)
    proved = replace(WAITS, submitted_at=clock.now())
    await replies(home).keep(delivery, LISTED, proved, is_listed=True)

    state = await replies(home).keep(
        delivery, LISTED, UNPROVED, is_listed=True, code="E-FIT-LOG"
    )

    known = await the_only(home)
    assert (state, known.code) == (ReplyState.WAITING, "E-FIT-LOG")
    assert known.submitted_at == proved.submitted_at


async def test_what_waits_no_longer_and_nobody_knows_why_is_gone(home: House) -> None:
    delivery = await followed(home)
    await replies(home).keep(delivery, LISTED, UNPROVED, is_listed=True)
    before = await replies(home).unanswered(SCOPE)

    gone = await replies(home).keep(delivery, LISTED, UNPROVED, is_listed=False)

    assert [one.state for one in before] == [ReplyState.UNPROVED]
    assert gone is ReplyState.GONE
    assert not await replies(home).unanswered(SCOPE)


async def test_a_reply_belongs_to_one_tenant_and_one_office(home: House) -> None:
    delivery = await followed(home)
    await replies(home).keep(delivery, LISTED, WAITS, is_listed=True)
    elsewhere = Scope(
        tenant=DEFAULT_TENANT, offices=SomeOffices(offices=frozenset({OfficeId("x")}))
    )

    for scope in (Scope(tenant=OTHERS), elsewhere):
        assert not await replies(home).unanswered(scope)
        found = await ChannelStore(home.database).find(scope, LISTED.reply)
        assert not found.replies
    assert not await replies(home).open(OTHERS, str(FACHVERFAHREN))


async def test_a_reply_to_a_delivery_that_never_began_is_refused(home: House) -> None:
    with pytest.raises(UnknownDelivery):
        await replies(home).keep(DeliveryId("none"), LISTED, WAITS, is_listed=True)


async def test_what_we_sent_is_kept_and_is_nobodys_to_answer(home: House) -> None:
    case = await arrived(home, submission(home))

    await replies(home).sent(case, POSTFACH, LISTED, WAITS)

    [known] = await replies(home).open(DEFAULT_TENANT, str(POSTFACH))
    assert (known.number, known.delivery) == (case.number, None)
    assert not await replies(home).unanswered(SCOPE)


async def test_it_is_found_by_whatever_is_known_of_it(home: House) -> None:
    delivery = await followed(home)
    await replies(home).keep(delivery, LISTED, WAITS, is_listed=True)
    [case] = await home.cases.list(SCOPE)

    for text in (case.number, LISTED.reply, CASE, delivery, "out-1"):
        found = await ChannelStore(home.database).find(SCOPE, text)
        assert [one.reply for one in found.replies] == [LISTED.reply], text
    assert not (await ChannelStore(home.database).find(SCOPE, "other")).replies


async def test_what_was_switched_off_alarms_no_more(home: House) -> None:
    other = DestinationId("anderes")
    states = SourceStates(home.database)
    for name in (FACHVERFAHREN, other):
        place = reply_place(name)
        await states.polled(DEFAULT_TENANT, place, troubles=("E-FIT-REPLY-WAITS",))
    await states.polled(DEFAULT_TENANT, POSTFACH, code="E-AWAY")

    await replies(home).close_all_but([(DEFAULT_TENANT, other)])
    one_left = await open_disturbances(home.database, SCOPE)
    await replies(home).close_all_but([(OTHERS, other)])
    none_left = await open_disturbances(home.database, SCOPE)

    assert {one.subject for one in one_left} == {"replies:anderes", "source:postfach"}
    assert {one.subject for one in none_left} == {"source:postfach"}
