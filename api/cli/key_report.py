"""What ``amtsweg key list`` prints."""

from dataclasses import dataclass
from datetime import datetime

from api.cli.house import House
from api.cli.output import Json, local, note, say_json, say_table, stamp
from schemas.ids import KeyName
from storage.key_register import RETIRED, KeyRegister, RegisteredKey
from storage.rewrap import uses
from storage.vault.keyfolder import KeyFolder


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A key by name, out of folder, register and data keys."""

    name: KeyName
    state: str
    """current, unwraps, retired or missing."""
    created_at: datetime | None
    is_exported: bool
    uses: int


async def show_keys(house: House, *, as_json: bool) -> None:
    """Print the list; changes nothing."""
    rows = await _rows(house)
    if as_json:
        say_json([_json(row) for row in rows])
        return
    if not rows:
        note("There is no key yet: the first `amtsweg up` or `serve` makes one.")
        return
    say_table(
        ("KEY", "STATE", "SINCE", "EXPORTED", "DATA KEYS"),
        [
            (
                row.name,
                row.state,
                local(row.created_at),
                "yes" if row.is_exported else "no",
                str(row.uses),
            )
            for row in rows
        ],
    )


async def _rows(house: House) -> list[Row]:
    folder = KeyFolder(house.settings.keys_folder)
    there = set(folder.names())
    current = folder.current()
    register = {key.name: key for key in await KeyRegister(house.database).list()}
    counts = await uses(house.database)
    return [
        Row(
            name=name,
            state=_state(
                register.get(name), is_there=name in there, is_current=name == current
            ),
            created_at=register[name].created_at if name in register else None,
            is_exported=folder.is_exported(name),
            uses=counts.get(name, 0),
        )
        for name in sorted(there | register.keys() | counts.keys())
    ]


def _state(known: RegisteredKey | None, *, is_there: bool, is_current: bool) -> str:
    if is_there:
        return "current" if is_current else "unwraps"
    return "retired" if known is not None and known.state == RETIRED else "missing"


def _json(row: Row) -> dict[str, Json]:
    return {
        "name": row.name,
        "state": row.state,
        "created_at": stamp(row.created_at),
        "exported": row.is_exported,
        "uses": row.uses,
    }
