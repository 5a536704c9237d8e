"""What stands behind the door in its tests: everything in memory, and countable."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from schemas.cases import (
    Accepted,
    Arrival,
    Case,
    KeyGone,
    KeyReused,
    Reception,
    Repeated,
)
from schemas.clock import local_day
from schemas.documents import Inline, StoredObject, WrappedKey
from schemas.errors import EngineError, StorageFull, UnknownCase
from schemas.events import RecordedEvent
from schemas.ids import (
    CaseId,
    CaseNumber,
    DocumentId,
    KeyName,
    OfficeId,
    SenderId,
    TenantId,
    TrackingId,
)
from schemas.scope import Scope
from schemas.states import CaseState, Received
from storage.base import CaseKey, ObjectWriter
from storage.ports import SenderDay, SenderToken


class StandingClock:
    """Shows one moment."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@dataclass
class MemoryCases:
    """Cases in order of receipt."""

    cases: list[Case] = field(default_factory=list)
    asked: int = 0
    """How often a single case was asked for."""
    when_asked: Callable[[Case, int], CaseState] = lambda case, _: case.state
    """The state of a case, by how often it was asked for."""
    failure: EngineError | None = None

    async def of_sender(
        self, tenant: TenantId, sender: SenderId, tracking: TrackingId
    ) -> Case:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        for case in self.cases:
            if (case.tenant, case.sender, case.tracking_id) == (
                tenant,
                sender,
                tracking,
            ):
                return replace(case, state=self.when_asked(case, self.asked))
        raise UnknownCase

    async def day_of_sender(
        self, tenant: TenantId, sender: SenderId, day: date
    ) -> SenderDay:
        found = tuple(
            case
            for case in self.cases
            if (case.tenant, case.sender) == (tenant, sender)
            and local_day(case.received_at) == day
        )
        return SenderDay(day=day, taken=len(found), by_state=(), cases=found)

    async def by_number(self, scope: Scope, number: CaseNumber) -> Case:
        for case in self.cases:
            if case.number == number and scope.sees(case.office):
                return case
        raise UnknownCase

    async def list(
        self, scope: Scope, *, state: str = "", service: str = "", limit: int = 50
    ) -> Sequence[Case]:
        return [c for c in reversed(self.cases) if scope.sees(c.office)][:limit]

    async def events(self, case: Case) -> tuple[RecordedEvent, ...]:
        return ()

    def put(self, case: Case, state: CaseState) -> None:
        """Let a case go on."""
        at = [known.id for known in self.cases].index(case.id)
        moved = replace(case, state=state, changed_at=case.changed_at + timedelta(1))
        self.cases[at] = moved


class MemoryIntake:
    """Receives into a MemoryCases."""

    def __init__(self, cases: MemoryCases) -> None:
        self._cases = cases
        self._keys: dict[tuple[TenantId, SenderId, str], tuple[str, Case]] = {}
        self.arrivals: list[Arrival] = []
        """Everything that was ever handed over, repeated or not."""
        self.gone: set[str] = set()
        self.failure: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    async def receive(self, arrival: Arrival) -> Reception:
        self.before()
        self.arrivals.append(arrival)
        if self.failure is not None:
            raise self.failure
        if arrival.key in self.gone:
            return KeyGone()
        place = (arrival.tenant, arrival.sender, arrival.key)
        if place in self._keys:
            known, case = self._keys[place]
            same = known == arrival.fingerprint
            return Repeated(case=case) if same else KeyReused()
        if arrival.replaces is not None:
            await self._cases.of_sender(
                arrival.tenant, arrival.sender, arrival.replaces
            )
        case = self._new_case(arrival)
        self._keys[place] = (arrival.fingerprint, case)
        self._cases.cases.append(case)
        return Accepted(case=case)

    def _new_case(self, arrival: Arrival) -> Case:
        return Case(
            id=arrival.case,
            tenant=arrival.tenant,
            office=arrival.office,
            number=CaseNumber(f"2026-{len(self._cases.cases) + 1:06}"),
            tracking_id=arrival.tracking_id,
            service=arrival.service,
            sender=arrival.sender,
            snapshot=arrival.snapshot.hash,
            state=Received(),
            received_at=arrival.received_at,
            changed_at=arrival.received_at,
            replaces=arrival.replaces,
        )


class MemoryTokens:
    """Tokens by secret; counts how often it is asked."""

    def __init__(self) -> None:
        self._tokens: dict[str, SenderToken] = {}
        self.asked = 0

    async def create(self, token: SenderToken, secret: str) -> None:
        self._tokens[secret] = token

    async def find(self, secret: str) -> SenderToken | None:
        self.asked += 1
        return self._tokens.get(secret)


class GlassVault:
    """A vault one can look into; encrypts nothing."""

    def __init__(self) -> None:
        self.objects: dict[DocumentId, bytes] = {}
        """What is complete and not discarded."""
        self.open: set[DocumentId] = set()
        """Writers that were neither finished nor aborted."""
        self.begun = 0
        self.room = 1 << 40
        self.full_after: int | None = None
        self.failure: EngineError | None = None
        """What discarding and aborting end in."""

    def new_key(self, *, tenant: TenantId, office: OfficeId, case: CaseId) -> CaseKey:
        wrapped = WrappedKey(kek=KeyName("glass"), wrapped=b"")
        return CaseKey(
            tenant=tenant, office=office, case=case, wrapped=wrapped, plain=bytes(32)
        )

    def open_key(
        self, *, tenant: TenantId, office: OfficeId, case: CaseId, wrapped: WrappedKey
    ) -> CaseKey:
        return self.new_key(tenant=tenant, office=office, case=case)

    def create(self, key: CaseKey, document: DocumentId) -> ObjectWriter:
        self.begun += 1
        self.open.add(document)
        return GlassWriter(self, document)

    async def read(self, key: CaseKey, stored: StoredObject) -> AsyncIterator[bytes]:
        yield self.objects[stored.id]

    async def sealed(self, stored: StoredObject) -> AsyncIterator[bytes]:
        yield self.objects[stored.id]

    async def discard(self, stored: StoredObject) -> None:
        if self.failure is not None:
            raise self.failure
        self.objects.pop(stored.id, None)

    def seal(self, key: CaseKey, text: str, *, label: str) -> bytes:
        return f"{label}:{text}".encode()

    def unseal(self, key: CaseKey, sealed: bytes, *, label: str) -> str:
        return sealed.decode().removeprefix(f"{label}:")

    def free_bytes(self) -> int:
        return self.room

    def is_empty(self) -> bool:
        """Whether nothing is there and nothing is under way."""
        return not self.objects and not self.open


class GlassWriter:
    """Writes into a GlassVault."""

    def __init__(self, vault: GlassVault, document: DocumentId) -> None:
        self._vault = vault
        self._document = document
        self._plain = bytearray()

    async def write(self, chunk: bytes) -> None:
        self._plain += chunk
        full_after = self._vault.full_after
        if full_after is not None and len(self._plain) > full_after:
            raise StorageFull

    async def finish(self) -> StoredObject:
        plain = bytes(self._plain)
        self._vault.open.discard(self._document)
        self._vault.objects[self._document] = plain
        return StoredObject(
            id=self._document,
            size=len(plain),
            sha256=hashlib.sha256(plain).hexdigest(),
            place=Inline(sealed=plain),
        )

    async def abort(self) -> None:
        if self._vault.failure is not None:
            raise self._vault.failure
        self._vault.open.discard(self._document)
        self._vault.objects.pop(self._document, None)
