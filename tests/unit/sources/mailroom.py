"""A house with one mailbox in memory, whose rounds a test makes by hand."""

import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from adapters.memory import MemoryOutbox
from adapters.memory_inbox import Letter, MemoryInbox, OpenedLetter
from flows.ports import nothing_happens
from flows.sources.answering import Answering
from flows.sources.nudges import Nudges
from flows.sources.ports import SourcePorts
from flows.sources.round import Looked, MailboxRound
from flows.sources.watch import SourceWatch
from schemas.cases import Case
from schemas.channels import Announced, Gone, Inspection, Intact, TechnicalAnswer
from schemas.clock import Clock
from schemas.configuration.snapshot import content_of, encode
from schemas.documents import Role
from schemas.ids import SourceId, WorkerId
from schemas.scope import DEFAULT_TENANT
from schemas.sources import Source
from storage.base import Vault
from storage.deadlines import Deadlines
from storage.duties import Duties
from storage.source_states import SourceStates
from tests.clocks import TestClock
from tests.house import FACHVERFAHREN, SCOPE, WOHNGELD, House, destination, service

POST = SourceId("fit-connect")
URN = f"urn:de:fim:leika:leistung:{WOHNGELD}"


def source(name: str = POST, *, every: float = 60.0) -> Source:
    return Source(
        id=SourceId(name),
        tenant=DEFAULT_TENANT,
        name="Zustellpunkt",
        adapter="memory",
        poll_every=timedelta(seconds=every),
        services={},
        connection={},
    )


def letter(
    name: str,
    *,
    of: str = "",
    service: str = URN,
    at: timedelta = timedelta(0),
    body: bytes = b"<antrag/>",
    filename: str = "antrag.xml",
    inspection: Inspection | None = None,
) -> Letter:
    """A submission; ``of`` is the channel's case."""
    return Letter(
        announced=Announced(submission=name, case=of or f"case-{name}"),
        service=service,
        submitted_at=TestClock().now() + at,
        documents=((Role.MAIN, "application/xml", filename, body),),
        proof=f'{{"data":"{hashlib.sha256(name.encode()).hexdigest()}"}}',
        inspection=inspection or Intact(),
    )


class FussyInbox(MemoryInbox):
    """Fails for single submissions, and remembers what was opened."""

    def __init__(self) -> None:
        super().__init__(POST)
        self.broken: dict[str, Exception] = {}
        self.unsignable: set[str] = set()
        self.opened: list[str] = []
        self.looks = 0

    async def listing(self) -> tuple[Announced, ...]:
        self.looks += 1
        return await super().listing()

    async def sign(self, answer: TechnicalAnswer) -> bytes:
        if answer.submission in self.unsignable:
            raise ZeroDivisionError("a bug of ours")
        return await super().sign(answer)

    async def open(self, announced: Announced) -> OpenedLetter | Gone:
        self.opened.append(announced.submission)
        if announced.submission in self.broken:
            raise self.broken[announced.submission]
        return await super().open(announced)


@dataclass(kw_only=True)
class Mailroom:
    """Everything of one test."""

    house: House
    inbox: FussyInbox
    there: MemoryOutbox
    ports: SourcePorts
    nudges: Nudges = field(default_factory=Nudges)

    def __post_init__(self) -> None:
        self.house.ports = replace(self.house.ports, answered=self.nudges)
        self.round = MailboxRound(source(), self.inbox, self.ports)
        self.answering = Answering(source(), self.inbox, self.ports)

    async def look(self) -> Looked:
        return await self.round.look()

    async def all_through(self) -> None:
        """Fetch, work, answer."""
        await self.look()
        await self.house.work()
        await self.answering.send()

    async def cases(self) -> list[Case]:
        return list(await self.house.cases.list(SCOPE, limit=1000))[::-1]

    def watch(self, worker: str = "house", *, every: float = 60.0) -> SourceWatch:
        duties = Duties(self.house.database, WorkerId(worker))
        return SourceWatch(source(every=every), self.inbox, self.ports, duties)


def source_ports(
    house: House, *, at: Callable[[str], None] = nothing_happens, floor: int = 0
) -> SourcePorts:
    of = service()
    snapshot = encode(content_of(of, {FACHVERFAHREN: destination()}))
    return SourcePorts(
        channels=house.channels,
        states=SourceStates(house.database),
        deadlines=Deadlines(house.database),
        intake=house.intake,
        vault=house.vault,
        services={of.id: of},
        snapshots={of.id: snapshot},
        clock=house.clock,
        random_bytes=os.urandom,
        wake=house.wake,
        at=at,
        floor=floor,
    )


@asynccontextmanager
async def mailroom(
    url: str,
    *,
    clock: Clock | None = None,
    vault: Vault | None = None,
    floor: int = 0,
) -> AsyncIterator[Mailroom]:
    there = MemoryOutbox()
    house = House(
        url,
        clock=clock or TestClock(),
        outboxes={FACHVERFAHREN: there},
        vault=vault,
    )
    try:
        await house.destinations.sync([destination()])
        ports = source_ports(house, floor=floor)
        yield Mailroom(house=house, inbox=FussyInbox(), there=there, ports=ports)
    finally:
        await house.close()
