"""Waiting in a slot for a destination that is quick: a turn comes sooner than a lease.

Leasing a case a second time costs more than the short wait. But slots are for
everybody: nobody waits for a destination that has not answered for a moment, and
nobody waits long.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_STILL_SECONDS: Final = 1.0
"""A destination that has answered nobody for so long is not quick."""
_LONGEST_SECONDS: Final = 1.5
"""Nobody waits longer, nor begins to wait when it would take longer."""
_SHUT_SECONDS: Final = 0.25
_NEWS: Final = 0.2
"""How much the latest turn tells about the pace of a line."""


@dataclass(slots=True)
class _Line:
    active: int = 0
    moved_at: float = 0.0
    """When somebody's turn was last over, or the first one began."""
    shut_until: float = 0.0
    """It was found to take nobody; until then nobody tries."""
    pace: float = 0.0
    """Seconds from the end of one turn to the end of the next, lately."""
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """Who may go to a destination at once, within one worker."""

    def __init__(self, limit: Callable[[str], int]) -> None:
        """``limit``: at most so many of a queue at once."""
        self._limit = limit
        self._lines: dict[str, _Line] = {}

    async def take(self, queue: str) -> bool:
        """Wait for a turn, in order; False: better wait in the database."""
        line = self._lines.setdefault(queue, _Line())
        now = asyncio.get_running_loop().time()
        if now < line.shut_until:
            return False
        if not line.active:
            line.moved_at = now
        if line.active < self._limit(queue):
            line.active += 1
            return True
        if line.pace * (len(line.waiting) + 1) > _LONGEST_SECONDS:
            return False
        return await self._wait(line, now + _LONGEST_SECONDS)

    def give_back(self, queue: str) -> None:
        """A turn is over: the next may go."""
        line = self._lines[queue]
        now = asyncio.get_running_loop().time()
        line.pace += _NEWS * (now - line.moved_at - line.pace)
        line.moved_at = now
        _pass_on(line)

    def refused(self, queue: str) -> None:
        """The database knows that no more may go now."""
        now = asyncio.get_running_loop().time()
        self._lines.setdefault(queue, _Line()).shut_until = now + _SHUT_SECONDS

    async def _wait(self, line: _Line, until: float) -> bool:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        line.waiting.append(turn)
        try:
            while not turn.done():
                patience = min(until, line.moved_at + _STILL_SECONDS) - loop.time()
                if patience <= 0:
                    line.waiting.remove(turn)
                    return False
                await asyncio.wait({turn}, timeout=patience)
        except asyncio.CancelledError:
            if turn.done():
                _pass_on(line)
            else:
                line.waiting.remove(turn)
            raise
        return True


def _pass_on(line: _Line) -> None:
    if line.waiting:
        line.waiting.popleft().set_result(None)
    else:
        line.active -= 1
