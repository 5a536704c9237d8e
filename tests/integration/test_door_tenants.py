"""The door of an installation with two tenants: a token opens its own tenant only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import httpx
import pytest

from api.app import create_app
from schemas.ids import OfficeId, TenantId
from schemas.services import Configuration
from tests.fakes.doorstep import (
    HUNDESTEUER,
    SERVICES,
    SUBMISSIONS,
    TOKEN,
    UNKNOWN_SERVICE,
    WOHNGELD,
    XML,
    Doorstep,
    client,
    headers,
    sender_token,
    service,
)

TOWN = TenantId("stadt")
TOWN_TOKEN = "amtsweg_" + "s" * 32
"""Of a sender of the same name."""
TOWN_SERVICE = replace(service(WOHNGELD, "buergeramt"), tenant=TOWN)
BOTH = Configuration(
    services={**SERVICES, TOWN_SERVICE.id: TOWN_SERVICE}, destinations={}
)


class Shared:
    """A door with both, and somebody who knocks."""

    def __init__(self) -> None:
        self.step = Doorstep(configuration=BOTH)

    async def __aenter__(self) -> Self:
        await self.step.tokens.create(sender_token(), TOKEN)
        theirs = replace(sender_token(), tenant=TOWN)
        await self.step.tokens.create(theirs, TOWN_TOKEN)
        self.http = client(create_app(self.step.door()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def post(self, token: str, **changes: str | None) -> httpx.Response:
        given = headers(authorization=f"Bearer {token}", **changes)
        return await self.http.post(SUBMISSIONS, content=XML, headers=given)

    async def get(self, token: str, path: str) -> httpx.Response:
        return await self.http.get(path, headers={"authorization": f"Bearer {token}"})


def told(answer: httpx.Response) -> Mapping[str, Any]:
    """A refusal, but for the number of the call."""
    document: dict[str, Any] = answer.json()
    assert document.pop("instance")
    return {**document, "status": answer.status_code}


async def test_the_token_decides_whose_service_of_a_key_is_meant() -> None:
    async with Shared() as door:
        ours, theirs = await door.post(TOKEN), await door.post(TOWN_TOKEN)

    assert (ours.status_code, theirs.status_code) == (202, 202)
    first, second = door.step.intake.arrivals
    assert (first.tenant, first.office) == ("standard", "wohngeld")
    assert (second.tenant, second.office) == ("stadt", "buergeramt")
    assert first.snapshot.hash.startswith(f"{WOHNGELD}standard")
    assert second.snapshot.hash.startswith(f"{WOHNGELD}stadt")


async def test_a_service_of_another_tenant_is_an_unknown_one() -> None:
    async with Shared() as door:
        foreign = await door.post(TOWN_TOKEN, amtsweg_service=HUNDESTEUER)
        unknown = await door.post(TOWN_TOKEN, amtsweg_service=UNKNOWN_SERVICE)

    assert foreign.status_code == 422
    assert told(foreign) == told(unknown)
    assert door.step.is_untouched()


async def test_the_same_key_of_senders_of_two_tenants_is_no_repetition() -> None:
    async with Shared() as door:
        ours, theirs = await door.post(TOKEN), await door.post(TOWN_TOKEN)
        again = await door.post(TOWN_TOKEN)

    assert ours.json()["tracking_id"] != theirs.json()["tracking_id"]
    assert again.json()["tracking_id"] == theirs.json()["tracking_id"]
    assert len(door.step.cases.cases) == 2


async def test_a_tracking_id_of_another_tenant_is_an_unknown_one() -> None:
    async with Shared() as door:
        ours = (await door.post(TOKEN)).json()["tracking_id"]
        own = await door.get(TOKEN, f"{SUBMISSIONS}/{ours}")
        foreign = await door.get(TOWN_TOKEN, f"{SUBMISSIONS}/{ours}")
        door.step.cases.cases.clear()
        unknown = await door.get(TOWN_TOKEN, f"{SUBMISSIONS}/{ours}")

    assert (own.status_code, foreign.status_code) == (200, 404)
    assert told(foreign) == told(unknown)


async def test_a_day_counts_what_came_for_the_own_tenant() -> None:
    async with Shared() as door:
        await door.post(TOKEN)
        day = f"{SUBMISSIONS}?day=2026-03-02"
        ours, theirs = await door.get(TOKEN, day), await door.get(TOWN_TOKEN, day)

    assert (ours.json()["taken"], theirs.json()["taken"]) == (1, 0)


async def test_a_case_of_another_tenant_cannot_be_replaced() -> None:
    async with Shared() as door:
        ours = (await door.post(TOKEN)).json()["tracking_id"]
        foreign = await door.post(TOWN_TOKEN, amtsweg_replaces=ours)
        own = await door.post(TOKEN, amtsweg_replaces=ours, idempotency_key="k-2")

    assert (foreign.status_code, own.status_code) == (422, 202)


@pytest.mark.parametrize(("token", "code"), [(TOKEN, 403), (TOWN_TOKEN, 202)])
async def test_a_token_for_one_office_is_for_that_of_its_tenant(
    token: str, code: int
) -> None:
    async with Shared() as door:
        for tenant, secret in (("standard", TOKEN), (TOWN, TOWN_TOKEN)):
            narrow = replace(
                sender_token(),
                tenant=TenantId(tenant),
                offices=frozenset({OfficeId("buergeramt")}),
            )
            await door.step.tokens.create(narrow, secret)
        answer = await door.post(token)

    assert answer.status_code == code
