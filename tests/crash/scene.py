"""What crash tests share: a house on disk that several processes live in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flows.ports import nothing_happens
from schemas.cases import Case
from schemas.events import first_break
from schemas.ids import delivery_id
from schemas.limits import CALL_DEADLINE, LEASE
from schemas.outcomes import Certainty
from schemas.states import Closed
from storage.archive.local import LocalArchive
from storage.vault.keys import KeyRing
from storage.vault.local import LocalVault
from tests.clocks import TestClock
from tests.crash.counterpart import FileCounterpart
from tests.house import FACHVERFAHREN, SCOPE, House, destination

LEASE_IS_OVER = LEASE + CALL_DEADLINE + timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One database and one folder; a house per process, a clock per run."""

    url: str
    folder: Path
    certainty: Certainty = Certainty.IDEMPOTENT

    @asynccontextmanager
    async def house(
        self,
        *,
        later: timedelta = timedelta(0),
        at: Callable[[str], None] = nothing_happens,
    ) -> AsyncIterator[House]:
        clock = TestClock()
        clock.advance(later)
        keys = KeyRing(self.folder / "keys", may_create=True, clock=clock)
        house = House(
            self.url,
            clock=clock,
            outboxes={FACHVERFAHREN: self.counterpart(at)},
            boundary=at,
            at=at,
            vault=LocalVault(self.folder / "vault", keys),
            archive=LocalArchive(self.folder / "archive"),
        )
        try:
            yield house
        finally:
            await house.close()

    def counterpart(
        self, at: Callable[[str], None] = nothing_happens
    ) -> FileCounterpart:
        place = self.folder / "counterpart"
        place.mkdir(exist_ok=True)
        return FileCounterpart(place, self.certainty, at)

    async def receive(self, count: int = 1) -> None:
        async with self.house() as house:
            await house.destinations.sync([destination()])
            for _ in range(count):
                await house.receive()

    async def recover(self, *, rounds: int = 1) -> None:
        """New workers, each coming after the leases of the last are over."""
        for past in range(1, rounds + 1):
            async with self.house(later=past * LEASE_IS_OVER) as house:
                await house.take_over()
                await house.work()

    async def cases(self) -> list[Case]:
        async with self.house() as house:
            return list(await house.cases.list(SCOPE, limit=1000))[::-1]

    async def assert_whole(self, expected: int) -> None:
        """Every case ended, one copy there, one package here, chains and numbers."""
        cases = await self.cases()
        assert [case.number for case in cases] == [
            f"2026-{number:06}" for number in range(1, expected + 1)
        ]
        await self.assert_arrived(*cases)

    async def assert_arrived(self, *cases: Case) -> None:
        async with self.house() as house:
            for case in cases:
                assert isinstance(case.state, Closed), case.state
                delivery = delivery_id(case.id, FACHVERFAHREN, 1)
                assert self.counterpart().copies(delivery) == 1
                events = await house.cases.events(case)
                assert first_break(events) is None
                assert sum(event.kind == "CaseDelivered" for event in events) == 1
                package = await house.archive.verify_package(case.state.package)
                assert package is not None
