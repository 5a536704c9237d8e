"""Secrets that stand in a file are found, and never repeated."""

import pytest

from schemas.configuration.credentials import literal_secrets
from schemas.services import Setting

GIVEN = "hunter2"


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "password",
        "Passwort",
        "secret",
        "key",
        "api_key",
        "api-key",
        "apiKey",
        "client_secret",
        "clientSecret",
        "KENNWORT",
        "key_password",
        "Authorization",
    ],
)
@pytest.mark.parametrize(
    "value", [GIVEN, "", 4711, "env:", "file:", "env:A B", "ENV:A"]
)
def test_a_literal_under_the_name_of_a_secret_is_a_problem(
    key: str, value: str | int
) -> None:
    found = literal_secrets({key: value}, ("connection",))

    assert [problem.path for problem in found] == [("connection", key)]
    assert "env:NAME" in found[0].remedy


@pytest.mark.parametrize("key", ["token", "password", "key"])
@pytest.mark.parametrize("value", ["env:TOKEN", "file:/run/secrets/x", "file:keys/x"])
def test_a_reference_is_none(key: str, value: str) -> None:
    assert literal_secrets({key: value}, ("connection",)) == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("auth", "token"),
        ("token_header", "X-Token"),
        ("key_id", "2026"),
        ("keyboard", "de"),
        ("base_url", "https://user@host/a:b@c"),
        ("base_url", "https://[::broken"),
        ("token", True),
    ],
)
def test_what_only_looks_like_one_is_none(key: str, value: Setting) -> None:
    assert literal_secrets({key: value}, ("connection",)) == ()


def test_a_password_within_an_address_is_a_problem() -> None:
    found = literal_secrets({"base_url": f"https://amt:{GIVEN}@host/"}, ())

    assert len(found) == 1
    assert GIVEN not in f"{found[0].sentence}{found[0].remedy}"


def test_a_private_key_is_a_problem_under_any_name() -> None:
    pem = "-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----"

    assert len(literal_secrets({"certificate": pem}, ())) == 1


def test_secrets_deeper_down_are_found_with_their_path() -> None:
    values: dict[str, Setting] = {
        "logins": ({"user": "a"}, {"user": "b", "password": GIVEN})
    }

    assert [p.path for p in literal_secrets(values, ("connection",))] == [
        ("connection", "logins", "1", "password")
    ]
