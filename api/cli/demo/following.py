"""Telling each case's way from the form to the archive, as it comes to its end."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schemas import states as s
from schemas.cases import Case
from schemas.events import RecordedEvent
from schemas.ids import CaseNumber, ServiceId
from schemas.rules.wording import wording
from schemas.scope import Scope
from schemas.services import Service
from schemas.states import CaseState
from storage.cases import SqlCases
from storage.database import Database

_SEEN_AT_ONCE: Final = 200
_ENDS: Final = (s.Closed, s.Refused, s.Quarantined, s.Undeliverable, s.InReview)
_PATIENCE_SECONDS: Final = 5.0
_SHORT: Final = re.compile(r"[ :]")
_STATIONS: Final = {
    "SubmissionReceived": "eingegangen",
    "CaseChecked": "geprüft",
    "CaseDelivered": "zugestellt",
    "PackageArchived": "archiviert",
    "CaseRefused": "zurückgewiesen",
    "CaseQuarantined": "in Quarantäne",
    "DecisionAsked": "in Sichtung",
    "DeliveryGivenUp": "unzustellbar",
}


@dataclass(kw_only=True)
class Follower:
    """Looks at the newest cases, and tells of each that has come to its end."""

    database: Database
    scope: Scope
    services: Mapping[ServiceId, Service]
    tell: Callable[[str, CaseState], None]
    ended: dict[CaseNumber, bool] = field(default_factory=dict)
    """Cases that came to their end, and whether it is the archive."""
    _late: set[CaseNumber] = field(default_factory=set)

    async def ignore_what_is_over(self) -> None:
        """Cases of earlier days are not told again."""
        for case in await self._newest():
            if isinstance(case.state, _ENDS):
                self.ended[case.number] = isinstance(case.state, s.Closed)

    async def numbers(self) -> set[CaseNumber]:
        """Of the newest cases."""
        return {case.number for case in await self._newest()}

    async def look(self, now: datetime) -> None:
        """Tell what is new. Raises DatabaseAway."""
        for case in reversed(await self._newest()):
            if case.number in self.ended:
                continue
            if isinstance(case.state, _ENDS):
                self.ended[case.number] = isinstance(case.state, s.Closed)
                self.tell(await self._way(case), case.state)
            elif (
                case.number not in self._late
                and _seconds(case, now) > _PATIENCE_SECONDS
            ):
                self._late.add(case.number)
                self.tell(await self._way(case), case.state)

    async def _newest(self) -> list[Case]:
        cases = await SqlCases(self.database).list(self.scope, limit=_SEEN_AT_ONCE)
        return list(cases)

    async def _way(self, case: Case) -> str:
        events = await SqlCases(self.database).events(case)
        service = self.services.get((case.tenant, case.service))
        name = _SHORT.split(service.name)[0] if service else case.service
        return way_of(case, events, name)


def way_of(case: Case, events: tuple[RecordedEvent, ...], name: str) -> str:
    """``2026-000001  Wohngeld  eingegangen → … → archiviert  0,4 s``."""
    stations: list[str] = []
    for event in events:
        word = _STATIONS.get(event.kind)
        if word and word not in stations:
            stations.append(word)
    if not isinstance(case.state, _ENDS):
        stations.append(_now(case))
    took = (events[-1].at - case.received_at).total_seconds() if events else 0.0
    seconds = f"{took:.1f}".replace(".", ",")
    return f"{case.number}  {name:<19}  {' → '.join(stations)}  {seconds} s"


def _now(case: Case) -> str:
    match case.state:
        case s.Delivering(destination=destination):
            return f"wartet auf {destination}"
        case state:
            return f"… {wording(state).word.lower()}"


def _seconds(case: Case, now: datetime) -> float:
    return (now - case.received_at).total_seconds()
