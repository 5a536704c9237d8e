"""A house that has delivered to somebody who may answer, as the tests say."""

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
from schemas.errors import CounterpartAway, Ours
from schemas.ids import DeliveryId, TenantId
from schemas.replies import ListedReply, ReplyState, SeenReply, reply_place
from schemas.rules.waits import REPLY_LOOK
from storage.channels import ChannelStore
from storage.replies import KnownReply, ReplyStore
from storage.source_states import SourceStates
from storage.transmissions import TransmissionStore
from storage.vitals import open_disturbances
from tests.clocks import TestClock
from tests.house import FACHVERFAHREN, SCOPE, House, destination

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
