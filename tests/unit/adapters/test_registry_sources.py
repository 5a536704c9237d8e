"""Sources are read with every problem at once, and built by name."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Surroundings
from adapters.memory import MemoryNotes
from adapters.memory_inbox import MemoryInbox
from adapters.registry import MEMORY_SOURCE, Registry, standard_registry
from adapters.secrets import MachineSecrets
from schemas.clock import SystemClock
from schemas.errors import ConfigurationInvalid
from schemas.ids import SourceId
from schemas.scope import DEFAULT_TENANT
from schemas.services import Setting
from schemas.sources import Source


def source(adapter: str = "memory", **connection: Setting) -> Source:
    return Source(
        id=SourceId("postfach"),
        tenant=DEFAULT_TENANT,
        name="Postfach",
        adapter=adapter,
        poll_every=timedelta(seconds=60),
        services={},
        connection=connection,
    )


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    secrets = MachineSecrets(environ={}, home=tmp_path)
    return Surroundings(
        secrets=secrets, home=tmp_path, clock=SystemClock(), notes=MemoryNotes()
    )


async def test_a_mailbox_in_memory_is_built(surroundings: Surroundings) -> None:
    inbox = standard_registry().build_source(source(), surroundings)

    assert isinstance(inbox, MemoryInbox)
    assert [one.ok for one in await inbox.check()] == [True]
    assert await inbox.listing() == ()
    await inbox.aclose()


def test_a_way_out_is_no_mailbox() -> None:
    [problem] = standard_registry().validate(source("folder"))

    assert problem.path == ("adapter",)
    assert "memory" in problem.remedy
    assert "folder" not in problem.remedy


def test_what_cannot_be_set_is_a_problem(surroundings: Surroundings) -> None:
    [problem] = standard_registry().validate_source(source(url="https://x"))

    assert problem.path == ("connection", "url")
    with pytest.raises(ConfigurationInvalid):
        standard_registry().build_source(source(url="https://x"), surroundings)


def test_a_kind_of_mailbox_is_registered_once() -> None:
    with pytest.raises(ConfigurationInvalid):
        Registry((), (MEMORY_SOURCE, MEMORY_SOURCE))
    assert Registry((), (MEMORY_SOURCE,)).source_names == ("memory",)
