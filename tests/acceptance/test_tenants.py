"""District and town in one installation: one door, one worker, and nothing mixed."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from adapters.fitconnect.sandbox import Wishes
from api.app import create_app
from api.tokens import new_token
from api.wiring import open_door
from flows.wiring import work_once
from schemas.ids import SenderId, TenantId
from schemas.scope import DEFAULT_TENANT
from schemas.states import Closed
from storage.cases import SqlCases
from storage.database import Database
from storage.ports import SenderToken
from storage.settings import read_settings
from tests.acceptance.post_office import (
    POST,
    PostOffice,
    open_post_office,
    source_file,
    until,
)
from tests.command_line import CommandLine, install
from tests.counterparts.fitconnect import Pointed
from tests.counterparts.fitconnect_party import Party, town
from tests.fitconnect_keys import private_text
from tests.house import FACHVERFAHREN, SCOPE, WOHNGELD
from tests.looking import rows
from tests.tenants import STADTVERFAHREN, TOWN, TOWN_SCOPE, move_in

TOWN_POST: Final = "stadtpost"
SENDER: Final = SenderId("formserver")
"""Of each tenant one of this name."""


async def hand_in(http: httpx.AsyncClient, secret: str, body: bytes) -> httpx.Response:
    return await http.post(
        "/api/v1/submissions",
        content=body,
        headers={
            "Authorization": f"Bearer {secret}",
            "Amtsweg-Service": WOHNGELD,
            "Idempotency-Key": "1",
            "Content-Type": "application/xml",
        },
    )


async def numbers(line: CommandLine, *chosen: str) -> list[str]:
    listed: list[dict[str, Any]] = (await line(*chosen, "case", "list", "--json")).json
    return [one["number"] for one in listed if one["state"]["name"] == "Closed"]


async def hand_in_for_both() -> None:
    """Each with a token of its own, worked on; and each sees its own alone."""
    settings = read_settings()
    secrets = {one: new_token(os.urandom) for one in (DEFAULT_TENANT, TOWN)}
    tracked: dict[TenantId, str] = {}
    async with open_door(settings) as door:
        transport = httpx.ASGITransport(app=create_app(door))
        async with httpx.AsyncClient(transport=transport, base_url="http://d") as http:
            for tenant, secret in secrets.items():
                await door.tokens.create(token_of(tenant), secret)
                answer = await hand_in(http, secret, f"<a>{tenant}</a>".encode())
                assert answer.status_code == 202, answer.text
                tracked[tenant] = answer.json()["links"]["self"]
            await work_once(settings)
            for tenant, secret in secrets.items():
                bearer = {"Authorization": f"Bearer {secret}"}
                for owner, place in tracked.items():
                    seen = await http.get(place, headers=bearer)
                    assert seen.status_code == (200 if owner == tenant else 404)


def token_of(tenant: TenantId) -> SenderToken:
    return SenderToken(
        tenant=tenant, sender=SENDER, offices=frozenset(), services=frozenset()
    )


async def test_what_comes_for_each_goes_its_own_way(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = install(tmp_path / "home", database_url, monkeypatch.setenv)
    move_in(line.home)
    await hand_in_for_both()

    ours, theirs = await numbers(line), await numbers(line, "--tenant", TOWN)
    assert (ours, theirs) == (["2026-000001"], ["2026-000002"])
    async with line.house() as house:
        made = [
            (one["tenant_id"], one["destination"])
            for one in await rows(house, "deliveries")
        ]
        assert sorted(made) == [(TOWN, STADTVERFAHREN), (DEFAULT_TENANT, FACHVERFAHREN)]
        [case] = await SqlCases(house.database).list(TOWN_SCOPE)
        packages = [
            json.loads(path.read_text(encoding="utf-8"))["about"]
            for path in (line.home / "archive").rglob("manifest.json")
        ]
        assert sorted((one["tenant"], one["number"]) for one in packages) == [
            (TOWN, case.number),
            (DEFAULT_TENANT, ours[0]),
        ]
        assert (case.office, case.service) == ("buergeramt", WOHNGELD)


def second(sandbox: Pointed) -> Pointed:
    """The sandbox's other destination, with keys of its own."""
    whole = json.loads((sandbox.folder / "sandbox.json").read_text(encoding="utf-8"))
    return Pointed({**sandbox.line, **whole["destinations"][1]})


