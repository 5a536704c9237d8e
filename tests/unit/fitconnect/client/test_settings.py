"""Addresses and credentials as an operator writes them."""

import pytest

from adapters.fitconnect.client.settings import (
    Generation,
    parse_credentials,
    parse_environment,
)
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
