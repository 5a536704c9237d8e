"""A whole engine without Prefect: a database, a vault, an archive, ways out."""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from adapters.base import Outbox
from flows.batch import Batch
from flows.case_run import CaseRunner
from flows.engine import NoEngine
from flows.plan import Plans
from flows.ports import Checker, Ports, nothing_happens
from flows.turns import Turns
from flows.worker import Pace, Worker
from schemas.cases import Accepted, Arrival, Case, Reception
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.clock import Clock
from schemas.configuration.snapshot import content_of, encode
from schemas.documents import Document, Role, WrappedKey
from schemas.ids import (
    CaseId,
    DestinationId,
    DocumentId,
    OfficeId,
    SenderId,
    ServiceKey,
    StepName,
    TrackingId,
    WorkerId,
    new_tracking_id,
)
from schemas.limits import SLOTS
from schemas.rules.process import STANDARD_PROCESS
from schemas.rules.queues import line_of, share_of
from schemas.scope import DEFAULT_TENANT, Scope
from schemas.services import Destination, Order, Service
from storage.base import Archive, Vault
from storage.cases import SqlCases
from storage.channels import ChannelStore
from storage.database import Database
from storage.decisions import Decisions
from storage.destinations import SqlDestinations
from storage.duties import Duties
from storage.intake import SqlIntake
from storage.jobs import JobStore
from storage.ledger import Ledger
from storage.memory import MemoryArchive, MemoryVault
from storage.papers import PaperStore
from storage.wake import Wake
from storage.worklist import Worklist
from tests.clocks import TestClock
from tests.fakes.checker import QuickChecker

WOHNGELD = ServiceKey("99107023017000")
FACHVERFAHREN = DestinationId("fachverfahren")
FORMSERVER = SenderId("formserver")
ANYTHING = CheckPolicy(unknown=Unknown.ACCEPT)
SCOPE = Scope(tenant=DEFAULT_TENANT)


def service(
    *destinations: str,
    key: ServiceKey = WOHNGELD,
    process: tuple[str, ...] = STANDARD_PROCESS,
    order: Order = Order.RECEIPT,
    check: CheckPolicy = ANYTHING,
) -> Service:
    """A service of the demonstration district; it takes any well-formed document."""
    return Service(
        key=key,
        name="Wohngeld beantragen",
        tenant=DEFAULT_TENANT,
        office=OfficeId("wohngeld"),
        process=tuple(map(StepName, process)),
        destinations=tuple(map(DestinationId, destinations or (FACHVERFAHREN,))),
        deadline=timedelta(days=30),
        retention_class="10-jahre",
        order=order,
        check=check,
    )


def destination(name: str = FACHVERFAHREN, *, max_parallel: int = 16) -> Destination:
    """A destination with a memory behind it."""
    return Destination(
        id=DestinationId(name),
        tenant=DEFAULT_TENANT,
        name=name,
        adapter="memory",
        max_parallel=max_parallel,
        give_up_after=timedelta(days=10),
        mapping={},
        connection={},
    )


