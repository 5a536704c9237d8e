"""The routing API is asked in its own forms, and its answers are not taken on trust."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.fitconnect.client.requests import Api, Reply, Request
from adapters.fitconnect.events.errors import KeyNotPublished
from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.routing import questions
from adapters.fitconnect.routing.answers import Area
from adapters.fitconnect.routing.directory import RouteDirectory
from adapters.fitconnect.routing.errors import (
    NoRoute,
    QuestionUnfit,
    RouteAmbiguous,
    RouteUnproven,
    RoutingStrange,
    RoutingUnset,
)
from adapters.fitconnect.routing.questions import (
    Ags,
    AreaId,
    AreaQuestion,
    Ars,
    Place,
    RouteQuestion,
)
from schemas.services import Setting
from tests.clocks import TestClock
from tests.fakes.fitconnect_api import environment
from tests.fitconnect_keys import jwk_of, test_key
from tests.unit.fitconnect.routing.portal import (
    DESTINATION,
    ISSUER,
    LEIKA,
    claims,
    shown,
    signed,
)

QUESTION = RouteQuestion(leika=LEIKA, place=Ars(key="120645410044"))
OTHER = "11111111-1111-4111-8111-111111111111"


class Answers:
    """Answers by interface, and remembers what was asked."""

    def __init__(self, *routes: Mapping[str, object]) -> None:
        self.routing: object = {"count": len(routes), "routes": list(routes)}
        self.portal: object = {"keys": [jwk_of("portal"), {"kty": "EC"}, 7]}
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        answer = self.portal if request.api is Api.PORTAL else self.routing
        body = json.dumps(answer).encode()
        return Reply(status=200, headers=httpx.Headers(), body=body)

    async def service_key(self, kid: str) -> PublicKey:
        key = test_key("service").public()
        if kid != key.kid:
            raise KeyNotPublished
        return key

    def count(self, api: Api) -> int:
        return sum(request.api is api for request in self.asked)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


def directory(answers: Answers, clock: TestClock, **more: Setting) -> RouteDirectory:
    settings = environment("v2", self_service_issuer=ISSUER, **more)
    return RouteDirectory(answers, settings, clock)


async def test_the_one_competent_destination_is_found(clock: TestClock) -> None:
    answers = Answers(shown())

    found = await directory(answers, clock).destination(QUESTION)

    assert found.destination == DESTINATION
    asked = answers.asked[0]
    assert (asked.path, asked.is_anonymous) == ("/routes", True)
    assert asked.query == {"leikaKey": LEIKA, "ars": "120645410044"}


async def test_the_portal_is_believed_by_allowed_algorithms_alone(
    clock: TestClock,
) -> None:
    others = Algorithms(signature=("PS256",))
    answers = Answers(
        {**shown(), "destinationSignature": signed(claims(), algorithms=others)}
    )
    answers.portal = {"keys": [jwk_of("portal", others)]}
    taking = directory(answers, clock, algorithms={"signature": ("PS512", "PS256")})

    with pytest.raises(RouteUnproven, match="kid"):
        await directory(answers, clock).destination(QUESTION)
    assert (await taking.destination(QUESTION)).destination == DESTINATION
    answers.portal = {"keys": [jwk_of("portal")]}
    with pytest.raises(RouteUnproven, match="signature"):
        await directory(answers, clock).destination(QUESTION)


async def test_no_match_is_no_failure_of_the_network(clock: TestClock) -> None:
    with pytest.raises(NoRoute):
        await directory(Answers(), clock).destination(QUESTION)


async def test_of_several_none_is_taken_by_chance(clock: TestClock) -> None:
    other = {**shown(), "destinationId": OTHER}

    with pytest.raises(RouteAmbiguous):
        await directory(Answers(shown(), other), clock).destination(QUESTION)


async def test_the_same_one_twice_is_one(clock: TestClock) -> None:
    found = await directory(Answers(shown(), shown()), clock).destination(QUESTION)

    assert found.destination == DESTINATION


async def test_an_answer_with_another_destination_is_not_believed(
    clock: TestClock,
) -> None:
    answers = Answers({**shown(), "destinationId": OTHER})

    with pytest.raises(RouteUnproven):
        await directory(answers, clock).destination(QUESTION)


async def test_a_route_is_kept_for_a_while_and_no_longer(clock: TestClock) -> None:
    answers = Answers(shown())
    routes = directory(answers, clock)

    await routes.destination(QUESTION)
    await routes.destination(QUESTION)
    assert answers.count(Api.ROUTING) == 1
    clock.advance(timedelta(minutes=6))
    await routes.destination(QUESTION)

    assert answers.count(Api.ROUTING) == 2
    assert answers.count(Api.PORTAL) == 1


async def test_what_was_not_proved_is_not_kept(clock: TestClock) -> None:
    answers = Answers(shown(claims("09162")))
    routes = directory(answers, clock)

    for _ in range(2):
        with pytest.raises(RouteUnproven):
            await routes.destination(QUESTION)

    assert answers.count(Api.ROUTING) == 2


async def test_a_strange_kid_makes_us_ask_the_portal_once_a_minute(
    clock: TestClock,
) -> None:
    answers = Answers(shown())
    answers.portal = {"keys": [jwk_of("service")]}
    routes = directory(answers, clock)

    for _ in range(3):
        with pytest.raises(RouteUnproven):
            await routes.destination(QUESTION)
    assert answers.count(Api.PORTAL) == 1
    answers.portal = {"keys": [jwk_of("portal")]}
    clock.advance(timedelta(minutes=1))

    assert (await routes.destination(QUESTION)).destination == DESTINATION


@pytest.mark.parametrize("portal", [{}, [], {"keys": {}}, {"keys": [None]}])
async def test_a_portal_without_keys_proves_nothing(
    clock: TestClock, portal: object
) -> None:
    answers = Answers(shown())
    answers.portal = portal

    with pytest.raises(RouteUnproven):
        await directory(answers, clock).destination(QUESTION)


@pytest.mark.parametrize(
    "routing",
    [
        {},
        [],
        {"routes": {}},
        {"routes": [7]},
        {"routes": [{"destinationId": DESTINATION}]},
        {"routes": [{**shown(), "destinationId": "../x"}]},
        {"routes": [{**shown(), "destinationSignature": "none"}]},
    ],
)
async def test_what_is_no_answer_is_called_strange(
    clock: TestClock, routing: object
) -> None:
    answers = Answers()
    answers.routing = routing

    with pytest.raises(RoutingStrange):
        await directory(answers, clock).destination(QUESTION)


async def test_without_address_or_issuer_nobody_is_asked(clock: TestClock) -> None:
    answers = Answers(shown())
    settings = environment()

    with pytest.raises(RoutingUnset):
        await RouteDirectory(answers, settings, clock).destination(QUESTION)
    assert not answers.asked


@pytest.mark.parametrize(
    ("signer", "said", "is_right"),
    [
        ("service", {"a": 1}, True),
        ("service", {"a": 2}, False),
        ("portal", {"a": 1}, False),
    ],
)
async def test_signed_parameters_of_the_first_generation_are_looked_at(
    clock: TestClock, signer: str, said: dict[str, object], *, is_right: bool
) -> None:
    head, _, signature = signed(said, key=signer).split(".")
    route = {
        **shown(),
        "destinationParameters": {"a": 1},
        "destinationParametersSignature": f"{head}..{signature}",
    }
    routes = directory(Answers(route), clock)

    if is_right:
        assert (await routes.destination(QUESTION)).destination == DESTINATION
    else:
        with pytest.raises(RouteUnproven, match="Parameters"):
            await routes.destination(QUESTION)


async def test_areas_are_found_by_name(clock: TestClock) -> None:
    answers = Answers()
    answers.routing = {"areas": [{"id": "7", "name": "Hanau\n", "type": "Stadt"}]}

    found = await directory(answers, clock).areas(AreaQuestion(terms=("Han*", "au")))

    assert found == (Area(id="7", name="Hanau", type="Stadt"),)
    assert answers.asked[0].query["areaSearchexpression"] == ("Han*", "au")


@pytest.mark.parametrize(
    ("leika", "place"),
    [
        ("9910702301700", Ars(key="12")),
        ("19107023017000", Ars(key="12")),
        ("९९१०७०२३०१७०००", Ars(key="12")),
        (LEIKA, Ars(key="1")),
        (LEIKA, Ars(key="1234")),
        (LEIKA, Ars(key="12345678")),
        (LEIKA, Ags(key="123456789")),
        (LEIKA, Ags(key="")),
        (LEIKA, AreaId(key="x")),
        (LEIKA, Ars(key="12\n")),
    ],
)
def test_a_question_that_cannot_be_asked_is_none(leika: str, place: Place) -> None:
    with pytest.raises(QuestionUnfit):
        RouteQuestion(leika=leika, place=place)


@pytest.mark.parametrize("terms", [(), ("a",), ("**",), ("Hanau",) * 11])
def test_areas_need_a_term_or_ten(terms: tuple[str, ...]) -> None:
    with pytest.raises(QuestionUnfit):
        AreaQuestion(terms=terms)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("leika-key", f"^{questions.LEIKA.pattern}$"),
        ("ars", f"^({questions.ARS.pattern})$"),
        ("ags", f"^({questions.AGS.pattern})$"),
    ],
)
def test_the_forms_are_those_of_the_official_interface(
    shared: Path, name: str, ours: str
) -> None:
    path = shared / "reference/fitconnect/routing-api-2.0.0.yaml"
    parameters = path.read_text("utf-8").partition("\n  parameters:\n")[2]
    found = re.search(
        rf"^    {name}:\n(?: +.*\n)*? +pattern: (.*)$", parameters, re.MULTILINE
    )

    assert found
    assert found[1].replace(r"\d", "[0-9]") == ours
