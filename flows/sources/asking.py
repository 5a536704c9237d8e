"""Asking a counterpart of one thing after the other."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from schemas.errors import CounterpartAway, DatabaseAway
from schemas.rules.mailbox import WITNESSES

T = TypeVar("T")


async def ask_each(ones: Iterable[T], ask: Callable[[T], Awaitable[None]]) -> None:
    """One that finds nobody there hides no other; several in a row end it.

    Raises CounterpartAway for them, after the others; DatabaseAway at once.
    """
    away: CounterpartAway | None = None
    in_a_row = 0
    for one in ones:
        try:
            await ask(one)
        except DatabaseAway:
            raise
        except CounterpartAway as error:
            away, in_a_row = error, in_a_row + 1
            if in_a_row >= WITNESSES:
                break
        else:
            in_a_row = 0
    if away is not None:
        raise away
