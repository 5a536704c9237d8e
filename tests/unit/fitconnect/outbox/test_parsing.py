"""Destinations in FIT-Connect are read with every problem at once."""

import pytest

from adapters.fitconnect.outbox.parsing import parse_connection, parse_mapping
from adapters.fitconnect.outbox.settings import Named, Routed
from adapters.fitconnect.routing.questions import Ags, AreaId, Ars, Place
from schemas.fields import Fields
from schemas.services import Setting

ID = "d40e7b13-8a0f-4f3e-9b6a-6d6f2f1b6c11"
MAPPING: dict[str, Setting] = {"destination": ID, "schema": "urn:example:antrag:1"}
CONNECTION: dict[str, Setting] = {
    "environment": "test",
    "client_id": "amtsweg",
    "client_secret": "env:FIT_SECRET",
}
PLACES: list[tuple[str, Place]] = [
    ("ars", Ars(key="12")),
    ("ags", Ags(key="12")),
    ("area", AreaId(key="12")),
]


def of_mapping(**changes: Setting) -> set[str]:
    fields = Fields(MAPPING | changes)
    parse_mapping(fields)
    return {".".join(problem.path) for problem in fields.finish()}


def of_connection(**changes: Setting) -> set[str]:
    fields = Fields(CONNECTION | changes)
    parse_connection(fields)
    return {".".join(problem.path) for problem in fields.finish()}


def test_the_least_that_is_needed_is_enough() -> None:
    assert of_mapping() == set()
    assert of_connection() == set()


def test_a_destination_is_named_in_small_letters() -> None:
    fields = Fields({**MAPPING, "destination": ID.upper()})

    assert parse_mapping(fields).target == Named(destination=ID)


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_a_destination_is_routed_by_one_kind_of_key(name: str, place: Place) -> None:
    fields = Fields({"schema": "urn:example:antrag:1", name: "12"})

    assert parse_mapping(fields).target == Routed(place=place)
    assert not fields.finish()
    assert of_mapping(**{name: "12"}) == {name}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"destination": "kreis"}, {"destination"}),
        ({"schema": "antrag"}, {"schema"}),
        ({"service": "99107023017000"}, {"service"}),
        ({"service": "urn:de:fim:leika:leistung:99107023017000"}, set()),
        ({"mime": "application/pdf"}, {"mime"}),
        ({"metadata": "2"}, {"metadata"}),
        ({"metadata": "2.1.0"}, set()),
        ({"region": "06435"}, {"region"}),
        ({"region": "DE064350000000"}, set()),
        ({"reply_channel": "fax"}, {"reply_channel"}),
        ({"reply_channel": "email"}, {"reply_address"}),
        ({"reply_channel": "email", "reply_address": "a@b.example"}, set()),
        ({"reply_channel": "fitconnect"}, {"process_standards"}),
        (
            {"reply_channel": "fitconnect", "process_standards": ("urn:x:y_2.4",)},
            set(),
        ),
        ({"leika": "99"}, {"leika"}),
    ],
)
def test_each_problem_of_a_mapping_names_its_key(
    changes: dict[str, Setting], expected: set[str]
) -> None:
    assert of_mapping(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "geheim"}, {"client_secret"}),
        ({"deadline": 900}, {"deadline"}),
        ({"max_data": 10}, {"max_data"}),
        ({"fragments": "yes"}, {"fragments"}),
        ({"fragments": True, "fragment_size": 10}, {"fragment_size"}),
        ({"revocation": "warn"}, {"revocation"}),
        ({"revocation": "require", "certificate_roots": "file:r.pem"}, {"revocation"}),
        (
            {
                "revocation": "require",
                "certificate_roots": "file:r.pem",
                "crl": ("file:list.crl", "http://pki.example/list.crl"),
            },
            set(),
        ),
        ({"crl": ("list.crl",)}, {"crl"}),
        ({"certificate_roots": "env:ROOTS"}, {"certificate_roots"}),
        ({"replies": True}, {"reply_key"}),
        ({"replies": True, "reply_key": "file:reply.jwk.json"}, set()),
        ({"replies": True, "reply_key": ("file:new", "file:old")}, set()),
        ({"replies": True, "reply_key": ()}, {"reply_key"}),
        ({"reply_key": ("file:new", "env:OLD")}, {"reply_key"}),
        ({"reply_key": ("file:new", 7)}, {"reply_key"}),
        ({"reply_key": "reply.jwk.json"}, {"reply_key"}),
        ({"callback_url": "https://amt.example/cb"}, {"callback_secret"}),
        (
            {"callback_url": "http://amt.example/cb", "callback_secret": "env:S"},
            {"callback_url"},
        ),
        ({"callback_secret": "env:S"}, set()),
        ({"allow_small_keys": True}, set()),
        ({"allow_small_keys": True, "environment": "prod"}, {"allow_small_keys"}),
        ({"signing_key": "file:x"}, {"signing_key"}),
    ],
)
def test_each_problem_of_a_connection_names_its_key(
    changes: dict[str, Setting], expected: set[str]
) -> None:
    assert of_connection(**changes) == expected


def test_where_certificates_are_trusted_they_are_demanded() -> None:
    plain = parse_connection(Fields(CONNECTION))
    rooted = parse_connection(Fields({**CONNECTION, "certificate_roots": "file:r.pem"}))

    assert not plain.keys.needs_certificate
    assert rooted.keys.needs_certificate
