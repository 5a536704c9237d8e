"""Nobody is sent to a destination that the portal has not signed for just this."""

import base64
import json
import re
from pathlib import Path

import pytest

from adapters.fitconnect.jose import base64url
from adapters.fitconnect.jose.jws import sign
from adapters.fitconnect.routing.answers import Route
from adapters.fitconnect.routing.errors import RouteUnproven
from adapters.fitconnect.routing.questions import Ags, AreaId, Ars, RouteQuestion
from adapters.fitconnect.routing.signatures import judge, prove, prove_parameters
from tests.fitconnect_keys import test_key
from tests.unit.fitconnect.routing.portal import (
    DESTINATION,
    ISSUER,
    LEIKA,
    Claims,
    Keys,
    claims,
    route,
    signed,
)

QUESTION = RouteQuestion(leika=LEIKA, place=Ars(key="120645410044"))


async def proved(found: Route, question: RouteQuestion = QUESTION) -> None:
    await prove(found, question, keys=Keys("portal"), issuer=ISSUER)


@pytest.mark.parametrize("kind", ["jwt", "JWT"])
async def test_what_the_portal_signed_is_proved(kind: str) -> None:
    await proved(route(kind=kind))


@pytest.mark.parametrize(
    "said",
    [
        claims(iss="https://portal.evil.example"),
        claims(destinationId="11111111-1111-4111-8111-111111111111"),
        claims(leika="99107023017000"),
        claims("09162"),
        claims(services=[]),
        claims(services="all"),
        claims(services=[{"gebietIDs": None, "leistungIDs": 7}]),
        claims(services=None),
        claims(destinationId=None),
    ],
)
async def test_a_signature_for_something_else_proves_nothing(said: Claims) -> None:
    with pytest.raises(RouteUnproven):
        await proved(route(said))


async def test_service_and_region_must_stand_in_one_entry() -> None:
    here, there = claims("120645410"), claims("09162", leika="99107023017000")
    mixed = [
        {"gebietIDs": a["gebietIDs"], "leistungIDs": b["leistungIDs"]}
        for a, b in (
            (_service(here), _service(there)),
            (_service(there), _service(here)),
        )
    ]

    with pytest.raises(RouteUnproven):
        await proved(route(claims(services=mixed)))


def _service(said: Claims) -> dict[str, object]:
    services = said["services"]
    assert isinstance(services, list)
    found: dict[str, object] = services[0]
    return found


async def test_a_signature_by_somebody_else_proves_nothing() -> None:
    with pytest.raises(RouteUnproven, match="kid"):
        await proved(route(key="service"))


async def test_another_key_under_the_portals_kid_proves_nothing() -> None:
    head, payload, _ = route().signature.split(".")
    other = signed(claims(), key="service").split(".")[2]

    with pytest.raises(RouteUnproven, match="signature"):
        await proved(
            Route(destination=DESTINATION, signature=f"{head}.{payload}.{other}")
        )


async def test_changed_claims_prove_nothing() -> None:
    head, _, signature = route().signature.split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims("12")).encode()).decode()

    with pytest.raises(RouteUnproven):
        await proved(
            Route(
                destination=DESTINATION,
                signature=f"{head}.{body.rstrip('=')}.{signature}",
            )
        )


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "JWT", "kid": "k"},
        {"alg": "RS256", "typ": "JWT", "kid": "k"},
        {"alg": "PS512", "typ": "secevent+jwt", "kid": "k"},
        {"alg": "PS512", "typ": "JWT"},
        {"alg": "PS512", "typ": "JWT", "kid": "k", "jwk": {}},
    ],
)
async def test_a_header_that_chooses_for_itself_is_refused(
    header: dict[str, object],
) -> None:
    _, payload, signature = route().signature.split(".")
    head = base64url.encode(json.dumps(header).encode()).decode()

    with pytest.raises(RouteUnproven):
        await proved(
            Route(destination=DESTINATION, signature=f"{head}.{payload}.{signature}")
        )


async def test_without_a_configured_issuer_nothing_is_proved() -> None:
    with pytest.raises(RouteUnproven):
        await prove(route(claims(iss="")), QUESTION, keys=Keys("portal"), issuer="")


async def test_an_event_of_the_service_is_no_route() -> None:
    token = sign(test_key("portal"), claims(), kind="secevent+jwt").decode()

    with pytest.raises(RouteUnproven):
        await proved(Route(destination=DESTINATION, signature=token))


@pytest.mark.parametrize(
    ("place", "regions"),
    [
        (Ars(key="120645410044"), ["120645410044"]),
        (Ars(key="120645410044"), ["12064"]),
        (Ars(key="120645410044"), ["120640000000"]),
        (Ars(key="120645410044"), ["12"]),
        (Ars(key="120645410044"), ["000000000000"]),
        (Ars(key="064110000000"), ["06411"]),
        (Ags(key="12064044"), ["120645410044"]),
        (Ags(key="12064044"), ["120645410"]),
        (Ags(key="12064044"), ["12064"]),
        (AreaId(key="7"), ["09162"]),
        (Ars(key="120645410044"), ["09162", "12064"]),
    ],
)
def test_a_larger_region_covers_its_places(
    place: Ars | Ags | AreaId, regions: list[str]
) -> None:
    question = RouteQuestion(leika=LEIKA, place=place)

    judge(claims(*regions), route(), question, issuer=ISSUER)


@pytest.mark.parametrize(
    ("place", "region"),
    [
        (Ars(key="12064"), "120645410044"),
        (Ars(key="120645410044"), "120645410045"),
        (Ars(key="120645410044"), "12065"),
        (Ags(key="12064044"), "120645410045"),
        (Ags(key="12064"), "120645410044"),
    ],
)
def test_a_smaller_or_another_region_does_not(place: Ars | Ags, region: str) -> None:
    question = RouteQuestion(leika=LEIKA, place=place)

    with pytest.raises(RouteUnproven):
        judge(claims(region), route(), question, issuer=ISSUER)


def test_the_official_example_is_understood(shared: Path) -> None:
    path = shared / "reference/fitconnect/routing-api-2.0.0.yaml"
    found = re.search(r"example: (eyJ\S+)", path.read_text("utf-8"))
    assert found
    token = found[1]
    said = json.loads(base64url.decode(token.split(".")[1].encode()))

    judge(
        said,
        Route(destination=DESTINATION, signature=token),
        QUESTION,
        issuer="https://portal.auth-dev.fit-connect.fitko.dev",
    )


async def test_parameters_of_the_first_generation_are_proved_in_canonical_form() -> (
    None
):
    parameters = {"b": "ü", "a": [1, {"d": 2, "c": 3}]}
    canonical: Claims = {"a": [1, {"c": 3, "d": 2}], "b": "ü"}
    head, _, signature = signed(canonical, key="service").split(".")
    detached = Route(
        destination=DESTINATION,
        signature="a.b.c",
        parameters=parameters,
        parameters_signature=f"{head}..{signature}",
    )
    changed = Route(
        destination=DESTINATION,
        signature="a.b.c",
        parameters={"b": "ue"},
        parameters_signature=f"{head}..{signature}",
    )
    key = test_key("service").public()

    await prove_parameters(detached, key)
    with pytest.raises(RouteUnproven):
        await prove_parameters(changed, key)
    with pytest.raises(RouteUnproven):
        await prove_parameters(route(), key)
