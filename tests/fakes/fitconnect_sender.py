"""A process that delivers one case to a sandbox, to be killed while it does.

Arguments: the sandbox's line of JSON, and the file that notes are kept in.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from schemas.ids import DeliveryId
from schemas.outcomes import DeliveryConfirmed
from tests.counterparts.fitconnect import Pointed
from tests.fakes.fitconnect_outbox import mapping_to, way_to
from tests.parcels import make_attachment, make_document, make_parcel

BEGUN = "begun"


class FileNotes:
    """Notes of one delivery in a file, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self, _: DeliveryId) -> Mapping[str, str]:
        if not self._path.exists():
            return {}
        found: dict[str, str] = json.loads(self._path.read_text("utf-8"))
        return found

    async def keep(
        self, delivery: DeliveryId, notes: Mapping[str, str]
    ) -> Mapping[str, str]:
        merged = {**await self.read(delivery), **notes}
        draft = self._path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(merged, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        return merged


async def deliver(sandbox: Pointed, notes: Path) -> bool:
    """Whether it is confirmed."""
    way = way_to(sandbox, notes=FileNotes(notes))
    attached = [make_attachment(b"%PDF" * 5000, number=number) for number in (2, 3, 4)]
    parcel = make_parcel(make_document(), *attached, mapping=mapping_to(sandbox))
    try:
        return isinstance(await way.deliver(parcel), DeliveryConfirmed)
    finally:
        await way.aclose()


if __name__ == "__main__":
    sys.stdout.write(f"{BEGUN}\n")
    sys.stdout.flush()
    line, path = sys.argv[1:]
    is_done = asyncio.run(deliver(Pointed(json.loads(line)), Path(path)))
    sys.exit(0 if is_done else 3)
