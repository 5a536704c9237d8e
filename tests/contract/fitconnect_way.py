"""The way out over FIT-Connect, with a sandbox that misbehaves at each desk."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from itertools import product
from pathlib import Path

import httpx

from adapters.fitconnect.sandbox import FitConnectSandbox, SandboxOptions
from adapters.fitconnect.sandbox.chaos import EVERYTHING, parse_fault
from adapters.memory import MemoryNotes
from schemas.ids import DeliveryId
from schemas.services import Setting
from tests.counterparts.fitconnect import Pointed, furnish
from tests.fakes.fitconnect_outbox import mapping_to, way_to

PATIENT = 20.0
HASTY = 0.25
DESKS = ("announce", "attach", "submit", "events")
AT_A_DESK = ("drop", "commit-then-drop", "commit-then-hang", "commit-then-503", "404")
EVERYWHERE = ("401", "403", "409", "422", "429", "500", "garbage", "drop", "hang")
VISIBLE = "submitted", "accepted", "rejected", "expired"


class RecordedNotes(MemoryNotes):
    """Remembers every submission that was ever noted of a delivery."""

    def __init__(self) -> None:
        super().__init__()
        self.submissions: defaultdict[str, set[str]] = defaultdict(set)

    async def keep(
        self, delivery: DeliveryId, notes: Mapping[str, str]
    ) -> Mapping[str, str]:
        if "announced" in notes:
            found = json.loads(notes["announced"])["submission"]
            self.submissions[delivery].add(found)
        return await super().keep(delivery, notes)


class RecordingTransport(httpx.AsyncHTTPTransport):
    """Keeps the paths and headers of whatever changes something."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self.places: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET" and not request.url.path.endswith("/token"):
            self.places += [request.url.path, *request.headers.values()]
        return await super().handle_async_request(request)


class FitConnectWay:
    """A sandbox in this loop, over a real connection."""

    def __init__(self, system: FitConnectSandbox) -> None:
        sandbox = Pointed(system.line)
        self._system = system
        self._notes = RecordedNotes()
        self.mapping: Mapping[str, Setting] = mapping_to(sandbox)
        self.transport = RecordingTransport()
        self.outbox, self.hasty = (
            way_to(
                sandbox,
                notes=self._notes,
                transport=self.transport,
                deadline=seconds,
            )
            for seconds in (PATIENT, HASTY)
        )

    def hang(self) -> None:
        self._tell(EVERYTHING, "hang")

    def heal(self) -> None:
        self._system.application.chaos.tell(EVERYTHING, None)

    def troubles(self) -> Mapping[str, Callable[[], None]]:
        places = [*product(DESKS, AT_A_DESK), *product((EVERYTHING,), EVERYWHERE)]
        return {
            f"{word} at {desk}": partial(self._only, desk, word)
            for desk, word in places
        }

    def copies(self, delivery: DeliveryId) -> int:
        """Submissions of it that the recipient can see; those of nobody count too."""
        rows = self._system.dienst.database.execute(
            "SELECT parcel_id FROM parcels WHERE state IN (?, ?, ?, ?)", VISIBLE
        ).fetchall()
        seen = {row["parcel_id"] for row in rows}
        noted = set().union(*self._notes.submissions.values())
        return len(seen & self._notes.submissions[delivery]) + len(seen - noted)

    def places(self) -> list[str]:
        return list(self.transport.places)

    def _only(self, desk: str, word: str) -> None:
        self.heal()
        self._tell(desk, word)

    def _tell(self, desk: str, word: str) -> None:
        self._system.application.chaos.tell(desk, parse_fault(word))


@asynccontextmanager
async def fitconnect_way(home: Path) -> AsyncIterator[FitConnectWay]:
    options = SandboxOptions(folder=furnish(home / "sandbox"))
    async with FitConnectSandbox(options) as system:
        way = FitConnectWay(system)
        yield way
        way.heal()
        await way.outbox.aclose()
        await way.hasty.aclose()
