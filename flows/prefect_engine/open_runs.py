"""The runs that this process carries, by batch: how a flow's body finds its work."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flows.batch import Batch

Body = Callable[[], Awaitable[Any]]
"""What the flow's body does; comes back with the state the run ends in."""

_bodies: dict[str, Body] = {}


@contextmanager
def opened(batch: Batch, body: Body) -> Iterator[None]:
    """While this lasts, the flow's body finds the batch."""
    _bodies[batch.id] = body
    try:
        yield
    finally:
        del _bodies[batch.id]


def body_of(batch: str) -> Body | None:
    """None in any other process, and once the run has ended."""
    return _bodies.get(batch)
