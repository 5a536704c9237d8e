"""What ``amtsweg token`` does and prints."""

import os
from collections.abc import Iterable, Sequence

import typer

from api.cli.house import CLOCK, House
from api.cli.output import Json, local, note, say, say_json, say_table, stamp
from api.tokens import new_token
from schemas.configuration.entries import ID, ID_REMEDY, nearest
from schemas.errors import ConfigurationInvalid
from schemas.ids import OfficeId, SenderId, ServiceKey
from storage.ports import SenderToken
from storage.tokens import SqlTokens, TokenView, token_id


async def create_token(
    house: House,
    sender: str,
    services: Sequence[str],
    offices: Sequence[str],
    *,
    as_json: bool,
) -> None:
    """Make one and show its secret. Raises BadParameter for a name that is nobody's."""
    if not ID.fullmatch(sender):
        raise typer.BadParameter(ID_REMEDY, param_hint="--sender")
    _check_names(house, services, offices)
    token = SenderToken(
        tenant=house.scope.tenant,
        sender=SenderId(sender),
        offices=frozenset(map(OfficeId, offices)),
        services=frozenset(map(ServiceKey, services)),
    )
    secret = new_token(os.urandom)
    await SqlTokens(house.database, CLOCK).create(token, secret)
    if as_json:
        whose: dict[str, Json] = {"tenant": token.tenant} if house.is_shared else {}
        made = {"id": token_id(secret), "secret": secret} | whose
        say_json(made | _json_of(token))
    else:
        at = f" for {token.tenant}" if house.is_shared else ""
        note(f"Token {token_id(secret)} of {sender}{at}; its secret is shown only now:")
        say(secret)


async def show_tokens(house: House, *, as_json: bool) -> None:
    """Print the list."""
    found = await SqlTokens(house.database, CLOCK).list(house.scope.tenant)
    if as_json:
        say_json([_json(one) for one in found])
        return
    if not found:
        note("There is no token yet: `amtsweg token create --sender NAME`.")
        return
    say_table(
        ("TOKEN", "SENDER", "SERVICES", "OFFICES", "CREATED", "REVOKED"),
        [
            (
                one.id,
                one.token.sender,
                _named(one.token.services),
                _named(one.token.offices),
                local(one.created_at),
                local(one.revoked_at),
            )
            for one in found
        ],
    )


async def revoke_token(house: House, which: str) -> None:
    """Refuse it from now on. Raises UnknownToken."""
    revoked = await SqlTokens(house.database, CLOCK).revoke(house.scope.tenant, which)
    say(f"Token {revoked.id} of {revoked.token.sender} is refused from now on.")


def _check_names(house: House, services: Iterable[str], offices: Iterable[str]) -> None:
    """A mistyped name would make a token that opens nothing."""
    try:
        configuration = house.configuration()
    except ConfigurationInvalid:
        note("The configuration cannot be read, so the names are not checked.")
        return
    tenant = configuration.installation.tenants.get(house.scope.tenant)
    for hint, names, known in (
        ("--service", services, [str(key) for _, key in configuration.services]),
        ("--office", offices, list(map(str, tenant.offices if tenant else ()))),
    ):
        for name in names:
            if name not in known:
                raise typer.BadParameter(
                    f"Nothing configured is called {name}. {nearest(name, known)}",
                    param_hint=hint,
                )


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "all"


def _json_of(token: SenderToken) -> dict[str, Json]:
    return {
        "sender": token.sender,
        "services": sorted(token.services),
        "offices": sorted(token.offices),
    }


def _json(one: TokenView) -> dict[str, Json]:
    return {
        "id": one.id,
        **_json_of(one.token),
        "created_at": stamp(one.created_at),
        "revoked_at": stamp(one.revoked_at),
    }
