"""Rows of the installation itself: leases, the counter, keys, tokens."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.tables.base import Owned, moment


class LeaseRow(SQLModel, table=True):
    """A worker's incarnation, or a duty that one worker holds for all.

    Of the installation: a worker serves every tenant.
    """

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    holder: str
    alive_until: datetime = moment()
    host: str = ""


class CounterRow(SQLModel, table=True):
    """The last case number given out in a year; unique per installation."""

    __tablename__ = "counters"

    year: int = Field(primary_key=True)
    last: int


class KekRow(SQLModel, table=True):
    """A key-encryption key by name; the key itself is never in the database."""

    __tablename__ = "key_encryption_keys"

    name: str = Field(primary_key=True)
    state: str
    created_at: datetime = moment()
    retired_at: datetime | None = moment(nullable=True)


class TokenRow(Owned, table=True):
    """A sender's token, hashed; office ``*`` means every office."""

    __tablename__ = "tokens"

    hash: str = Field(primary_key=True)
    sender: str
    services: str
    offices: str
    created_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
