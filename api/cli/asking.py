"""Asking before something is changed that stays changed."""

import sys

import typer

from api.cli.errors import REFUSED
from api.cli.output import note


def ask(question: str, *, otherwise: str, look: str = "") -> None:
    """Raises BadParameter where nobody can be asked, and Exit after a no.

    ``look`` is an option that only shows what would be done.
    """
    if not sys.stdin.isatty():
        instead = f"add --yes, or {look} to look only" if look else "add --yes"
        raise typer.BadParameter(f"There is no terminal to ask on: {instead}.")
    if not typer.confirm(question, err=True):
        note(otherwise)
        raise typer.Exit(REFUSED)
