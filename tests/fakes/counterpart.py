"""A specialist system that counts, and misbehaves as it is told."""

import asyncio
from collections.abc import Callable

from schemas.deliveries import Parcel
from schemas.ids import CaseNumber, DeliveryId
from schemas.outcomes import (
    Answer,
    Arrived,
    AttemptOutcome,
    Certainty,
    DeliveryConfirmed,
    NotArrived,
    Receipt,
)

RECEIPT = Receipt(media_type="text/plain", body=b"angekommen")
Behaviour = Callable[[Parcel], AttemptOutcome | None]


def _takes_everything(_: Parcel) -> AttemptOutcome | None:
    return None


class Counterpart:
    """Fills Outbox; ``behave`` may answer otherwise than by taking the parcel."""

    def __init__(
        self,
        certainty: Certainty = Certainty.IDEMPOTENT,
        *,
        seconds: float = 0.0,
        behave: Behaviour = _takes_everything,
    ) -> None:
        self.certainty = certainty
        self.seconds = seconds
        self.behave = behave
        self.calls: list[CaseNumber] = []
        """Whose parcel was at the door, in order."""
        self.taken: list[CaseNumber] = []
        """Whose parcel was taken, in order; twice if it was taken twice."""
        self.copies: dict[DeliveryId, int] = {}
        self.questions = 0
        self.flying = 0
        self.most_at_once = 0

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        self.calls.append(parcel.case_number)
        self.flying += 1
        self.most_at_once = max(self.most_at_once, self.flying)
        try:
            await self.think()
            answer = self.behave(parcel)
            if answer is None:
                self.take(parcel)
            return answer or DeliveryConfirmed(receipt=RECEIPT)
        finally:
            self.flying -= 1

    async def think(self) -> None:
        """How long a call takes."""
        await asyncio.sleep(self.seconds)

    def take(self, parcel: Parcel) -> None:
        """Keep a copy, and no second one where ids are honoured."""
        known = self.copies.get(parcel.delivery, 0)
        if known and self.certainty is Certainty.IDEMPOTENT:
            return
        self.copies[parcel.delivery] = known + 1
        self.taken.append(parcel.case_number)

    async def ask(self, delivery: DeliveryId) -> Answer:
        self.questions += 1
        if delivery in self.copies:
            return Arrived(receipt=RECEIPT)
        return NotArrived()

    async def aclose(self) -> None:
        return
