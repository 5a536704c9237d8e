"""Sender tokens: only their hashes are kept."""

import hashlib
import json

from sqlalchemy import insert, select

from schemas.clock import Clock
from schemas.ids import OfficeId, SenderId, ServiceKey, TenantId
from storage.database import Database
from storage.ports import SenderToken
from storage.tables import TokenRow
from storage.tables.base import table

TOKENS = table(TokenRow)


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
        if row is None:
            return None
        return SenderToken(
            tenant=TenantId(row.tenant_id),
            sender=SenderId(row.sender),
            offices=frozenset(map(OfficeId, json.loads(row.offices))),
            services=frozenset(map(ServiceKey, json.loads(row.services))),
        )


def _hash(secret: str) -> str:
    # 190 random bits need no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
