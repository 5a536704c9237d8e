"""Sender tokens: only their hashes are kept."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update

from schemas.clock import Clock
from schemas.errors import UnknownToken
from schemas.ids import OfficeId, SenderId, ServiceKey, TenantId
from storage.columns import Found
from storage.database import Database
from storage.ports import SenderToken
from storage.tables import TokenRow
from storage.tables.base import table

TOKENS = table(TokenRow)
_ID: Final = 12
"""So much of a hash names a token; it tells nothing about the secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenView:
    """A token as listed."""

    id: str
    token: SenderToken
    created_at: datetime
    revoked_at: datetime | None


class SqlTokens:
    """Fills the port Tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, token: SenderToken, secret: str) -> None:
        """See the port."""
        async with self._database.write("token") as connection:
            await connection.execute(
                insert(TOKENS).values(
                    tenant_id=token.tenant,
                    office_id=next(iter(token.offices))
                    if len(token.offices) == 1
                    else "*",
                    hash=_hash(secret),
                    sender=token.sender,
                    services=json.dumps(sorted(token.services)),
                    offices=json.dumps(sorted(token.offices)),
                    created_at=self._clock.now(),
                )
            )

    async def find(self, secret: str) -> SenderToken | None:
        """See the port."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(TOKENS).where(
                        TOKENS.c.hash == _hash(secret), TOKENS.c.revoked_at.is_(None)
                    )
                )
            ).first()
        return None if row is None else _token_of(row)

    async def list(self, tenant: TenantId) -> tuple[TokenView, ...]:
        """Every token there ever was, revoked ones too, by sender."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(TOKENS)
                .where(TOKENS.c.tenant_id == tenant)
                .order_by(TOKENS.c.sender, TOKENS.c.created_at)
            )
            return tuple(map(_view_of, rows))

    async def revoke(self, tenant: TenantId, beginning: str) -> TokenView:
        """It is refused from now on; harmless when repeated. Raises UnknownToken."""
        async with self._database.write("revoke token") as connection:
            rows = (
                await connection.execute(
                    select(TOKENS).where(
                        TOKENS.c.tenant_id == tenant,
                        TOKENS.c.hash.startswith(beginning, autoescape=True),
                    )
                )
            ).all()
            if len(rows) != 1 or not beginning:
                raise UnknownToken
            if rows[0].revoked_at is None:
                await connection.execute(
                    update(TOKENS)
                    .where(TOKENS.c.hash == rows[0].hash)
                    .values(revoked_at=self._clock.now())
                )
        return _view_of(rows[0])


def token_id(secret: str) -> str:
    """The id under which a token is listed."""
    return _hash(secret)[:_ID]


def _token_of(row: Found) -> SenderToken:
    return SenderToken(
        tenant=TenantId(row.tenant_id),
        sender=SenderId(row.sender),
        offices=frozenset(map(OfficeId, json.loads(row.offices))),
        services=frozenset(map(ServiceKey, json.loads(row.services))),
    )


def _view_of(row: Found) -> TokenView:
    return TokenView(
        id=row.hash[:_ID],
        token=_token_of(row),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def _hash(secret: str) -> str:
    # 190 random bits need no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
