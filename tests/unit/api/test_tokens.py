"""Promises about tokens: random, recognisable, and scoped."""

import os

import pytest

from api.intake.headers import Headers, collect_headers
from api.refusals import HeaderRepeated, ServiceForbidden, TokenMissing, TokenWrong
from api.tokens import authenticate, authorize, new_token
from schemas.scope import DEFAULT_TENANT
from tests.fakes.door import MemoryTokens
from tests.fakes.doorstep import (
    HUNDESTEUER,
    SENDER,
    SERVICES,
    TOKEN,
    WOHNGELD,
    sender_token,
)

OFFERED = SERVICES[DEFAULT_TENANT, WOHNGELD]


async def known_tokens() -> MemoryTokens:
    tokens = MemoryTokens()
    await tokens.create(sender_token(), TOKEN)
    return tokens


def authorization(*values: str) -> Headers:
    raw = [(b"Authorization", value.encode("latin-1")) for value in values]
    return collect_headers(raw)


async def test_a_new_token_is_recognised_and_different_each_time() -> None:
    tokens = await known_tokens()
    secret = new_token(os.urandom)
    await tokens.create(sender_token(), secret)

    token = await authenticate(authorization(f"Bearer {secret}"), tokens)

    assert token == sender_token()
    assert secret.startswith("amtsweg_")
    assert len({new_token(os.urandom) for _ in range(100)}) == 100


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
async def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    token = await authenticate(authorization(scheme + TOKEN), await known_tokens())

    assert token.sender == SENDER


@pytest.mark.parametrize("values", [[], [""], ["  "]])
async def test_no_token_is_refused(values: list[str]) -> None:
    with pytest.raises(TokenMissing):
        await authenticate(authorization(*values), await known_tokens())


@pytest.mark.parametrize(
    "value",
    [TOKEN, f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN} x"],
)
async def test_what_is_no_token_never_reaches_the_database(value: str) -> None:
    tokens = await known_tokens()

    with pytest.raises(TokenWrong):
        await authenticate(authorization(value), tokens)

    assert tokens.asked == 0


async def test_an_unknown_token_is_refused() -> None:
    with pytest.raises(TokenWrong):
        await authenticate(
            authorization("Bearer amtsweg_" + "z" * 32), await known_tokens()
        )


async def test_two_tokens_are_refused() -> None:
    value = f"Bearer {TOKEN}"
    with pytest.raises(HeaderRepeated):
        await authenticate(authorization(value, value), await known_tokens())


def test_a_token_without_a_list_may_everything() -> None:
    authorize(sender_token(), OFFERED)


@pytest.mark.parametrize(
    "allowed",
    [
        {"offices": frozenset({"steuern"})},
        {"services": frozenset({HUNDESTEUER})},
        {"offices": frozenset({"wohngeld"}), "services": frozenset({HUNDESTEUER})},
        {"offices": frozenset({"steuern"}), "services": frozenset({WOHNGELD})},
    ],
)
def test_a_token_with_a_list_may_only_that(allowed: dict[str, frozenset[str]]) -> None:
    with pytest.raises(ServiceForbidden):
        authorize(sender_token(**allowed), OFFERED)


def test_a_token_for_this_office_and_service_may() -> None:
    token = sender_token(
        offices=frozenset({"wohngeld"}), services=frozenset({WOHNGELD})
    )

    authorize(token, OFFERED)
