"""Several lines at once, each in its order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def carry(
    lines: Iterable[Sequence[T]],
    do: Callable[[T], Awaitable[bool]],
    *,
    at_once: int,
) -> None:
    """Do everything; ``do`` says whether those behind it in its line may follow."""
    waiting = iter(lines)

    async def follow() -> None:
        # The iterator is shared: whoever is free takes the next line.
        for line in waiting:
            for one in line:
                if not await do(one):
                    break

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(follow())
