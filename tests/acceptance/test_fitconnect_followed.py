"""A case goes out over FIT-Connect, and its recipient rejects it later."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.tokens import new_token
from api.wiring import open_door
from flows.sources.following import REJECTED
from schemas.cases import Case
from schemas.ids import SenderId
from schemas.scope import DEFAULT_TENANT
from schemas.states import Closed, Undeliverable
from storage.ports import SenderToken
from storage.settings import read_settings
from tests.acceptance.post_office import PostOffice, open_post_office, until
from tests.acceptance.serving import door_of
from tests.counterparts.fitconnect import Pointed
from tests.counterparts.fitconnect_party import (
    EVENTS,
    PROBLEM,
    SCHEMA_URI,
    Party,
    Sent,
    town,
)
from tests.house import FACHVERFAHREN, WOHNGELD
from tests.looking import rows


def destination_file(sandbox: Pointed) -> str:
    """The specialist system is one that is reached over FIT-Connect."""
    return f"""
id = "{FACHVERFAHREN}"
name = "Bundesbehörde"
adapter = "fitconnect"

[mapping]
destination = "{sandbox.destination}"
schema = "{SCHEMA_URI}"
mime = "application/json"

[connection]
token_url = "{sandbox.token_url}"
submission_url = "{sandbox.base_url}"
client_id = "{sandbox.sender.client_id}"
client_secret = "env:TEST_FIT_SENDER"
callback_secret = "env:TEST_FIT_CALLBACK"
"""


async def hand_in() -> None:
    """Over HTTP, as a form server does."""
    secret = new_token(os.urandom)
    token = SenderToken(
        tenant=DEFAULT_TENANT,
        sender=SenderId("formserver"),
        offices=frozenset(),
        services=frozenset(),
    )
    async with open_door(read_settings()) as door:
        await door.tokens.create(token, secret)
        transport = httpx.ASGITransport(app=create_app(door))
        async with httpx.AsyncClient(transport=transport, base_url="http://d") as http:
            answer = await http.post(
                "/api/v1/submissions",
                content=b'{"antrag":"Wohngeld"}',
                headers={
                    "Authorization": f"Bearer {secret}",
                    "Amtsweg-Service": WOHNGELD,
                    "Idempotency-Key": "1",
                    "Content-Type": "application/json",
                },
            )
            assert answer.status_code == 202, answer.text


@asynccontextmanager
async def sending(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[PostOffice, Party]]:
    async with town(folder / "fit") as here:
        sandbox = here.sandbox
        line = open_post_office(folder, url, sandbox, monkeypatch, every=3600)
        (line.home / "config" / "sources" / "post.toml").unlink()
        file = line.home / "config" / "destinations" / f"{FACHVERFAHREN}.toml"
        file.write_text(destination_file(sandbox), encoding="utf-8")
        monkeypatch.setenv("TEST_FIT_SENDER", sandbox.sender.client_secret)
        post = PostOffice(line=line, sandbox=sandbox, sender=here.sender)
        yield post, here.subscriber


async def the_case(post: PostOffice) -> Case:
    [case] = await post.cases()
    return case


async def test_a_late_rejection_makes_a_dead_letter_as_soon_as_it_is_called(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path, sqlite_url, monkeypatch) as (post, recipient):
        await hand_in()
        async with door_of() as address, post.working(), post.line.house() as house:
            await post.sandbox.tell(
                callback={
                    "url": f"{address}/api/v1/callbacks/fitconnect/{FACHVERFAHREN}",
                    "client_id": post.sandbox.sender.client_id,
                }
            )
            await post.cases_are("Closed", 1)

            async def is_followed() -> bool:
                found = await rows(house, "transmissions")
                return [row["stage"] for row in found] == ["submitted"]

            await until(is_followed)
            assert isinstance((await the_case(post)).state, Closed)
            [seen] = await rows(house, "transmissions")
            sent = Sent(submission=seen["submission"], case=seen["channel_case"])
            assert (await recipient.reject(sent)).is_success
            await post.cases_are("Undeliverable", 1, seconds=20)

        state = (await the_case(post)).state
        assert isinstance(state, Undeliverable)
        assert state.code == REJECTED
        [told] = (
            await post.line("fitconnect", "trace", sent.submission, "--live", "--json")
        ).json
        assert told["where"].startswith("Abgelehnt am ")
        assert [one["code"] for one in told["problems"]] != []
        [reason] = [
            one["claims"]["events"][f"{EVENTS}reject-submission"]["problems"]
            for one in told["proved"]
            if one["kind"] == "reject-submission"
        ]
        assert reason == [PROBLEM]
