"""Cases go out over FIT-Connect, to a sandbox that misbehaves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.outcomes import DeliveryConfirmed
from tests.counterparts.fitconnect import Pointed, fitconnect_here
from tests.fakes.fitconnect_outbox import mapping_to, way_to
from tests.parcels import make_parcel


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Pointed]:
    async with fitconnect_here(tmp_path / "sandbox") as pointed:
        yield pointed


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_case_is_submitted_and_proved(sandbox: Pointed, version: str) -> None:
    way = way_to(sandbox, version=version)

    outcome = await way.deliver(make_parcel(mapping=mapping_to(sandbox)))

    assert isinstance(outcome, DeliveryConfirmed), outcome
    await sandbox.expect(submitted=1)
    await way.aclose()
