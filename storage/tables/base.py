"""What every table has: whose row it is."""

from typing import Any, cast

from sqlalchemy import ForeignKey, MetaData, Table
from sqlmodel import Field, SQLModel

from storage.columns import UtcDateTime

# Fixed names let migrations find constraints again on both databases.
CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = CONVENTION
metadata: MetaData = SQLModel.metadata


class Owned(SQLModel):
    """A row of one tenant and one office."""

    tenant_id: str
    office_id: str


def moment(*, nullable: bool = False) -> Any:  # noqa: ANN401 - as SQLModel's Field
    """A column for a point in time."""
    if nullable:
        return Field(default=None, sa_type=UtcDateTime, nullable=True)
    return Field(sa_type=UtcDateTime, nullable=False)


def refers(table_name: str) -> list[ForeignKey]:
    """Refer to a row that may come later in the same transaction.

    The case row is the last to be written: it takes the next number, and the
    counter is to be held as short as possible.
    """
    return [ForeignKey(f"{table_name}.id", deferrable=True, initially="DEFERRED")]


def table(row: type[SQLModel]) -> Table:
    """The table behind a row type, for statements."""
    return cast("Table", vars(row)["__table__"])
