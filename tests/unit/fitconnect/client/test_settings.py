"""Addresses and credentials as an operator writes them."""

import pytest

from adapters.fitconnect.client.settings import (
    Generation,
    parse_credentials,
    parse_environment,
)
from adapters.fitconnect.jose.algorithms import KNOWN, PRESCRIBED, Algorithms
from schemas.fields import Fields
from schemas.secrets import FromEnvironment
from schemas.services import Setting

OWN: dict[str, Setting] = {
    "token_url": "http://127.0.0.1:8070/token",
    "submission_url": "http://127.0.0.1:8070/",
}


def test_a_known_environment_brings_its_addresses() -> None:
    fields = Fields({"environment": "test"})

    found = parse_environment(fields)

    assert fields.finish() == ()
    assert found.version is Generation.V2
    assert found.submission_url == "https://test.fit-connect.fitko.dev/submission-api"
    assert found.service_issuers == {found.submission_url}


def test_the_generations_have_different_hosts() -> None:
    first = parse_environment(Fields({"environment": "prod", "version": "v1"}))
    second = parse_environment(Fields({"environment": "prod", "version": "v2"}))

    assert first.submission_url != second.submission_url
    assert first.token_url == second.token_url


def test_every_address_can_be_replaced() -> None:
    fields = Fields(
        {
            "environment": "test",
            "submission_url": "https://fit.example.org/api/",
            "service_issuers": ("https://old.example.org", "https://fit.example.org"),
            "routing_url": "https://fit.example.org/routing",
        }
    )

    found = parse_environment(fields)

    assert fields.finish() == ()
    assert found.submission_url == "https://fit.example.org/api"
    assert len(found.service_issuers) == 2
    assert found.routing_url == "https://fit.example.org/routing"


def test_a_sandbox_on_this_machine_needs_no_encryption() -> None:
    fields = Fields(OWN)

    found = parse_environment(fields)

    assert fields.finish() == ()
    assert found.submission_url == "http://127.0.0.1:8070"
    assert found.destination_url == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://fit.example.org",
        "https://fit.example.org/v1",
        "https://fit.example.org/v2/",
        "https://fit.example.org/?q=1",
        "https://user:secret@fit.example.org",
        "ftp://fit.example.org",
        "https://[::1",
        "fit.example.org",
    ],
)
def test_a_wrong_address_is_told(url: str) -> None:
    fields = Fields({**OWN, "submission_url": url})

    parse_environment(fields)

    assert [problem.path for problem in fields.finish()] == [("submission_url",)]


def test_an_own_environment_needs_its_addresses() -> None:
    fields = Fields({})

    parse_environment(fields)

    missing = {problem.path for problem in fields.finish()}
    assert missing == {("token_url",), ("submission_url",)}


def test_a_literal_secret_is_refused() -> None:
    fields = Fields({"client_id": "c", "client_secret": "geheim"})

    assert parse_credentials(fields) is None
    assert [problem.path for problem in fields.finish()] == [("client_secret",)]


def test_the_client_id_may_be_a_reference_too() -> None:
    fields = Fields({"client_id": "env:ID", "client_secret": "env:SECRET"})

    found = parse_credentials(fields)

    assert found is not None
    assert found.client_id == FromEnvironment(variable="ID")


def test_without_a_word_the_algorithms_are_those_that_fit_connect_prescribes() -> None:
    partly = Fields({**OWN, "algorithms": {"signature": ("PS256", "PS512")}})

    assert parse_environment(Fields(OWN)).algorithms == PRESCRIBED
    assert parse_environment(partly).algorithms == Algorithms(
        signature=("PS256", "PS512")
    )
    assert partly.finish() == ()


def test_every_algorithm_that_the_code_knows_can_be_chosen() -> None:
    fields = Fields(
        {
            **OWN,
            "algorithms": {
                "key_encryption": KNOWN.key_encryption,
                "content_encryption": KNOWN.content_encryption,
                "signature": KNOWN.signature,
            },
        }
    )

    assert parse_environment(fields).algorithms == KNOWN
    assert fields.finish() == ()


@pytest.mark.parametrize("kind", ["key_encryption", "content_encryption", "signature"])
@pytest.mark.parametrize(
    "name",
    [
        *("RSA1_5", "RSA-OAEP", "RS256", "HS512", "ES512", "none", "dir", "ps512", ""),
        *("A256CBC-HS512", "A256GCMKW", "RSA-OAEP-1024", "PS512 "),
    ],
)
def test_no_setting_brings_in_an_unsound_algorithm(kind: str, name: str) -> None:
    sound = getattr(PRESCRIBED, kind)
    fields = Fields({**OWN, "algorithms": {kind: (*sound, name)}}, "connection")

    found = parse_environment(fields).algorithms

    [problem] = fields.finish()
    assert problem.path == ("connection", "algorithms", kind)
    assert all(known in problem.remedy for known in getattr(KNOWN, kind))
    assert found == PRESCRIBED


@pytest.mark.parametrize("kind", ["key_encryption", "content_encryption", "signature"])
def test_an_algorithm_of_another_kind_is_none_of_this(kind: str) -> None:
    others = [
        name
        for other in ("key_encryption", "content_encryption", "signature")
        if other != kind
        for name in getattr(KNOWN, other)
    ]

    for name in others:
        fields = Fields({**OWN, "algorithms": {kind: (name,)}})
        parse_environment(fields)
        assert [one.path for one in fields.finish()] == [("algorithms", kind)]


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("PS512", ("algorithms",)),
        ({"signature": "PS512"}, ("algorithms", "signature")),
        ({"signature": ()}, ("algorithms", "signature")),
        ({"signatures": ("PS512",)}, ("algorithms", "signatures")),
    ],
)
def test_a_table_of_algorithms_that_is_none_is_told(
    table: Setting, path: tuple[str, ...]
) -> None:
    fields = Fields({**OWN, "algorithms": table})

    parse_environment(fields)

    assert {one.path for one in fields.finish()} == {path}
