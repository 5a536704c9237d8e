"""Replies to what we delivered: noticed, told until they are answered, never taken."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from adapters.memory import MemoryOutbox
from api.doctor.engine import cases
from flows.ports import Outboxes
from flows.sources.following import Following, FollowPorts
from flows.sources.replies import ReplyPorts, ReplyWatch
from schemas.channels import Stage, Transmission
from schemas.errors import ConfigurationInvalid, CounterpartAway, Ours
from schemas.ids import DeliveryId, TenantId
from schemas.replies import ListedReply, ReplyState, SeenReply, reply_place
from schemas.rules.replies import REPLY_WAITS
from schemas.rules.waits import REPLY_LOOK
from storage.channels import ChannelStore
from storage.replies import KnownReply, ReplyStore
from storage.source_states import SourceStates
from storage.transmissions import TransmissionStore
from storage.vitals import open_disturbances
from tests.clocks import TestClock
from tests.house import FACHVERFAHREN, SCOPE, House, destination
from tests.looking import rows

CASE = "vorgang"
PLACE = reply_place(FACHVERFAHREN)
SOON = timedelta(seconds=11)


class NotProved(Ours):
    code = "E-FIT-LOG"


class RepliedOutbox(MemoryOutbox):
    """A way out whose counterpart answers, as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.takes_replies = True
        self.there: dict[ListedReply, ReplyState] = {}
        self.unlisted: dict[ListedReply, ReplyState] = {}
        self.failure: Exception | None = None
        self.broken: set[ListedReply] = set()
        self.breaking: set[ListedReply] = set()
        self.withheld: set[ListedReply] = set()
        self.lists = 0
        self.asked: list[ListedReply] = []

    def answer(self, name: str, case: str = CASE) -> ListedReply:
        """Somebody replies."""
        listed = ListedReply(reply=name, case=case)
        self.there[listed] = ReplyState.WAITING
        return listed

    def settle(self, listed: ListedReply, state: ReplyState) -> None:
        """It was answered, and waits no longer."""
        del self.there[listed]
        self.unlisted[listed] = state

    async def replies(self) -> tuple[ListedReply, ...]:
        self.lists += 1
        if self.failure is not None:
            raise self.failure
        return tuple(self.there)

    async def reply(self, delivery: DeliveryId, listed: ListedReply) -> SeenReply:
        assert delivery
        self.asked.append(listed)
        if listed in self.withheld:
            raise CounterpartAway
        if listed in self.broken:
            raise NotProved
        if listed in self.breaking:
            raise ZeroDivisionError
        return SeenReply(state=(self.there | self.unlisted)[listed])

    async def follow(self, delivery: DeliveryId) -> Transmission:
        assert delivery
        return Transmission(
            stage=Stage.SUBMITTED, submission="out", case=CASE, events=()
        )


class Scene:
    """A house that has delivered to somebody who may answer."""

    def __init__(self, url: str) -> None:
        self.clock, self.there = TestClock(), RepliedOutbox()
        outboxes = {FACHVERFAHREN: self.there}
        self.house = House(url, clock=self.clock, outboxes=outboxes)
        self.states = SourceStates(self.house.database)
        self.following = Following(
            {FACHVERFAHREN: destination()},
            FollowPorts(
                outboxes=outboxes,
                store=TransmissionStore(self.house.database),
                states=self.states,
                clock=self.clock,
            ),
        )
        self.watch = self.begun()

    def begun(
        self, *, tenant: TenantId = SCOPE.tenant, outboxes: Outboxes | None = None
    ) -> ReplyWatch:
        """As another process would begin."""
        ports = ReplyPorts(
            outboxes={FACHVERFAHREN: self.there} if outboxes is None else outboxes,
            store=ReplyStore(self.house.database),
            states=self.states,
            clock=self.clock,
        )
        there = replace(destination(), tenant=tenant)
        return ReplyWatch({FACHVERFAHREN: there}, ports)

    async def look(self, after: timedelta = REPLY_LOOK) -> None:
        self.clock.advance(after)
        await self.watch.look()

    async def alarms(self) -> set[str]:
        found = await open_disturbances(self.house.database, SCOPE)
        assert {one.subject for one in found} <= {f"replies:{FACHVERFAHREN}"}
        return {one.reason for one in found}

    async def doctor(self) -> set[str]:
        found = await cases(self.house.database, SCOPE.tenant)
        return {one.subject for one in found}

    async def known(self) -> dict[str, KnownReply]:
        found = await ChannelStore(self.house.database).find(SCOPE, "2026-000001")
        return {one.reply: one for one in found.replies}


