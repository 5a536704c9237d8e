"""The same against FIT-Connect itself: what its signed log says is what counts."""

import asyncio
import base64
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Inbox, Surroundings
from adapters.memory import MemoryNotes
from adapters.registry import standard_registry
from adapters.secrets import MachineSecrets
from flows.sources.answering import Answering
from flows.sources.round import MailboxRound
from schemas.clock import SystemClock
from schemas.scope import DEFAULT_TENANT
from schemas.sources import Source
from schemas.states import Closed
from tests.counterparts.fitconnect import FitConnectProcess, Pointed
from tests.counterparts.fitconnect_party import EVENTS, Party, Sent
from tests.crash.killing import Moment, Work, kill_at, run_together
from tests.crash.scene import LEASE_IS_OVER, Scene
from tests.unit.sources.mailroom import POST, source_ports


def source_of(sandbox: Pointed) -> Source:
    return Source(
        id=POST,
        tenant=DEFAULT_TENANT,
        name="Zustellpunkt",
        adapter="fitconnect",
        poll_every=timedelta(minutes=1),
        services={},
        connection={
            "token_url": sandbox.token_url,
            "submission_url": sandbox.base_url,
            "destination": sandbox.destination,
            "client_id": sandbox.subscriber.client_id,
            "client_secret": "env:TEST_FIT_SECRET",
            "decryption_keys": (f"file:{sandbox.decryption_key}",),
            "signing_key": f"file:{sandbox.signing_key}",
        },
    )


def inbox_of(source: Source, home: Path) -> Inbox:
    surroundings = Surroundings(
        secrets=MachineSecrets(environ=os.environ, home=home),
        home=home,
        clock=SystemClock(),
        notes=MemoryNotes(),
    )
    return standard_registry().build_source(source, surroundings)


def working(scene: Scene, sandbox: Pointed, life: int = 0) -> Work:
    """Fetch, work and answer, with everything as it is in production."""

    async def work(moment: Moment) -> None:
        async with scene.house(later=life * LEASE_IS_OVER, at=moment) as house:
            ports, source = source_ports(house, at=moment), source_of(sandbox)
            inbox = inbox_of(source, scene.folder)
            await MailboxRound(source, inbox, ports).look()
            await house.take_over()
            await house.work()
            await Answering(source, inbox, ports).send()
            await inbox.aclose()

    return work


async def send(sandbox: Pointed) -> Sent:
    async with Party(sandbox, sandbox.sender) as sender:
        return await sender.send(attachments=[b"Mietvertrag" * 10_000])


async def kinds_of(sandbox: Pointed, sent: Sent) -> list[str]:
    """What the case's log says, in order."""
    async with Party(sandbox, sandbox.sender) as sender:
        tokens = await sender.log(sent)
    claims = [
        json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        for token in tokens
    ]
    return [next(iter(one["events"])).removeprefix(EVENTS) for one in claims]


@pytest.mark.parametrize(
    "moment", ["opened", "stored", "before receive", "received", "signed", "answered"]
)
def test_whoever_dies_there_is_one_case_and_one_accept_in_the_log(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    scene = Scene(url=sqlite_url, folder=tmp_path)
    asyncio.run(scene.receive(0))
    with FitConnectProcess(tmp_path / "fit") as process:
        sandbox = process.start()
        monkeypatch.setenv("TEST_FIT_SECRET", sandbox.subscriber.client_secret)
        sent = asyncio.run(send(sandbox))

        kill_at(working(scene, sandbox), moment)
        early = asyncio.run(kinds_of(sandbox, sent))
        cases = asyncio.run(scene.cases())
        assert "accept-submission" not in early or len(cases) == 1
        run_together(working(scene, sandbox, 1))

        said = asyncio.run(kinds_of(sandbox, sent))
    assert said.count("accept-submission") == 1
    assert "reject-submission" not in said
    [case] = asyncio.run(scene.cases())
    assert isinstance(case.state, Closed)