def give_keys(folder: Path) -> None:
    """Those of the second destination; making them takes seconds."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    for half, name in (("decryption", "destination-2"), ("signing", "sign-town")):
        path = keys / f"destination-2-{half}.jwk.json"
        path.write_text(private_text(name), encoding="ascii")


@asynccontextmanager
async def two_mailboxes(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[PostOffice, Party]]:
    """The district's, and who sends to the town."""
    give_keys(folder / "fit")
    async with town(
        folder / "fit", wishes=Wishes(destinations=2, own_keys=True)
    ) as fit:
        line = open_post_office(folder, url, fit.sandbox, monkeypatch)
        move_in(line.home)
        other = second(fit.sandbox)
        text = f'tenant = "{TOWN}"\n{source_file(other).replace(POST, TOWN_POST, 1)}'
        file = line.home / "config" / "sources" / f"{TOWN_POST}.toml"
        file.write_text(text, encoding="utf-8")
        async with Party(other, other.sender) as sender:
            yield PostOffice(line=line, sandbox=fit.sandbox, sender=fit.sender), sender


async def test_two_mailboxes_of_two_tenants_are_fetched_by_one_worker(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_mailboxes(tmp_path, sqlite_url, monkeypatch) as (post, to_town):
        ours = await post.sender.send(b'{"an":"Kreis"}')
        theirs = [await to_town.send(b'{"an":"Stadt"}') for _ in range(2)]
        async with post.working():
            await post.submissions_are(accepted=3)
            await post.cases_are("Closed", 1)

            async def the_town_s_are_closed() -> bool:
                database = Database(post.line.url)
                try:
                    found = await SqlCases(database).list(TOWN_SCOPE)
                finally:
                    await database.close()
                return [type(one.state) for one in found] == [Closed, Closed]

            await until(the_town_s_are_closed)

        async with post.line.house() as house:
            [case] = await house.cases.list(SCOPE)
            came = {
                one["submission"]: (one["tenant_id"], one["source"])
                for one in await rows(house, "channel_submissions")
            }
        assert case.office == "wohngeld"
        assert came == {
            ours.submission: (DEFAULT_TENANT, POST),
            **{one.submission: (TOWN, TOWN_POST) for one in theirs},
        }
        hidden = await post.line("fitconnect", "trace", theirs[0].submission, "--live")
        asked = ("fitconnect", "trace", theirs[0].submission, "--live", "--json")
        [told] = (await post.line("--tenant", TOWN, *asked)).json
        listed = (await post.line("--tenant", TOWN, "source", "list", "--json")).json
        assert hidden.code == 1
        assert told["where"].startswith("Angenommen")
        assert [one["id"] for one in listed] == [TOWN_POST]


async def test_what_is_wrong_with_one_mailbox_is_the_matter_of_its_tenant_alone(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_mailboxes(tmp_path, sqlite_url, monkeypatch) as (post, to_town):
        # The town offers another service now; the district still has this one.
        file = post.line.home / "config" / "services" / "stadt.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(WOHNGELD, "99107021017000"), encoding="utf-8")
        await to_town.send()
        await post.sender.send()
        async with post.working():
            await post.submissions_are(accepted=1, submitted=1)
            await post.cases_are("Closed", 1)

            async def it_is_told() -> bool:
                listed = await post.line("--tenant", TOWN, "source", "list", "--json")
                return [one["waiting"] for one in listed.json] == [1]

            await until(it_is_told)

        ours = (await post.line("source", "list", "--json")).json
        theirs = (await post.line("--tenant", TOWN, "source", "list", "--json")).json
        assert [(one["id"], one["troubles"]) for one in ours] == [(POST, [])]
        assert [one["troubles"] for one in theirs] == [["E-SOURCE-SERVICE"]]
        assert await numbers(post.line, "--tenant", TOWN) == []
