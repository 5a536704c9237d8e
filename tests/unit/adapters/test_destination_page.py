"""docs/destinations.md says what the adapters do."""

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from adapters import memory
from adapters.folder import adapter as folder
from adapters.http import bodies, codec
from adapters.http.sandbox import Fault
from adapters.memory import Fail
from adapters.registry import standard_registry
from schemas.errors import ConfigurationInvalid, SecretMissing
from schemas.ids import DestinationId
from schemas.scope import DEFAULT_TENANT
from schemas.services import Destination, Setting

PAGE = (Path(__file__).parents[3] / "docs" / "destinations.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def codes_of(module: ModuleType) -> set[str]:
    values = [value for value in vars(module).values() if isinstance(value, str)]
    return {value for value in values if re.fullmatch(r"E-[A-Z-]+", value)}


def frozen(values: Mapping[str, object]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for name, value in values.items():
        assert isinstance(value, str | int | float | dict)
        found[name] = value
    return found


def test_every_code_stands_on_the_page() -> None:
    known = set[str]().union(*map(codes_of, (bodies, codec, folder, memory)))
    known |= {SecretMissing.code, ConfigurationInvalid.code, Fail().code}

    assert set(re.findall(r"E-[A-Z]+(?:-[A-Z]+)*", PAGE)) == known


def test_every_fault_of_the_sandbox_stands_on_the_page() -> None:
    named = {fault.value for fault in Fault if f"`{fault.value}`" in PAGE}

    assert named == {fault.value for fault in Fault} - {Fault.STATUS.value}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_good_destination(example: str) -> None:
    values = tomllib.loads(example)
    destination = Destination(
        id=DestinationId(values["id"]),
        tenant=DEFAULT_TENANT,
        name=values["name"],
        adapter=values["adapter"],
        max_parallel=4,
        give_up_after=timedelta(days=10),
        mapping=frozen(values.get("mapping", {})),
        connection=frozen(values["connection"]),
    )

    assert standard_registry().validate(destination) == ()


def test_every_adapter_has_an_example() -> None:
    adapters = {tomllib.loads(example)["adapter"] for example in EXAMPLES}

    assert adapters == set(standard_registry().names)
