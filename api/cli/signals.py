"""Being asked to stop: by a signal, or by the end of whoever started us."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SIGNALLED: Final = 128
_STDIN: Final = 0


@contextmanager
def stop_asked(*, until_eof: bool = False, again: str = "") -> Iterator[asyncio.Event]:
    """Set once somebody asks; asking a second time ends the process at once.

    ``until_eof``: the end of standard input asks as well. Whoever holds the other
    end of that pipe cannot die without our noticing. ``again`` is said at the
    first signal.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def asked(number: signal.Signals) -> None:
        if stop.is_set():
            os._exit(_SIGNALLED + number)
        if again:
            sys.stderr.write(f"{again}\n")
        stop.set()

    def readable() -> None:
        if not os.read(_STDIN, 1024):
            loop.remove_reader(_STDIN)
            stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, asked, number)
    if until_eof:
        loop.add_reader(_STDIN, readable)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        if until_eof:
            loop.remove_reader(_STDIN)


async def run_until_asked(
    work: Coroutine[object, object, T], *, until_eof: bool = False
) -> T | None:
    """Do this until it ends or somebody asks to stop; None: it was cut short."""
    with stop_asked(until_eof=until_eof) as stop:
        task = asyncio.create_task(work)
        asked = asyncio.create_task(stop.wait())
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return None
