"""A delivery becomes visible once, whoever dies and however many work on it."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.fitconnect.outbox.errors import TagsDiffer
from adapters.memory import MemoryNotes
from schemas.errors import DatabaseAway, FailureKind
from schemas.outcomes import (
    AttemptOutcome,
    DeliveryConfirmed,
    DeliveryFailed,
    OutcomeUnknown,
)
from tests.clocks import TestClock
from tests.fakes.fitconnect_service import (
    MAPPING,
    HeldNotes,
    TinyService,
    process,
)
from tests.parcels import make_attachment, make_document, make_parcel

PARCEL = make_parcel(
    make_document(), make_attachment(), make_attachment(b"", number=3), mapping=MAPPING
)
SPIN = 0.0005
PATIENCE = 2_000
KINDS = 16
"""Of things that can happen; most are that somebody goes on."""


class Died(BaseException):
    """The process is gone."""


def dying_at(step: int) -> Callable[[str], Awaitable[None]]:
    steps = count()

    async def at(_: str) -> None:
        if next(steps) == step:
            raise Died

    return at


async def steps_of_a_delivery() -> list[str]:
    service, store, steps = TinyService(TestClock()), MemoryNotes(), list[str]()

    async def note(what: str) -> None:
        steps.append(what)

    way = process(service, HeldNotes(store, note), note)
    assert isinstance(await way.deliver(PARCEL), DeliveryConfirmed)
    return steps


async def test_a_process_may_die_at_every_step() -> None:
    for step, name in enumerate(await steps_of_a_delivery()):
        service, store = TinyService(TestClock()), MemoryNotes()
        dies = dying_at(step)
        with pytest.raises(Died):
            await process(service, HeldNotes(store, dies), dies).deliver(PARCEL)

        outcome = await process(service, store).deliver(PARCEL)

        assert isinstance(outcome, DeliveryConfirmed), name
        assert len(service.visible) == 1, name


async def test_two_may_die_one_after_the_other() -> None:
    steps = await steps_of_a_delivery()
    for first in range(0, len(steps), 2):
        for second in range(1, len(steps), 3):
            service, store = TinyService(TestClock()), MemoryNotes()
            for step in (first, second):
                dies = dying_at(step)
                try:
                    await process(service, HeldNotes(store, dies), dies).deliver(PARCEL)
                except Died:
                    continue

            outcome = await process(service, store).deliver(PARCEL)

            assert isinstance(outcome, DeliveryConfirmed)
            assert len(service.visible) == 1


class Interleaving:
    """Several processes at one delivery; who goes on is decided from outside."""

    def __init__(self) -> None:
        self.service, self.store = TinyService(TestClock()), MemoryNotes()
        self.tasks: list[asyncio.Task[AttemptOutcome]] = []
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.steps: dict[int, str] = {}

    def begin(self) -> None:
        number = len(self.tasks)

        async def step(what: str) -> None:
            self.steps[number] = what
            self.waiting[number] = asyncio.get_running_loop().create_future()
            await self.waiting[number]

        way = process(self.service, HeldNotes(self.store, step), step)
        self.tasks.append(asyncio.create_task(way.deliver(PARCEL)))

    async def settle(self) -> None:
        """Until everybody waits for us or has ended."""
        for _ in range(PATIENCE):
            if all(
                task.done() or number in self.waiting
                for number, task in enumerate(self.tasks)
            ):
                return
            await asyncio.sleep(SPIN)
        raise AssertionError(self.steps)

    def act(self, number: int) -> None:
        """One thing happens, by number."""
        kind, which = number % KINDS, number // KINDS
        ready = sorted(self.waiting)
        if kind == 0 and len(self.tasks) < 4:
            self.begin()
        elif kind == 1 and which % 3 == 0:
            self.service.pass_a_day()
        elif kind == 2:
            self.service.hidden = 1 + which % 3
        elif ready:
            self._next(ready[which % len(ready)], fails=kind == 3, dies=kind == 4)

    def _next(self, number: int, *, fails: bool, dies: bool) -> None:
        future = self.waiting.pop(number)
        if dies:
            self.tasks[number].cancel()
        elif fails and "notes" in self.steps[number]:
            future.set_exception(DatabaseAway())
        elif fails:
            future.set_exception(httpx.ReadError("broken off"))
        else:
            future.set_result(None)

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.service.hidden = 0


async def interleaved(acts: list[int]) -> None:
    race = Interleaving()
    race.begin()
    race.begin()
    for act in acts:
        await race.settle()
        race.act(act)
        assert len(race.service.visible) <= 1
    await race.settle()
    ended = [t.result() for t in race.tasks if t.done() and not t.cancelled()]
    await race.end()

    confirmed = any(isinstance(one, DeliveryConfirmed) for one in ended)
    assert not confirmed or len(race.service.visible) == 1
    for _ in range(3):
        outcome = await process(race.service, race.store).deliver(PARCEL)
        if not isinstance(outcome, OutcomeUnknown):
            break
        # Nobody can tell yet; in a day it is certain.
        race.service.pass_a_day()
    # Of two that upload at once, one may overwrite the other's: then it is there
    # once, with tags that whoever submitted does not know.
    overwritten = DeliveryFailed(kind=FailureKind.OURS, code=TagsDiffer.code)
    assert isinstance(outcome, DeliveryConfirmed) or outcome == overwritten
    assert len(race.service.visible) == 1


@settings(max_examples=40, deadline=None, phases=(Phase.reuse, Phase.generate))
@given(
    st.lists(
        st.integers(min_value=0, max_value=KINDS * 12 - 1), min_size=50, max_size=150
    )
)
def test_processes_at_the_same_delivery_make_one_submission(acts: list[int]) -> None:
    asyncio.run(interleaved(acts))


def test_of_two_in_step_one_is_sent_or_none() -> None:
    async def in_step() -> None:
        race = Interleaving()
        race.begin()
        race.begin()
        while not all(task.done() for task in race.tasks):
            await race.settle()
            for number in sorted(race.waiting):
                race.waiting.pop(number).set_result(None)
        assert len(race.service.visible) <= 1

    asyncio.run(in_step())
