"""Replies of ours are looked at until their reader has answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

import pytest

from adapters.memory_inbox import MemoryInbox
from flows.sources.inboxes import ConfiguredInboxes
from flows.sources.sent_replies import SentReplies
from schemas.errors import ConfigurationInvalid, CounterpartAway, Ours
from schemas.replies import ListedReply, ReplyState, SeenReply
from schemas.scope import DEFAULT_TENANT
from schemas.sources import Source
from storage.channels import ChannelStore
from storage.replies import KnownReply, ReplyStore
from tests.clocks import TestClock
from tests.contract.channelling import arrived, submission
from tests.house import SCOPE, House
from tests.unit.sources.mailroom import POST, source

LISTED = ListedReply(reply="r-1", case="c-1")


class NotProved(Ours):
    code = "E-FIT-LOG"


class ReplyingInbox(MemoryInbox):
    """A mailbox whose senders answer our replies, as the test says."""

    def __init__(self) -> None:
        super().__init__(POST)
        self.sends_replies = True
        self.state = ReplyState.WAITING
        self.failure: Exception | None = None
        self.withheld: set[ListedReply] = set()
        self.breaking: set[ListedReply] = set()
        self.asked: list[ListedReply] = []

    async def sent_reply(self, listed: ListedReply) -> SeenReply:
        self.asked.append(listed)
        if self.failure is not None:
            raise self.failure
        if listed in self.withheld:
            raise CounterpartAway
        if listed in self.breaking:
            raise ZeroDivisionError
        return SeenReply(state=self.state)


class KeepsNothing(ReplyStore):
    """Breaks on whatever it is told."""

    async def keep_sent(
        self, known: KnownReply, seen: SeenReply, *, is_due: bool, code: str = ""
    ) -> None:
        raise ZeroDivisionError


class Mailboxes:
    """What an installation has built."""

    def __init__(self, inbox: MemoryInbox | None) -> None:
        self._inbox = inbox

    def of(self, source: Source) -> MemoryInbox:
        if self._inbox is None:
            raise ConfigurationInvalid(source.id)
        return self._inbox


class Scene:
    """A case that we have replied to."""

    def __init__(self, url: str) -> None:
        self.clock, self.inbox = TestClock(), ReplyingInbox()
        self.house = House(url, clock=self.clock, outboxes={})
        self.store = ReplyStore(self.house.database)

    def begun(self, inbox: MemoryInbox | None) -> SentReplies:
        inboxes = cast("ConfiguredInboxes", Mailboxes(inbox))
        return SentReplies({POST: source()}, inboxes, self.store, self.clock)

    async def look(self) -> None:
        await self.begun(self.inbox).look()

    async def known(self) -> KnownReply:
        [one] = (await ChannelStore(self.house.database).find(SCOPE, "r-1")).replies
        return one


@asynccontextmanager
async def replied(url: str) -> AsyncIterator[Scene]:
    scene = Scene(url)
    try:
        case = await arrived(scene.house, submission(scene.house, source=POST))
        waits = SeenReply(state=ReplyState.WAITING)
        await scene.store.sent(case, POST, LISTED, waits)
        yield scene
    finally:
        await scene.house.close()


async def test_one_is_asked_for_until_it_is_answered(database_url: str) -> None:
    async with replied(database_url) as scene:
        await scene.look()
        before = (await scene.known()).state
        scene.inbox.state = ReplyState.REJECTED
        await scene.look()
        await scene.look()

        assert before is ReplyState.WAITING
        assert (await scene.known()).state is ReplyState.REJECTED
        assert scene.inbox.asked == [LISTED] * 2


@pytest.mark.parametrize("state", [ReplyState.UNPROVED, ReplyState.WAITING])
async def test_what_nobody_answers_is_asked_for_no_longer_than_a_month(
    sqlite_url: str, state: ReplyState
) -> None:
    async with replied(sqlite_url) as scene:
        scene.inbox.state = state
        scene.clock.advance(timedelta(days=29))
        await scene.look()
        waits = (await scene.known()).state
        scene.clock.advance(timedelta(days=2))
        await scene.look()
        await scene.look()

        assert waits is ReplyState.WAITING
        assert (await scene.known()).state is ReplyState.GONE
        assert len(scene.inbox.asked) == 2


async def test_a_log_that_does_not_verify_is_told(sqlite_url: str) -> None:
    async with replied(sqlite_url) as scene:
        scene.inbox.failure = NotProved()
        await scene.look()

        known = await scene.known()
        assert (known.state, known.code) == (ReplyState.WAITING, "E-FIT-LOG")


async def test_whoever_is_away_is_asked_the_next_time(sqlite_url: str) -> None:
    async with replied(sqlite_url) as scene:
        scene.inbox.failure = CounterpartAway()
        await scene.look()
        scene.inbox.failure = None
        scene.inbox.state = ReplyState.ACCEPTED
        await scene.look()

        assert (await scene.known()).state is ReplyState.ACCEPTED


async def test_one_that_breaks_us_hides_no_other(sqlite_url: str) -> None:
    async with replied(sqlite_url) as scene:
        [case] = await scene.house.cases.list(SCOPE)
        earlier = ListedReply(reply="r-0", case="c-1")
        waits = SeenReply(state=ReplyState.WAITING)
        await scene.store.sent(case, POST, earlier, waits)
        scene.inbox.breaking.add(earlier)
        scene.inbox.state = ReplyState.ACCEPTED
        await scene.look()

        [broken] = await scene.store.open(DEFAULT_TENANT, POST)
        assert (broken.reply, broken.code) == ("r-0", "E-BUG")
        assert (await scene.known()).state is ReplyState.ACCEPTED


async def test_what_cannot_be_kept_ends_no_duty(sqlite_url: str) -> None:
    async with replied(sqlite_url) as scene:
        scene.store = KeepsNothing(scene.house.database)
        await scene.look()

        assert scene.inbox.asked == [LISTED]


async def test_one_that_is_never_given_out_hides_no_other(sqlite_url: str) -> None:
    async with replied(sqlite_url) as scene:
        [case] = await scene.house.cases.list(SCOPE)
        earlier = ListedReply(reply="r-0", case="c-1")
        waits = SeenReply(state=ReplyState.WAITING)
        await scene.store.sent(case, POST, earlier, waits)
        scene.inbox.withheld.add(earlier)
        scene.inbox.state = ReplyState.ACCEPTED
        await scene.look()

        assert scene.inbox.asked == [earlier, LISTED]
        assert (await scene.known()).state is ReplyState.ACCEPTED


async def test_where_none_are_sent_nobody_is_asked(sqlite_url: str) -> None:
    async with replied(sqlite_url) as scene:
        scene.inbox.sends_replies = False
        unable: tuple[MemoryInbox | None, ...] = (
            scene.inbox,
            MemoryInbox(POST),
            None,
        )

        for inbox in unable:
            watch = scene.begun(inbox)
            assert not watch.watches_any
            await watch.look()
        assert scene.inbox.asked == []
        assert len(await scene.store.open(DEFAULT_TENANT, POST)) == 1
