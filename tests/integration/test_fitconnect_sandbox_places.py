"""The sandbox's Destination API, its keys and its routing, and replies."""

import re
import stat
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.fitconnect.jose.jws import verify
from adapters.fitconnect.jose.keys import read_private, read_public
from adapters.fitconnect.sandbox import Wishes
from adapters.fitconnect.sandbox.keys import SEALING, SIGNING, OwnKey
from tests.counterparts.fitconnect_party import (
    JOSE,
    PROBLEM,
    SERVICE,
    Town,
    kinds_of,
    problem_in,
    town,
)
from tests.fitconnect_keys import test_key

Object = dict[str, Any]
MERGE = {"Content-Type": "application/merge-patch+json"}
LEIKA = SERVICE.rpartition(":")[2]
EVERYWHERE = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs:000000000000"
COMPACT = re.compile(r"[a-zA-Z0-9\-_]+?\.[a-zA-Z0-9\-_]+?\.[a-zA-Z0-9\-_]+")


@pytest.fixture(params=["v1", "v2"])
async def place(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    async with town(tmp_path, version=request.param) as made:
        yield made


def certified(name: str) -> Object:
    """A public JWK with a self-signed certificate."""
    purpose = SIGNING if name.startswith("sign") else SEALING
    key = test_key(name)
    return OwnKey(kid=key.kid, private=key.rsa, purpose=purpose).certified(name)


def api(place: Town) -> str:
    return f"{place.sandbox.base_url}/destination-api/{place.sender.version}"


def wanted(**changed: object) -> Object:
    """A destination as a Destination API takes it."""
    service = {
        "identifier": SERVICE,
        "submissionSchemas": [
            {"schemaUri": "https://a.example/", "mimeType": "application/json"}
        ],
        "regions": ["DE064350000000"],
    }
    return {
        "name": "Zweite Stelle",
        "contactInformation": {"legalName": "Kreis", "email": "a@kreis.example"},
        "services": [service],
        "encryptionPublicKey": certified("destination-2"),
        "signingPublicKey": certified("sign-2"),
        "metadataVersions": ["2.1.0"],
        **changed,
    }


async def create(place: Town, **changed: object) -> httpx.Response:
    url = f"{api(place)}/destinations"
    return await place.subscriber.http.post(url, json=wanted(**changed))


async def test_a_destination_is_made_opened_and_used(place: Town) -> None:
    made = await create(place)
    destination = made.json()["destinationId"]
    closed = await place.sender.announce(destinationId=destination)
    url = f"{api(place)}/destinations/{destination}"
    opened = await place.subscriber.http.patch(
        url, content=b'{"status":"active"}', headers=MERGE
    )
    taken = await place.sender.announce(destinationId=destination)
    shown = (await place.sender.http.get(f"/destinations/{destination}")).json()
    name = "services" if place.sender.version == "v1" else "publicServices"

    assert (made.status_code, made.json()["status"]) == (201, "created")
    assert problem_in(closed)["type"].endswith("/destination-state-invalid")
    assert (opened.status_code, taken.status_code) == (200, 201)
    assert shown["encryptionKid"] == certified("destination-2")["kid"]
    assert shown[name][0]["identifier"] == SERVICE
    assert "callback" not in shown


@pytest.mark.parametrize(
    "changed",
    [
        {"encryptionPublicKey": None},
        {"encryptionPublicKey": certified("sign-2")},
        {"signingPublicKey": certified("sign-2") | {"x5c": []}},
        {"signingPublicKey": certified("sign-2") | {"d": "AQAB"}},
        {"signingPublicKey": certified("sign-2") | {"n": "AQAB"}},
        {"signingPublicKey": certified("sign-2") | {"alg": "RS256"}},
        {"signingPublicKey": certified("sign-2") | {"kid": "short"}},
        {
            "signingPublicKey": certified("sign-2")
            | {"x5c": certified("destination-2")["x5c"]}
        },
        {"encryptionKid": "another-key"},
    ],
)
async def test_keys_that_nobody_should_use_are_not_published(
    tmp_path: Path, changed: Object
) -> None:
    async with town(tmp_path) as place:
        assert problem_in(await create(place, **changed))["status"] == 422


async def test_a_key_is_changed_without_the_old_one_going(place: Town) -> None:
    path = f"{api(place)}/destinations/{place.sandbox.destination}"
    http = place.subscriber.http
    old = await place.sender.send()
    new = certified("destination-2")
    unknown = await http.patch(path, json={"encryptionKid": new["kid"]})
    added = await http.post(f"{path}/keys", json=new)
    again = await http.post(f"{path}/keys", json=new)
    other = await http.post(
        f"{path}/keys", json=certified("destination-3") | {"kid": new["kid"]}
    )
    changed = await http.patch(path, json={"encryptionKid": new["kid"]})
    keys = (await http.get(f"{path}/keys")).json()["keys"]
    accepted = await place.subscriber.accept(old)

    assert problem_in(unknown)["status"] == 422
    assert [added.status_code, again.status_code] == [201, 201]
    assert problem_in(other)["status"] == 409
    assert changed.json()["encryptionKid"] == new["kid"]
    assert len(keys) == 3
    assert accepted.status_code == 204


async def test_what_is_published_can_be_encrypted_and_verified_with(
    place: Town,
) -> None:
    path = f"/destinations/{place.sandbox.destination}"
    kid = (await place.sender.http.get(path)).json()["encryptionKid"]

    jwk = (await place.sender.http.get(f"{path}/keys/{kid}")).json()
    none = await place.sender.http.get(f"{path}/keys/unknown-key")

    assert read_public(jwk).kid == test_key("destination").kid
    assert (jwk["key_ops"], len(jwk["x5c"])) == (["wrapKey"], 1)
    assert problem_in(none)["type"].endswith("key-not-found")


async def test_a_callback_is_kept_and_its_secret_shown_to_nobody(place: Town) -> None:
    path = f"{place.sandbox.base_url}/v1/destinations/{place.sandbox.destination}"
    given = {"url": "https://a.example/", "secret": "geheim"}
    http = place.subscriber.http
    vague = await http.patch(path, json={"callback": {"url": "https://a.example/"}})
    kept = await http.patch(path, json={"callback": given})
    removed = await http.patch(path, json={"callback": None})

    assert problem_in(vague)["status"] == 422
    assert kept.json()["callback"] == {"url": "https://a.example/"}
    assert "callback" not in removed.json()


async def test_a_destination_ends_for_good(place: Town) -> None:
    path = f"{api(place)}/destinations/{place.sandbox.destination}"
    http = place.subscriber.http
    await http.patch(path, json={"status": "inactive"})
    ended = await http.delete(path)
    again = await http.patch(path, json={"status": "active"})
    own = (await http.get(f"{api(place)}/destinations")).json()

    assert ended.status_code == 204
    assert problem_in(again)["status"] == 422
    assert [one["status"] for one in own["destinations"]] == ["decommissioned"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"leikaKey": LEIKA, "ars": "064350014014"}, 1),
        ({"leikaKey": LEIKA, "ags": "06"}, 1),
        ({"leikaKey": LEIKA, "areaId": "1024"}, 1),
        ({"leikaKey": "99000000000000", "ars": "064350014014"}, 0),
        ({"leikaKey": LEIKA, "ars": "064350014014", "offset": "1"}, 0),
    ],
)
async def test_destinations_are_found_by_service_and_place(
    place: Town, query: dict[str, str], found: int
) -> None:
    base = f"{place.sandbox.base_url}/routing-api/{place.sender.version}"
    async with httpx.AsyncClient(trust_env=False) as nobody:
        shown = (await nobody.get(f"{base}/routes", params=query)).json()
        jwks = f"{place.sandbox.base_url}/portal/.well-known/jwks.json"
        [jwk] = (await nobody.get(jwks)).json()["keys"]

    assert shown["count"] == len(shown["routes"]) == found
    for route in shown["routes"]:
        assert COMPACT.fullmatch(route["destinationSignature"])
        claims = verify(route["destinationSignature"], read_public(jwk), kind="JWT")
        assert claims["destinationId"] == place.sandbox.destination
        assert claims["iss"] == f"{place.sandbox.base_url}/portal"
        assert claims["services"] == [
            {
                "gebietIDs": [EVERYWHERE],
                "leistungIDs": [SERVICE],
            }
        ]


