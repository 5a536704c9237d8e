"""The ways out, each with its counterpart, for one and the same suite."""

import errno
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from adapters.base import Surroundings, WayOut
from adapters.folder.adapter import FolderOutbox
from adapters.folder.settings import FolderConnection
from adapters.http.adapter import HttpOutbox
from adapters.http.parsing import parse_connection
from adapters.http.sandbox import Fault, SandboxOptions, SpecialistSystem
from adapters.memory import (
    Accept,
    Act,
    Drop,
    Fail,
    Hang,
    MemoryConnection,
    MemoryNotes,
    MemoryOutbox,
)
from adapters.secrets import MachineSecrets
from schemas.clock import SystemClock
from schemas.errors import FailureKind
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.services import Setting
from tests.contract.fitconnect_way import fitconnect_way

PATIENT = 20.0
HASTY = 0.25
DISK_ERRORS = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EIO,
    errno.ENOENT,
    errno.ENOSPC,
    errno.EROFS,
    errno.ESTALE,
)


class Way(Protocol):
    """A way out, and what a test may do to its counterpart."""

    @property
    def outbox(self) -> WayOut: ...

    @property
    def hasty(self) -> WayOut:
        """To the same counterpart, but with a short deadline."""

    @property
    def mapping(self) -> Mapping[str, Setting]: ...

    def hang(self) -> None:
        """From now on nothing is answered."""

    def heal(self) -> None:
        """Everything is well again; what hangs is let go."""

    def troubles(self) -> Mapping[str, Callable[[], None]]:
        """Everything the counterpart can do wrong."""

    def copies(self, delivery: DeliveryId) -> int: ...

    def places(self) -> list[str]:
        """Every path and every header the counterpart has seen."""


def surroundings(home: Path, **environ: str) -> Surroundings:
    return Surroundings(
        secrets=MachineSecrets(environ=environ, home=home),
        home=home,
        clock=SystemClock(),
        notes=MemoryNotes(),
    )


@dataclass
class MemoryWay:
    """The fake."""

    outbox: MemoryOutbox
    mapping: Mapping[str, Setting]

    @property
    def hasty(self) -> MemoryOutbox:
        return self.outbox

    def hang(self) -> None:
        self.outbox.then(Hang())

    def heal(self) -> None:
        return

    def troubles(self) -> Mapping[str, Callable[[], None]]:
        acts: tuple[Act, ...] = (
            Fail(kind=FailureKind.AWAY),
            Fail(kind=FailureKind.SENDER),
            Fail(kind=FailureKind.OURS),
            Drop(taken=False),
            Drop(taken=True),
            Hang(taken=True),
            Accept(),
        )
        return {repr(act): partial(self.outbox.then, act) for act in acts}

    def copies(self, delivery: DeliveryId) -> int:
        return len(self.outbox.copies(delivery))

    def places(self) -> list[str]:
        return []


class FolderWay:
    """A folder whose disk can hang or fail."""

    def __init__(self, home: Path) -> None:
        self.mapping: Mapping[str, Setting] = {}
        self.root = home / "ablage"
        self._trouble: Callable[[], None] = lambda: None
        self._free = threading.Event()
        self.outbox, self.hasty = (
            FolderOutbox(
                FolderConnection(
                    path=Path("ablage"),
                    mount_point=(),
                    deadline=timedelta(seconds=seconds),
                ),
                surroundings(home),
                parallel=4,
                notice=lambda _: self._trouble(),
            )
            for seconds in (PATIENT, HASTY)
        )

    def hang(self) -> None:
        self._trouble = self._wait

    def heal(self) -> None:
        self._trouble = lambda: None
        self._free.set()

    def troubles(self) -> Mapping[str, Callable[[], None]]:
        return {
            errno.errorcode[number]: partial(self._fail, number)
            for number in DISK_ERRORS
        }

    def copies(self, delivery: DeliveryId) -> int:
        return len(list(self.root.glob(f"{delivery}.fertig")))

    def places(self) -> list[str]:
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*")]

    def _wait(self) -> None:
        self._free.wait()

    def _fail(self, number: int) -> None:
        def fail() -> None:
            raise OSError(number, os.strerror(number))

        self._trouble = fail


class HttpWay:
    """The sandbox, over a real connection."""

    def __init__(self, system: SpecialistSystem, home: Path) -> None:
        self.mapping: Mapping[str, Setting] = {"path": "/vorgaenge"}
        self.system = system
        self.outbox, self.hasty = (
            HttpOutbox(
                parse_connection(
                    Fields(
                        {
                            "base_url": system.url,
                            "certainty": "idempotent",
                            "receipt_path": "/vorgaenge/{delivery_id}",
                            "deadline": seconds,
                        },
                        "connection",
                    )
                ),
                surroundings(home),
                parallel=4,
            )
            for seconds in (PATIENT, HASTY)
        )

    def hang(self) -> None:
        self.system.misbehave(Fault.HANG)

    def heal(self) -> None:
        self.system.behave()

    def troubles(self) -> Mapping[str, Callable[[], None]]:
        faults = {fault.value: partial(self.system.misbehave, fault) for fault in Fault}
        statuses = (302, 401, 404, 409, 422, 429, 500, 503, 599)
        return faults | {
            str(status): partial(self.system.misbehave, Fault.STATUS, status=status)
            for status in statuses
        }

    def copies(self, delivery: DeliveryId) -> int:
        return len(self.system.copies(delivery))

    def places(self) -> list[str]:
        found = []
        for delivery in self.system.counts():
            for copy in self.system.copies(delivery):
                found += [copy.path, json.dumps(dict(copy.headers))]
                lines = copy.content.split(b"\r\n")
                found += [
                    line.decode()
                    for line in lines
                    if line.lower().startswith(b"content-disposition")
                ]
        return found


@asynccontextmanager
async def memory_way(home: Path) -> AsyncIterator[Way]:
    connection = MemoryConnection(deadline=timedelta(seconds=HASTY))
    yield MemoryWay(outbox=MemoryOutbox(connection), mapping={})


@asynccontextmanager
async def folder_way(home: Path) -> AsyncIterator[Way]:
    way = FolderWay(home)
    yield way
    way.heal()
    await way.outbox.aclose()
    await way.hasty.aclose()


@asynccontextmanager
async def http_way(home: Path) -> AsyncIterator[Way]:
    async with SpecialistSystem(SandboxOptions(keep_content=True)) as system:
        way = HttpWay(system, home)
        yield way
        await way.outbox.aclose()
        await way.hasty.aclose()


WAYS = {
    "memory": memory_way,
    "folder": folder_way,
    "http": http_way,
    "fitconnect": fitconnect_way,
}
