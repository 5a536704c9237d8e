"""``amtsweg schema diff``: what another version of a standard changes."""

from collections.abc import Sequence
from typing import cast

from api.cli.output import Json, note, say, say_json, say_table
from api.cli.schema_library import find_or_folder, places
from schemas.packs.building.diff import Change, PackDiff, diff
from schemas.packs.library import PackLibrary
from schemas.packs.plain_json import to_plain


def show_diff(before: str, after: str, *, as_json: bool) -> None:
    """Print it. Raises UnknownPack, and PackBroken for one that cannot be read."""
    library = PackLibrary(places())
    old, new = find_or_folder(library, before), find_or_folder(library, after)
    found = diff(old, new)
    if as_json:
        said = cast("dict[str, Json]", to_plain(found))
        say_json({"before": old.key, "after": new.key} | said)
        return
    say(f"{old.key} → {new.key}")
    if found.is_empty:
        note("Nothing that matters to documents is different.")
        return
    _print(found)


def _print(found: PackDiff) -> None:
    _print_names("Messages", found.messages_added, found.messages_removed)
    _print_changes("Elements, attributes and types", found.structure)
    _print_names("Code lists", found.lists_added, found.lists_removed)
    if found.codes:
        say("\nCodes")
        say_table(
            ("LIST", "VERSION", "NEW", "GONE"),
            [
                (
                    one.uri,
                    f"{one.before} → {one.after}"
                    if one.before != one.after
                    else one.after,
                    ", ".join(one.added),
                    ", ".join(one.removed),
                )
                for one in found.codes
            ],
        )
    _print_changes("Rules", found.rules)
    _print_changes("Manifest", found.manifest)


def _print_names(title: str, added: Sequence[str], removed: Sequence[str]) -> None:
    if not (added or removed):
        return
    say(f"\n{title}")
    for sign, names in (("+", added), ("-", removed)):
        for name in names:
            say(f"{sign} {name}")


def _print_changes(title: str, changes: Sequence[Change]) -> None:
    """What is new, gone or different, each with its sign."""
    if not changes:
        return
    say(f"\n{title}")
    say_table(
        ("", "WHAT", "BEFORE", "AFTER"),
        [(_sign(one), one.place, one.before, one.after) for one in changes],
    )


def _sign(change: Change) -> str:
    if change.before and change.after:
        return "~"
    return "+" if change.after else "-"
