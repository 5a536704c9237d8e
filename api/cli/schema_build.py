"""``amtsweg schema build``: what a pack written by hand still needs."""

from collections.abc import Iterator
from pathlib import Path

from api.cli.output import Progress, say, say_fields, say_json
from api.cli.schema_library import places
from schemas.packs.building.build import Built, build
from schemas.packs.library import PackLibrary


def build_pack(folder: Path, *, as_json: bool) -> None:
    """Generate it, and print what was made. Raises PackBroken."""
    progress = Progress()
    progress.show(f"Building {folder.name}")
    try:
        built = build(folder, PackLibrary(places()))
    finally:
        progress.end()
    if as_json:
        say_json(
            {
                "key": built.key,
                "sha256": built.sha256,
                "code_lists": built.code_lists,
                "code_uses": built.code_uses,
                "stylesheets": list(built.stylesheets),
                "agreed": built.second_opinion.agreed,
                "differing": list(built.second_opinion.differing),
                "notes": list(built.notes),
            }
        )
        return
    say_fields(
        (
            ("Pack", built.key),
            ("Hash", built.sha256),
            ("Code lists", str(built.code_lists)),
            ("Elements", f"{built.code_uses} hold a code" if built.code_uses else ""),
            ("Rules", ", ".join(built.stylesheets)),
        )
    )
    for text in (*second_opinion(built), *built.notes):
        say(text)


def second_opinion(built: Built | None) -> Iterator[str]:
    """What xmlschema says of the samples, compared with libxml2."""
    if built is None:
        return
    second = built.second_opinion
    count = second.agreed + len(second.differing)
    if not count:
        return
    yield f"xmlschema agrees on {second.agreed} of {count} samples."
    for name in second.differing:
        yield f"  It says otherwise of {name}."
