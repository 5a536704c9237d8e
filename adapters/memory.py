"""Counterparts in memory: the fakes for tests, and for trying out."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias, assert_never

from adapters.base import Finding
from schemas.deliveries import Parcel, ParcelDocument
from schemas.errors import EngineError, FailureKind, ObjectDamaged
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.limits import CALL_DEADLINE
from schemas.outcomes import (
    Answer,
    Arrived,
    AttemptOutcome,
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
    Receipt,
)

DROPPED: Final = "E-MEMORY-DROPPED"
HANGS: Final = "E-MEMORY-NO-ANSWER"
CANNOT_BE_ASKED: Final = "E-MEMORY-CANNOT-BE-ASKED"


class MemoryNotes:
    """Fills DeliveryNotes; forgotten with the process, so for checks and tests."""

    def __init__(self) -> None:
        self.kept: dict[DeliveryId, dict[str, str]] = {}

    async def read(self, delivery: DeliveryId) -> Mapping[str, str]:
        return dict(self.kept.get(delivery, {}))

    async def keep(
        self, delivery: DeliveryId, notes: Mapping[str, str]
    ) -> Mapping[str, str]:
        self.kept.setdefault(delivery, {}).update(notes)
        return dict(self.kept[delivery])


@dataclass(frozen=True, kw_only=True, slots=True)
class Accept:
    """Take it and say so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fail:
    """Take nothing and say why."""

    kind: FailureKind = FailureKind.AWAY
    code: str = "E-MEMORY-AWAY"
    whole_destination: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """Break off without a word, before or after taking it."""

    taken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Hang:
    """Never say anything, having taken it or not."""

    taken: bool = False


Act: TypeAlias = Accept | Fail | Drop | Hang


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryCopy:
    """One copy that arrived; contents are empty where they are not kept."""

    parcel: Parcel
    digests: tuple[str, ...]
    contents: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryConnection:
    """What can be set."""

    certainty: Certainty = Certainty.IDEMPOTENT
    deadline: timedelta = CALL_DEADLINE


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryMapping:
    """Nothing can be set."""


def parse_mapping(_fields: Fields) -> MemoryMapping:
    """There is nothing to set; whatever is set is a problem."""
    return MemoryMapping()


def parse_connection(fields: Fields) -> MemoryConnection:
    """Read ``[connection]``; problems are noted in ``fields``."""
    return MemoryConnection(
        certainty=fields.choice("certainty", Certainty, default=Certainty.IDEMPOTENT)
    )


class MemoryOutbox:
    """Does what its script says, act by act, and accepts when the script is over."""

    def __init__(
        self,
        connection: MemoryConnection = MemoryConnection(),
        *,
        script: Iterable[Act] = (),
        keep_content: bool = True,
    ) -> None:
        """What it honours and answers follows from the declared certainty."""
        self._connection = connection
        self._script = deque(script)
        self._keep_content = keep_content
        self._copies: dict[DeliveryId, list[MemoryCopy]] = {}
        self.honours_ids = connection.certainty is Certainty.IDEMPOTENT
        self.answers = connection.certainty is not Certainty.NEITHER
        self.attempts = 0

    @property
    def certainty(self) -> Certainty:
        """As declared, whatever the switches say now."""
        return self._connection.certainty

    def then(self, *acts: Act) -> None:
        """Append to the script."""
        self._script.extend(acts)

    def copies(self, delivery: DeliveryId) -> tuple[MemoryCopy, ...]:
        """What arrived under this id."""
        return tuple(self._copies.get(delivery, ()))

    def deliveries(self) -> tuple[DeliveryId, ...]:
        """Every id that arrived, in order."""
        return tuple(self._copies)

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        """Play the next act."""
        self.attempts += 1
        act = self._script.popleft() if self._script else Accept()
        try:
            async with asyncio.timeout(self._connection.deadline.total_seconds()):
                return await self._play(act, parcel)
        except TimeoutError:
            return OutcomeUnknown(code=HANGS)
        except EngineError as error:
            return DeliveryFailed(kind=FailureKind.OURS, code=error.code)

    async def ask(self, delivery: DeliveryId) -> Answer:
        """What is here, if questions are answered."""
        if not self.answers:
            return NoAnswer(code=CANNOT_BE_ASKED)
        if delivery in self._copies:
            return Arrived(receipt=_receipt(delivery))
        return NotArrived()

    async def check(self) -> tuple[Finding, ...]:
        """Memory is always well."""
        return (Finding(subject="memory", ok=True),)

    async def aclose(self) -> None:
        """There is nothing to give back."""

    async def _play(self, act: Act, parcel: Parcel) -> AttemptOutcome:
        match act:
            case Accept():
                await self._take(parcel)
                return DeliveryConfirmed(receipt=_receipt(parcel.delivery))
            case Fail(kind=kind, code=code, whole_destination=whole):
                return DeliveryFailed(kind=kind, code=code, whole_destination=whole)
            case Drop(taken=taken):
                if taken:
                    await self._take(parcel)
                return OutcomeUnknown(code=DROPPED)
            case Hang(taken=taken):
                if taken:
                    await self._take(parcel)
                await asyncio.Event().wait()
                return OutcomeUnknown(code=HANGS)
        assert_never(act)

    async def _take(self, parcel: Parcel) -> None:
        taken = [await self._read(document) for document in parcel.documents]
        copies = self._copies.setdefault(parcel.delivery, [])
        if copies and self.honours_ids:
            return
        copies.append(
            MemoryCopy(
                parcel=parcel,
                digests=tuple(digest for digest, _ in taken),
                contents=tuple(content for _, content in taken),
            )
        )

    async def _read(self, document: ParcelDocument) -> tuple[str, bytes]:
        digest, kept, size = hashlib.sha256(), list[bytes](), 0
        async for chunk in document.open():
            digest.update(chunk)
            size += len(chunk)
            if self._keep_content:
                kept.append(chunk)
        if size != document.size:
            raise ObjectDamaged("not as long as recorded")
        return digest.hexdigest(), b"".join(kept)


def _receipt(delivery: DeliveryId) -> Receipt:
    return Receipt(
        media_type="application/json", body=f'{{"delivery":"{delivery}"}}'.encode()
    )
