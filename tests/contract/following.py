"""Deliveries whose counterpart decides later, by hand."""

from collections.abc import Sequence

from schemas.channels import ChannelEvent, Stage, Transmission
from schemas.ids import DeliveryId, DestinationId
from schemas.states import Problem
from storage.decisions import Decision
from storage.jobs import Filter
from storage.transmissions import TransmissionStore
from tests.contract.channelling import event
from tests.house import SCOPE, House
from tests.looking import rows

CODE = "E-FIT-REJECTED"
HASH = Problem(code="E-FIT-HASH", location="", german="Hash falsch.", english="Hash.")


def store(home: House) -> TransmissionStore:
    return TransmissionStore(home.database)


def shown(
    home: House, stage: Stage, *, events: Sequence[str] = (), submission: str = "out-1"
) -> Transmission:
    found: tuple[ChannelEvent, ...] = tuple(event(name, at=home) for name in events)
    return Transmission(
        stage=stage,
        submission=submission,
        case="out-c",
        events=found,
        problems=(HASH,) if stage is Stage.REJECTED else (),
    )


async def deliveries(home: House) -> list[DeliveryId]:
    """Every delivery, the first generation first."""
    found = sorted(await rows(home, "deliveries"), key=lambda row: row["generation"])
    return [DeliveryId(row["id"]) for row in found]


async def delivered(home: House) -> DeliveryId:
    """A case is worked on to its end; its delivery."""
    known = {row["id"] for row in await rows(home, "deliveries")}
    await home.receive()
    await home.work()
    [new] = {row["id"] for row in await rows(home, "deliveries")} - known
    return DeliveryId(new)


async def replay(home: House, destination: DestinationId | None = None) -> str:
    """Replay every dead letter, to its end; the job."""
    job = await home.jobs.create(
        SCOPE,
        Filter(destination=destination or ""),
        Decision(actor="erika", reason="berichtigt"),
        per_minute=600,
        stop_after=0,
    )
    await home.jobs.advance()
    await home.work()
    return job