@pytest.mark.parametrize(
    "query",
    [
        {"ars": "064350014014"},
        {"leikaKey": LEIKA},
        {"leikaKey": LEIKA, "ars": "06", "ags": "06"},
        {"leikaKey": LEIKA, "ars": "0643"},
        {"leikaKey": "12", "ars": "06"},
        {"leikaKey": LEIKA, "ars": "06", "limit": "501"},
        {"leikaKey": LEIKA, "ars": "06", "offset": "-1"},
    ],
)
async def test_a_search_that_is_not_as_described_is_refused(
    tmp_path: Path, query: dict[str, str]
) -> None:
    async with town(tmp_path) as place:
        base = f"{place.sandbox.base_url}/routing-api/v2"
        answer = await place.sender.http.get(f"{base}/routes", params=query)

    assert problem_in(answer)["status"] == 400


async def test_areas_are_searched_with_every_word(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        base = f"{place.sandbox.base_url}/routing-api/v2"

        async def names(*words: str) -> list[str]:
            query = {"areaSearchexpression": list(words)}
            answer = await place.sender.http.get(f"{base}/areas", params=query)
            return [area["name"] for area in answer.json()["areas"]]

        assert await names("Hanau") == ["Hanau"]
        assert await names("*kreis*", "main*") == ["Main-Kinzig-Kreis"]
        assert await names("hanau", "münchen") == []
        short = await place.sender.http.get(f"{base}/areas?areaSearchexpression=x")
        none = await place.sender.http.get(f"{base}/areas")

    assert (short.status_code, none.status_code) == (400, 400)


async def test_many_destinations_share_a_key_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    async with town(tmp_path, wishes=Wishes(destinations=3)) as place:
        own = await place.subscriber.http.get(f"{api(place)}/destinations")
        before = [one["destinationId"] for one in own.json()["destinations"]]
    async with town(tmp_path, wishes=Wishes(destinations=4)) as place:
        own = await place.subscriber.http.get(f"{api(place)}/destinations")
        shown = own.json()["destinations"]

    assert [one["destinationId"] for one in shown][:3] == before
    assert len(shown) == 4
    assert len({one["encryptionKid"] for one in shown}) == 1


async def test_keys_are_made_where_none_are_and_kept(tmp_path: Path) -> None:
    wishes, kids = Wishes(destinations=2, own_keys=True), []
    for _ in range(2):
        async with town(tmp_path, wishes=wishes) as place:
            shown = await place.subscriber.http.get(f"{api(place)}/destinations")
            kids.append([one["encryptionKid"] for one in shown.json()["destinations"]])
            made = place.sandbox.folder / "keys" / "destination-2-decryption.jwk.json"
            key = read_private(made.read_text(encoding="ascii"))
            assert stat.S_IMODE(made.stat().st_mode) == 0o600

    assert kids[0] == kids[1] == [test_key("destination").kid, key.kid]


async def test_a_case_stays_between_those_who_opened_it(tmp_path: Path) -> None:
    async with town(tmp_path, wishes=Wishes(destinations=2)) as place:
        shown = await place.subscriber.http.get(f"{api(place)}/destinations")
        other = shown.json()["destinations"][1]["destinationId"]
        sent = await place.sender.send()
        answer = await place.sender.announce(caseId=sent.case, destinationId=other)

    assert problem_in(answer)["status"] == 403


async def test_replies_are_there_only_behind_their_switch(place: Town) -> None:
    sent = await place.sender.send()
    body = {"caseId": sent.case, "announcedAttachments": []}

    off = await place.subscriber.http.post("/replies", json=body)
    await place.sandbox.tell(switches={"replies": True})
    on = await place.subscriber.http.post("/replies", json=body)

    assert (off.status_code, on.status_code) == (404, 201)


async def test_a_reply_goes_back_within_the_case_and_is_answered(place: Town) -> None:
    await place.sandbox.tell(switches={"replies": True})
    sent = await place.sender.send()
    one = str(uuid.uuid4())
    answering, asking = place.subscriber.http, place.sender.http
    made = await answering.post(
        "/replies", json={"caseId": sent.case, "announcedAttachments": [one]}
    )
    path = f"/replies/{made.json()['replyId']}"
    jwe = await place.sender.seal(b"{}")
    await answering.put(f"{path}/attachments/{one}", content=jwe, headers=JOSE)
    body = {"encryptedMetadata": jwe, "encryptedData": jwe}
    submitted = await answering.put(path, json=body)
    waiting = (await asking.get("/replies")).json()["replies"]
    shown = (await asking.get(path)).json()
    attached = await asking.get(f"{path}/attachments/{one}")
    foreign = await answering.get(path)
    vague = await asking.put(f"{path}/reject", json={})
    accepted = await asking.put(f"{path}/accept")
    late = await asking.put(f"{path}/reject", json={"problems": [PROBLEM]})
    events = (await answering.get(f"{path}/events")).json()["eventLog"]

    assert submitted.status_code == 200
    assert [reply["caseId"] for reply in waiting] == [sent.case]
    assert (shown["encryptedData"], attached.text) == (jwe, jwe)
    assert (foreign.status_code, vague.status_code) == (403, 400)
    assert (accepted.status_code, late.status_code) == (204, 409)
    assert kinds_of(events) == ["create-reply", "submit-reply", "accept-reply"]
    assert (await asking.get("/replies")).json()["replies"] == []
