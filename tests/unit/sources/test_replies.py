"""Replies to what we delivered: noticed, told until they are answered, never taken."""

from datetime import timedelta

from adapters.memory import MemoryOutbox
from schemas.errors import ConfigurationInvalid, CounterpartAway
from schemas.ids import TenantId
from schemas.replies import ReplyState
from schemas.rules.replies import REPLY_WAITS
from schemas.rules.waits import REPLY_LOOK
from tests.house import FACHVERFAHREN, SCOPE
from tests.looking import rows
from tests.unit.sources.replying import PLACE, SOON, delivered


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