class House:
    """Everything of one test, on one database."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        outboxes: Mapping[DestinationId, Outbox],
        boundary: Callable[[str], None] = nothing_happens,
        at: Callable[[str], None] = nothing_happens,
        vault: Vault | None = None,
        archive: Archive | None = None,
        checker: Checker | None = None,
    ) -> None:
        self.clock = clock
        self.database = Database(url, clock=clock, boundary=boundary)
        self.vault = vault or MemoryVault()
        self.archive = archive or MemoryArchive()
        self.intake = SqlIntake(self.database)
        self.cases = SqlCases(self.database)
        self.destinations = SqlDestinations(self.database)
        self.decisions = Decisions(self.database)
        self.jobs = JobStore(self.database)
        self.papers = PaperStore(self.database)
        self.channels = ChannelStore(self.database)
        self.outboxes = dict(outboxes)
        self.batches: list[Batch] = []
        self.wake = Wake()
        self.ports = Ports(
            ledger=Ledger(self.database),
            papers=self.papers,
            vault=self.vault,
            archive=self.archive,
            outboxes=self.outboxes,
            checker=checker or QuickChecker(),
            clock=clock,
            turns=Turns(lambda _: share_of(SLOTS)),
            channels=self.channels,
            at=at,
        )

    async def receive(
        self,
        of: Service | None = None,
        *,
        key: str = "",
        body: bytes = b"<antrag/>",
        sender: SenderId = FORMSERVER,
        ordering_key: str = "",
    ) -> Case:
        """Hand in one submission that must be accepted."""
        reception = await self.hand_in(
            of, key=key, body=body, sender=sender, ordering_key=ordering_key
        )
        assert isinstance(reception, Accepted), reception
        self.wake()
        return reception.case

    async def hand_in(
        self,
        of: Service | None = None,
        *,
        key: str = "",
        body: bytes = b"<antrag/>",
        sender: SenderId = FORMSERVER,
        ordering_key: str = "",
        replaces: TrackingId | None = None,
        received_at: datetime | None = None,
    ) -> Reception:
        """Hand in one submission, as the door does."""
        of = of or service()
        case = CaseId(uuid.uuid4().hex)
        wrapped, document = await self._keep(of, case, body)
        known = {one: destination(one) for one in of.destinations}
        return await self.intake.receive(
            Arrival(
                case=case,
                tenant=of.tenant,
                office=of.office,
                tracking_id=new_tracking_id(os.urandom),
                service=of.key,
                sender=sender,
                source=sender,
                key=key or uuid.uuid4().hex,
                fingerprint=hashlib.sha256(body).hexdigest(),
                snapshot=encode(content_of(of, known)),
                wrapped_key=wrapped,
                documents=(document,),
                received_at=received_at or self.clock.now(),
                replaces=replaces,
                ordering_key=ordering_key or line_of(of),
            )
        )

    async def _keep(
        self, of: Service, case: CaseId, body: bytes
    ) -> tuple[WrappedKey, Document]:
        key = self.vault.new_key(tenant=of.tenant, office=of.office, case=case)
        document = DocumentId(uuid.uuid4().hex)
        writer = self.vault.create(key, document)
        await writer.write(body)
        kept = Document(
            stored=await writer.finish(),
            role=Role.MAIN,
            position=0,
            media_type="application/xml",
            sealed_name=self.vault.seal(key, "Antrag Müller.xml", label=document),
        )
        return key.wrapped, kept

    @asynccontextmanager
    async def worker(
        self,
        name: str = "",
        *,
        slots: int = 64,
        lease: float = 30.0,
        pace: Pace | None = None,
    ) -> AsyncIterator[Worker]:
        """A registered worker incarnation without an engine."""
        identity = WorkerId(name or uuid.uuid4().hex)
        worklist = Worklist(self.database, identity)
        await worklist.register(timedelta(seconds=lease))
        runner = CaseRunner(self.ports, Plans(self.papers), worklist)

        async def remember(batch: Batch) -> None:
            self.batches.append(batch)

        yield Worker(
            worklist=worklist,
            work_case=runner.work,
            engine=NoEngine(),
            record=remember,
            wake=self.wake,
            clock=self.clock,
            slots=slots,
            pace=pace or Pace(gather=0.0, patience=0.0),
        )

    async def work(self) -> int:
        """Let a fresh worker do what is due, and retire."""
        async with self.worker() as worker:
            done = await worker.run_until_idle()
            await worker.run(_stopped())
            return done

    async def take_over(self) -> int:
        """What the worker holding this duty does."""
        return await Worklist(self.database, WorkerId("house")).take_over()

    def duties(self) -> Duties:
        """Timers of this house."""
        return Duties(self.database, WorkerId("house"))

    async def close(self) -> None:
        """Give the connections back."""
        await self.database.close()


def _stopped() -> asyncio.Event:
    stop = asyncio.Event()
    stop.set()
    return stop


@asynccontextmanager
async def house(
    url: str, outbox: Outbox, *, clock: Clock | None = None
) -> AsyncIterator[House]:
    """A house with one destination."""
    made = House(
        url,
        clock=clock or TestClock(),
        outboxes={FACHVERFAHREN: outbox},
    )
    try:
        await made.destinations.sync([destination()])
        yield made
    finally:
        await made.close()
