"""A house on either database, for every suite over what we keep."""

from collections.abc import AsyncIterator

import pytest

from tests.clocks import TestClock
from tests.fakes.counterpart import Counterpart
from tests.house import House, house


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def counterpart() -> Counterpart:
    return Counterpart()


@pytest.fixture
async def home(
    database_url: str, counterpart: Counterpart, clock: TestClock
) -> AsyncIterator[House]:
    """A house with one destination, whose counterpart and clock are fixtures too."""
    async with house(database_url, counterpart, clock=clock) as made:
        yield made
