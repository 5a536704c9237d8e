"""Whatever is thrown at the sandbox, it answers with a problem and goes on."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx

from adapters.fitconnect.sandbox.keys import SIGNING, OwnKey
from adapters.fitconnect.sandbox.signatures import sign
from tests.counterparts.fitconnect_party import (
    EVENT,
    JOSE,
    Town,
    accepting,
    town,
)
from tests.fitconnect_keys import test_key

NONSENSE: list[Any] = [
    None,
    True,
    -1,
    1e400,
    "",
    "\0",
    "\ud800",
    "ä" * 10_000,
    [],
    [[]],
    [None],
    ["\ud800"],
    {},
    {"\ud800": "\ud800"},
    {"url": "\ud800", "secret": []},
    {"identifier": ["urn:x:y"]},
    [{"identifier": "urn:x:y", "regions": "DE"}],
]
BODIES = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a":' + b"1" * 10_000 + b"}",
]


def variants(right: dict[str, Any]) -> list[bytes]:
    """Each member replaced by each piece of nonsense, and bodies that are no JSON."""
    changed = [right | {name: value} for name in right for value in NONSENSE]
    return [*BODIES, *(json.dumps(one).encode() for one in changed)]


async def thrown(http: httpx.AsyncClient, method: str, path: str, body: bytes) -> int:
    headers = {"Content-Type": "application/json"}
    answer = await http.request(method, path, content=body, headers=headers)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", body[:200]
    return answer.status_code


async def announcing(place: Town) -> set[int]:
    right: dict[str, Any] = {
        "destinationId": place.sandbox.destination,
        "announcedAttachments": [],
        "publicService": {"name": "x", "identifier": "urn:x:y"},
        "region": "DE",
        "caseId": None,
        "callback": None,
    }
    bodies = variants(right)
    return {await thrown(place.sender.http, "POST", "/submissions", b) for b in bodies}


async def submitting(place: Town) -> set[int]:
    sent = await place.sender.announced()
    path = f"/submissions/{sent.submission}"
    bodies = variants({"encryptedMetadata": "x", "encryptedData": "x"})
    return {await thrown(place.sender.http, "PUT", path, body) for body in bodies}


async def managing(place: Town) -> set[int]:
    path = f"/destination-api/v1/destinations/{place.sandbox.destination}"
    key = test_key("sign-destination")
    own = OwnKey(kid=key.kid, private=key.rsa, purpose=SIGNING).certified("x")
    changes = variants(
        {
            "status": "active",
            "encryptionKid": test_key("destination").kid,
            "services": [],
            "name": "x",
            "callback": None,
        }
    )
    http = httpx.AsyncClient(
        base_url=place.sandbox.base_url,
        headers=place.subscriber.http.headers,
        trust_env=False,
    )
    async with http:
        found = {await thrown(http, "PATCH", path, body) for body in changes}
        keys = {
            await thrown(http, "POST", f"{path}/keys", body) for body in variants(own)
        }
        leika = {"leikaKey": "99107023017000", "ars": "064350014014"}
        routes = await http.get("/routing-api/v2/routes", params=leika)
    assert routes.status_code == 200
    return found | keys


async def answering(place: Town) -> set[int]:
    sent = await place.sender.send()
    path = f"/cases/{sent.case}/events"
    claims = accepting(place.sandbox, sent)
    key = test_key("sign-destination")
    own = OwnKey(kid=key.kid, private=key.rsa, purpose=SIGNING)
    right: dict[str, Any] = {"typ": EVENT, "kid": key.kid, "alg": "PS512"}
    heads = [_part(right | {name: value}) for name in right for value in NONSENSE]
    nonsense = [
        claims | {name: value} for name in claims for value in (*NONSENSE, 10**400)
    ]
    tokens = [
        *(sign(own, one, typ=EVENT).encode() for one in nonsense),
        *(_part(right) + b"." + _encoded(body) + b".AAAA" for body in BODIES),
        *(head + b"." + _part(claims) + b".AAAA" for head in heads),
    ]
    found = set()
    for token in [*tokens, *BODIES]:
        answer = await place.subscriber.http.post(path, content=token, headers=JOSE)
        found.add(answer.status_code)
    return found


async def test_no_body_makes_it_fall(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        found = [
            await announcing(place),
            await submitting(place),
            await managing(place),
            await answering(place),
        ]
        right = await place.sender.announce()

    for statuses in found:
        assert max(statuses) < 500
        assert {400, 422} & statuses
    assert right.status_code in {201, 422}


async def test_no_path_or_query_makes_it_fall(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        sent = await place.sender.send()
        found = set()
        for path in (
            "/submissions/%00",
            "/submissions/..%2f..%2fbooks.sqlite3",
            f"/submissions/{sent.submission}/attachments/..%2fdata",
            f"/submissions/{sent.submission}/attachments/%ff",
            "/cases/%ed%a0%80/events",
            "/submissions?offset=%ff&limit=1",
            "/submissions?limit=99999999999999999999",
            "/submissions?limit=²",
            "/submissions?destinationId=%00",
            "/destinations/%00/keys/%00",
        ):
            found.add((await place.subscriber.http.get(path)).status_code)

    assert max(found) < 500
    assert 404 in found


def _part(value: object) -> bytes:
    return _encoded(json.dumps(value).encode())


def _encoded(text: bytes) -> bytes:
    return base64.urlsafe_b64encode(text).rstrip(b"=")
