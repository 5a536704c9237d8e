"""Batches of made-up cases, and a worker that does nothing but carry them."""

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from flows.batch import Batch, CaseOutcome, TaskBridge, WorkCase
from flows.engine import Engine
from schemas.cases import Case, Lane
from schemas.ids import (
    CaseId,
    CaseNumber,
    OfficeId,
    SenderId,
    ServiceKey,
    SnapshotHash,
    TenantId,
    TrackingId,
    WorkerId,
)
from schemas.states import Received
from schemas.work import LeasedCase

BEGIN_SECONDS = 3.0
"""As the worker: then it begins by itself."""
_counter = itertools.count(1)


def outcome_of(
    leased: LeasedCase, *, state: str = "Closed", code: str = "", destination: str = ""
) -> CaseOutcome:
    return CaseOutcome(
        case=leased.case.id,
        number=leased.case.number,
        steps=("check", "deliver", "archive"),
        state=state,
        code=code,
        destination=destination,
    )


def make_outcome(
    number: str = "2026-000001",
    *,
    state: str = "Closed",
    code: str = "",
    destination: str = "",
    steps: tuple[str, ...] = ("check", "deliver"),
) -> CaseOutcome:
    return CaseOutcome(
        case=CaseId(f"case-{number}"),
        number=CaseNumber(number),
        steps=steps,
        state=state,
        code=code,
        destination=destination,
    )


def make_leased(*, worker: str = "worker", secret: str = "") -> LeasedCase:
    """A case of its own number; ``secret`` stands wherever data of people may."""
    number = next(_counter)
    moment = datetime.now(UTC)
    return LeasedCase(
        case=Case(
            id=CaseId(uuid.uuid4().hex),
            tenant=TenantId("standard"),
            office=OfficeId("wohngeld"),
            number=CaseNumber(f"2026-{number:06d}"),
            tracking_id=TrackingId(f"{secret}-tracking"),
            service=ServiceKey("99107023017000"),
            sender=SenderId(f"{secret}-sender"),
            snapshot=SnapshotHash("0" * 64),
            state=Received(),
            received_at=moment,
            changed_at=moment,
            replaces=None,
        ),
        worker=WorkerId(worker),
        epoch=1,
        version=0,
        seq=1,
        head=b"",
        queue="s:formserver",
        lane=Lane.FRESH,
        takeovers=0,
        permit="",
        ordering_key=secret,
        own_failures=0,
        trying_since=None,
        done=(),
        deliveries=(),
    )


async def succeeds(leased: LeasedCase, bridge: TaskBridge | None) -> CaseOutcome:
    """Work that goes well; alone it delivers and archives as tasks."""

    async def effect() -> None:
        await asyncio.sleep(0)

    if bridge is not None:
        await bridge.run("deliver", effect)
        await bridge.run("archive", effect)
    return outcome_of(leased)


def make_batch(
    cases: int = 1,
    work_case: WorkCase = succeeds,
    *,
    worker: str = "worker",
    leased: Sequence[LeasedCase] = (),
) -> Batch:
    return Batch(
        id=uuid.uuid4().hex,
        leased_at=datetime.now(UTC),
        cases=tuple(leased) or tuple(make_leased(worker=worker) for _ in range(cases)),
        work_case=work_case,
        loop=asyncio.get_running_loop(),
    )


class CountingWork:
    """Counts how often it was done, and may do something while it is."""

    def __init__(self, during: Callable[[], Awaitable[None]] | None = None) -> None:
        self.done: list[str] = []
        self._during = during

    async def __call__(
        self, leased: LeasedCase, bridge: TaskBridge | None
    ) -> CaseOutcome:
        if self._during is not None:
            await self._during()
        self.done.append(leased.case.number)
        return outcome_of(leased)


async def carry(engine: Engine, batch: Batch) -> float:
    """What the worker does with a batch; how long the work was kept waiting."""
    clock = asyncio.get_running_loop().time
    started = clock()
    if engine.offer(batch):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEGIN_SECONDS):
                await batch.begun.wait()
    waited = clock() - started
    if not await batch.begin_from_worker():
        await batch.ended.wait()
    engine.ended(batch)
    return waited
