"""A specialist system that outlives the engine: its copies are files."""

import uuid
from collections.abc import Callable
from pathlib import Path

from schemas.deliveries import Parcel
from schemas.ids import DeliveryId
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


class FileCounterpart:
    """Keeps every copy it is sent; honours delivery ids if it is said to."""

    def __init__(
        self, folder: Path, certainty: Certainty, at: Callable[[str], None]
    ) -> None:
        self.certainty = certainty
        self._folder = folder
        self._at = at

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        place = self._folder / parcel.delivery
        place.mkdir(exist_ok=True)
        if self.certainty is not Certainty.IDEMPOTENT or not any(place.iterdir()):
            (place / uuid.uuid4().hex).touch()
        self._at("stored at the counterpart")
        return DeliveryConfirmed(receipt=RECEIPT)

    async def ask(self, delivery: DeliveryId) -> Answer:
        if self.copies(delivery):
            return Arrived(receipt=RECEIPT)
        return NotArrived()

    async def aclose(self) -> None:
        return

    def copies(self, delivery: DeliveryId) -> int:
        place = self._folder / delivery
        return len(list(place.iterdir())) if place.exists() else 0
