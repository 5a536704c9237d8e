"""Runs the form server, and shows what becomes of what it hands in."""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass, field
from typing import Final

import typer

from api.cli.demo.following import Follower
from api.cli.demo.mailbox import sandbox_folder
from api.cli.output import note, say
from api.cli.together import Together
from schemas import states as s
from schemas.clock import SystemClock
from schemas.errors import DatabaseAway
from schemas.ids import CaseNumber
from schemas.scope import Scope
from schemas.services import Configuration
from schemas.states import CaseState
from storage.database import Database
from storage.settings import Settings
from storage.wake import POLL_SECONDS, Wake, listening

_ARRIVE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.1
_ACCEPTED: Final = 202
_FITCONNECT_SHARE: Final = 3
_STAGES: Final = {
    "submitted": "abgesendet",
    "notified": "abgesendet",
    "accepted": "angenommen",
    "rejected": "zurückgewiesen",
    "deleted": "gelöscht",
}


@dataclass(kw_only=True)
class Demonstration:
    """One run of it."""

    settings: Settings
    configuration: Configuration
    database: Database
    processes: Together
    with_fitconnect: bool = False
    _handed_in: set[CaseNumber] = field(default_factory=set)

    async def run(self, count: int, every: float) -> bool:
        """Until cancelled, or until so many have arrived; whether all of them have."""
        follower = Follower(
            database=self.database,
            scope=Scope(tenant=self.configuration.installation.tenant),
            services=self.configuration.services,
            tell=_tell,
        )
        await follower.ignore_what_is_over()
        earlier = await follower.numbers()
        following = asyncio.create_task(self._follow(follower))
        sending = asyncio.create_task(self._onlinedienst(count, every))
        try:
            code = await self._forms(count, every)
            if code or not count:
                note(f"The form server has ended (exit code {code}).")
                return not code
            code = await sending
            # What came over FIT-Connect tells its number to nobody but us.
            new = await follower.numbers() - earlier
            return await self._all_arrived(follower, new | self._handed_in) and not code
        finally:
            following.cancel()
            sending.cancel()
            await asyncio.gather(following, sending, return_exceptions=True)

    async def _forms(self, count: int, every: float) -> int:
        return await self.processes.run_once(
            "forms",
            *("sandbox", "forms", "--json"),
            *("--token-file", str(self.settings.home / "demo" / "token")),
            *("--door", f"http://{self.settings.host}:{self.settings.port}"),
            *("--count", str(count), "--every", str(every)),
            lines=self._form_said,
        )

    async def _onlinedienst(self, count: int, every: float) -> int:
        """A third of what comes in comes over FIT-Connect, at least one."""
        if not self.with_fitconnect:
            return 0
        return await self.processes.run_once(
            "onlinedienst",
            *("sandbox", "onlinedienst", "--json"),
            *("--dir", str(sandbox_folder(self.settings))),
            *("--count", str(-(-count // _FITCONNECT_SHARE))),
            *("--every", str(every * _FITCONNECT_SHARE)),
            lines=_onlinedienst_said,
        )

    def _form_said(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            note(line)
            return
        if said["status"] == _ACCEPTED:
            self._handed_in.add(CaseNumber(said["case_number"]))
            what = f"eingereicht, Tracking-ID {said['tracking_id']}"
        else:
            why = f": {said['reason']}" if said["reason"] else ""
            what = f"zurückgewiesen mit {said['status']} {said['code']}{why}"
        say(f"{said['case_number'] or '-':<11}  {said['service']:<19}  {what}")

    async def _follow(self, follower: Follower) -> None:
        clock, wake = SystemClock(), Wake()
        async with listening(self.database, wake):
            while True:
                with contextlib.suppress(DatabaseAway):
                    await follower.look(clock.now())
                await wake.wait(POLL_SECONDS)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _all_arrived(self, follower: Follower, cases: set[CaseNumber]) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ARRIVE_SECONDS):
                while not cases <= follower.ended.keys():  # noqa: ASYNC110
                    await asyncio.sleep(_PAUSE_SECONDS)
        lost = [one for one in cases if not follower.ended.get(one)]
        for number in sorted(lost):
            note(f"{number} has not arrived in the archive.")
        return not lost


def _onlinedienst_said(line: str) -> None:
    try:
        said = json.loads(line)
    except ValueError:
        note(line)
        return
    word = _STAGES.get(said["stage"], said["stage"])
    events = " → ".join(said["events"])
    say(f"FIT-Connect  Einreichung {said['submission']} {word}: {events}")


def _tell(way: str, state: CaseState) -> None:
    """In colour where somebody looks; the words say the same without it."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        say(way)
        return
    match state:
        case s.Closed():
            colour = "green"
        case s.Refused() | s.Quarantined() | s.Undeliverable():
            colour = "red"
        case _:
            colour = "yellow"
    say(typer.style(way, fg=colour))
