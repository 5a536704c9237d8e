"""Asking a counterpart of one thing after the other."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

import structlog

from schemas.errors import CounterpartAway, DatabaseAway, EngineError
from schemas.replies import ReplyState, SeenReply
from schemas.rules.classification import BUG
from schemas.rules.mailbox import WITNESSES

_log = structlog.get_logger("sources")
_UNSEEN: Final = SeenReply(state=ReplyState.UNPROVED)
T = TypeVar("T")


async def ask_each(ones: Iterable[T], ask: Callable[[T], Awaitable[None]]) -> None:
    """One that finds nobody there hides no other; several in a row end it.

    Raises CounterpartAway for them, after the others, and what broke us before that,
    since it does not heal by itself; DatabaseAway at once.
    """
    away: CounterpartAway | None = None
    broken: Exception | None = None
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
        except Exception as error:  # noqa: BLE001 - it may harm no neighbour
            broken = error
        else:
            in_a_row = 0
    if broken is not None:
        raise broken
    if away is not None:
        raise away


async def prove(asking: Awaitable[SeenReply], place: str) -> tuple[SeenReply, str]:
    """What a look at a reply shows, or why it shows nothing. Raises CounterpartAway."""
    try:
        return await asking, ""
    except CounterpartAway:
        raise
    except Exception as error:  # noqa: BLE001 - it waits all the same
        code = error.code if isinstance(error, EngineError) else BUG
        _log.warning(
            "reply_not_proved", place=place, code=code, error=type(error).__name__
        )
        return _UNSEEN, code