@asynccontextmanager
async def delivered(url: str, *, followed: bool = True) -> AsyncIterator[Scene]:
    scene = Scene(url)
    try:
        await scene.house.destinations.sync([destination()])
        await scene.house.receive()
        await scene.house.work()
        if followed:
            scene.clock.advance(SOON)
            await scene.following.look()
        yield scene
    finally:
        await scene.house.close()


async def test_a_reply_is_noticed_and_alarms_until_it_is_answered(
    database_url: str,
) -> None:
    async with delivered(database_url) as scene:
        await scene.look()
        quiet = await scene.alarms()
        listed = scene.there.answer("r-1")
        await scene.look()
        loud, waiting = await scene.alarms(), await scene.known()
        scene.there.settle(listed, ReplyState.ACCEPTED)
        await scene.look()
        over = await scene.alarms()

        assert (quiet, loud, over) == (set(), {REPLY_WAITS}, set())
        assert waiting["r-1"].state is ReplyState.WAITING
        assert (await scene.known())["r-1"].state is ReplyState.ACCEPTED


async def test_the_alarms_follow_the_days_of_the_channel(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.answer("r-1")
        seen = []
        for days in (1, 2, 6, 5):
            await scene.look(timedelta(days=days))
            seen.append(len(await scene.alarms()))

        assert seen == [1, 2, 3, 4]


async def test_a_reply_in_anothers_case_is_not_ours(database_url: str) -> None:
    async with delivered(database_url) as scene:
        scene.there.answer("r-1", case="of-somebody-else")
        await scene.look()

        assert scene.there.asked == []
        assert await scene.alarms() == set()
        assert await rows(scene.house, "channel_replies") == []


async def test_what_is_answered_at_once_is_found_when_its_case_is_known(
    database_url: str,
) -> None:
    async with delivered(database_url, followed=False) as scene:
        scene.there.answer("r-1")
        scene.there.answer("r-2", case="of-somebody-else")
        await scene.watch.look()
        early = await scene.alarms()
        scene.clock.advance(SOON)
        await scene.following.look()
        await scene.look(SOON)
        found, lists = await scene.alarms(), scene.there.lists
        await scene.look(SOON * 2)

        assert (early, found) == (set(), {REPLY_WAITS})
        assert scene.there.lists == lists == 2


async def test_where_strangers_are_answered_all_the_time_looks_stay_rare(
    sqlite_url: str,
) -> None:
    async with delivered(sqlite_url) as scene:
        lists = []
        for number in range(8):
            scene.there.answer(f"r-{number}", case="of-somebody-else")
            await scene.look(SOON * 2)
            lists.append(scene.there.lists)
        scene.there.answer("r-8", case="of-somebody-else")
        await scene.look()
        await scene.look(SOON * 2)
        after = scene.there.lists

        assert lists == [1] + [2] * 7
        assert after == 4


async def test_a_callback_lets_it_look_soon_once_more(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.answer("r-1", case="of-somebody-else")
        await scene.look()
        scene.there.answer("r-2", case="of-somebody-else")
        await scene.states.wish(SCOPE.tenant, PLACE)
        await scene.look(timedelta(0))
        await scene.look(SOON * 2)

        assert scene.there.lists == 3


async def test_between_two_looks_nobody_is_asked(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        await scene.look()
        for _ in range(5):
            await scene.look(REPLY_LOOK / 6)

        assert scene.there.lists == 1
        await scene.look(REPLY_LOOK / 6)
        assert scene.there.lists == 2


async def test_a_callback_is_heeded_at_once(database_url: str) -> None:
    async with delivered(database_url) as scene:
        await scene.look()
        scene.there.answer("r-1")

        await scene.states.wish(SCOPE.tenant, FACHVERFAHREN)
        await scene.following.look()
        await scene.look(timedelta(0))

        assert await scene.alarms() == {REPLY_WAITS}
        assert await scene.states.wished() == frozenset()


async def test_where_replies_are_off_nobody_is_asked(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.takes_replies = False
        scene.there.answer("r-1")
        off = scene.begun()

        await scene.states.wish(SCOPE.tenant, FACHVERFAHREN)
        await scene.following.look()
        await off.look()

        assert off.watched == ()
        assert (scene.there.lists, scene.there.asked) == (0, [])
        assert await scene.states.wished() == frozenset()


async def test_what_is_switched_off_alarms_no_more(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.answer("r-1")
        await scene.look()
        await scene.watch.tidy()
        kept, named = await scene.alarms(), await scene.doctor()
        scene.there.takes_replies = False
        await scene.begun().tidy()

        assert kept == {REPLY_WAITS}
        assert await scene.alarms() == set()
        assert "reply 2026-000001" in named
        assert "reply 2026-000001" not in await scene.doctor()


async def test_one_that_does_not_verify_hides_no_other(database_url: str) -> None:
    async with delivered(database_url) as scene:
        scene.there.broken.add(scene.there.answer("r-1"))
        scene.there.answer("r-2")
        await scene.look()

        known = await scene.known()
        assert known["r-1"].state is ReplyState.UNPROVED
        assert known["r-1"].code == "E-FIT-LOG"
        assert known["r-2"].state is ReplyState.WAITING
        assert await scene.alarms() == {REPLY_WAITS}


async def test_one_that_breaks_us_hides_no_other(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.breaking.add(scene.there.answer("r-1"))
        scene.there.answer("r-2")
        await scene.look()

        known = await scene.known()
        assert known["r-1"].state is ReplyState.UNPROVED
        assert known["r-1"].code == "E-BUG"
        assert known["r-2"].state is ReplyState.WAITING
        assert await scene.alarms() == {REPLY_WAITS}


async def test_one_that_is_never_given_out_hides_no_other(database_url: str) -> None:
    async with delivered(database_url) as scene:
        scene.there.withheld.add(scene.there.answer("r-1"))
        listed = scene.there.answer("r-2")
        await scene.look()
        alarms, known = await scene.alarms(), await scene.known()
        scene.there.settle(listed, ReplyState.ACCEPTED)
        await scene.look()

        assert alarms == {REPLY_WAITS, CounterpartAway.code}
        assert set(known) == {"r-2"}
        assert await scene.alarms() == {CounterpartAway.code}


async def test_whoever_is_away_is_asked_again_soon_and_then_rarely(
    sqlite_url: str,
) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.answer("r-1")
        await scene.look()
        scene.there.failure = CounterpartAway()
        await scene.look()
        told = await scene.alarms()
        before = scene.there.lists
        for _ in range(60):
            await scene.look(timedelta(seconds=10))
        tries = scene.there.lists - before
        scene.there.failure = None
        await scene.look()

        assert told == {REPLY_WAITS, CounterpartAway.code}
        assert 4 <= tries <= 7
        assert await scene.alarms() == {REPLY_WAITS}


async def test_a_bug_is_told_and_ends_no_duty(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.failure = ZeroDivisionError("a bug of ours")
        await scene.look()

        assert await scene.alarms() == {"E-BUG"}


async def test_of_very_many_each_is_proved_in_its_turn(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        for number in range(120):
            scene.there.answer(f"r-{number:03}")
        await scene.look()
        first = len(scene.there.asked)
        await scene.look()

        assert first == 100
        assert len(set(scene.there.asked)) == 120
        assert len(await scene.known()) == 120


async def test_a_destination_that_cannot_be_built_stops_no_worker(
    sqlite_url: str,
) -> None:
    class NoOutboxes(dict[object, MemoryOutbox]):
        def __missing__(self, name: object) -> MemoryOutbox:
            raise ConfigurationInvalid(str(name))

    async with delivered(sqlite_url) as scene:
        watch = scene.begun(outboxes=NoOutboxes())
        await watch.look()

        assert watch.watched == ()


async def test_two_tenants_hear_of_their_own_replies_only(sqlite_url: str) -> None:
    async with delivered(sqlite_url) as scene:
        scene.there.answer("r-1")
        await scene.begun(tenant=TenantId("other")).look()

        assert scene.there.asked == []
        assert await scene.alarms() == set()
