"""Options that several commands share, and how their help looks."""

from typing import Annotated, Final

import typer

_LONGEST_REASON: Final = 500

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]


def _said(reason: str) -> str:
    if not reason.strip() or not reason.isprintable() or len(reason) > _LONGEST_REASON:
        raise typer.BadParameter(
            f"Write one line of at most {_LONGEST_REASON} characters."
        )
    return reason.strip()


Reason = Annotated[
    str,
    typer.Option(
        help="Why, for whoever asks later; no names, please.",
        metavar="TEXT",
        callback=_said,
    ),
]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, metavar="N")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def group(about: str) -> typer.Typer:
    """A group of commands."""
    made = typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None)
    # Without this, a group of one command would become that command.
    made.callback()(_nothing)
    return made


def examples(*lines: str) -> str:
    """The end of a command's help."""
    title = "Example" if len(lines) == 1 else "Examples"
    return "\n".join(("\b", f"{title}:", *(f"  amtsweg {line}" for line in lines)))


def _nothing() -> None: ...
