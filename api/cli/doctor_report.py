"""How the command ``doctor`` prints what was examined."""

import asyncio
import os
import sys
from typing import Final

import typer

from api.cli.errors import UNREACHED
from api.cli.output import Progress, plain, say, say_json
from api.cli.tenant import chosen
from api.doctor.examination import examine
from api.doctor.results import Light, Result, worst

_COLOURS: Final = {Light.GREEN: "32", Light.YELLOW: "33", Light.RED: "31"}
_SUMMARIES: Final = {
    Light.GREEN: "All is well.",
    Light.YELLOW: "It works; what is yellow should be looked at soon.",
    Light.RED: "Something is wrong: see what is red.",
}


def show(*, as_json: bool) -> None:
    """Examine and print. Raises UnknownTenant, Exit where something is red."""
    progress = Progress()
    try:
        results = asyncio.run(
            examine(lambda what: progress.show(f"Looking at {what}"), chosen())
        )
    finally:
        progress.end()
    light = worst(results)
    if as_json:
        say_json({"light": light.value, "results": [_json(one) for one in results]})
    else:
        _print(results)
        say()
        say(_SUMMARIES[light])
    if light is Light.RED:
        raise typer.Exit(UNREACHED)


def _print(results: tuple[Result, ...]) -> None:
    longest = max(len(one.subject) for one in results)
    for one in results:
        line = plain(f"{one.subject:<{longest}}  {one.detail}").rstrip()
        say(f"{_word(one.light)}  {line}")
        if one.remedy:
            say(plain(f"{'':<{longest + 10}}→ {one.remedy}"))


def _word(light: Light) -> str:
    """The word says it; the colour only helps to find it."""
    word = f"{light.value:<6}"
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return word
    return f"\x1b[{_COLOURS[light]}m{word}\x1b[0m"


def _json(one: Result) -> dict[str, str]:
    return {
        "subject": one.subject,
        "light": one.light.value,
        "detail": one.detail,
        "remedy": one.remedy,
    }
