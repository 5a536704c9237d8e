"""What the doctor says of a place that cannot even be built."""

from pathlib import Path

import pytest

from adapters.base import Surroundings
from adapters.registry import Registry
from api.doctor.outside import check_places, of_findings
from schemas.configuration.problems import ConfigProblem
from schemas.errors import ConfigurationInvalid, EngineError, KeyMissing
from schemas.services import Destination
from storage.settings import Settings
from tests.house import destination


class Broken:
    """A kind of counterpart that nothing can be built of."""

    name = "memory"

    def __init__(self, error: EngineError) -> None:
        self._error = error

    def validate(self, destination: Destination) -> tuple[ConfigProblem, ...]:
        return ()

    def make(self, destination: Destination, surroundings: Surroundings) -> object:
        raise self._error


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (ConfigurationInvalid("a file"), "Not well: The configuration cannot be used."),
        (KeyMissing("kek"), "Not well: The key-encryption key is not there."),
    ],
)
async def test_what_cannot_be_built_is_told_in_one_sentence(
    error: EngineError, detail: str, tmp_path: Path
) -> None:
    place = destination()
    registry = Registry([Broken(error)])  # type: ignore[list-item]

    [found] = await check_places([place], registry, Settings(home=tmp_path))

    told = of_findings(place, found)
    assert told.detail == detail
    assert told.remedy == error.remedy
