"""Forked children that kill themselves at a chosen moment."""

import asyncio
import contextlib
import os
import signal
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from tests.crash.sleeping import SleepyLoop

Moment = Callable[[str], None]
Work = Callable[[Moment], Awaitable[None]]
_FAILED = 70


def moments_of(work: Work) -> list[str]:
    """Every boundary the work passes, in order, from a child that survives."""
    reader, writer = os.pipe()
    child = _fork()
    if child == 0:
        os.close(reader)
        _run(work, lambda moment: _note(writer, moment))
    os.close(writer)
    with os.fdopen(reader) as lines:
        seen = lines.read().split("\n")[:-1]
    assert _wait(child) == 0
    return seen


def kill_at(work: Work, name: str) -> None:
    """Run the work in a child that is killed (SIGKILL) at a boundary of this name."""
    child = _fork()
    if child == 0:

        def moment(passed: str) -> None:
            if passed == name:
                os.kill(os.getpid(), signal.SIGKILL)

        _run(work, moment)
    assert _wait(child) == -signal.SIGKILL, f"the child never came to {name!r}"


def survives(work: Work) -> bool:
    """Run the work in a child; whether it came to its end or was killed."""
    child = _fork()
    if child == 0:
        _run(work, lambda _: None)
    code = _wait(child)
    assert code in {0, -signal.SIGKILL}, code
    return code == 0


def run_together(*works: Work) -> None:
    """Several children at the same time, all of which must come to their end."""
    start, everybody_is_there = os.pipe()
    children = []
    for work in works:
        child = _fork()
        if child == 0:
            os.close(everybody_is_there)
            os.read(start, 1)
            _run(work, lambda _: None)
        children.append(child)
    os.close(start)
    os.close(everybody_is_there)
    assert [_wait(child) for child in children] == [0] * len(works)


@contextmanager
def stopped_at(work: Work, name: str) -> Iterator[int]:
    """A child that stands still (SIGSTOP) at a boundary; it goes on afterwards."""
    child = _fork()
    if child == 0:

        def moment(passed: str) -> None:
            if passed == name:
                os.kill(os.getpid(), signal.SIGSTOP)

        _run(work, moment)
    os.waitpid(child, os.WUNTRACED)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGCONT)
        assert _wait(child) == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A process that says whenever it passes a boundary."""

    pid: int
    passed: BinaryIO

    def passes(self, count: int) -> None:
        """Wait until it has passed so many; or has come to its end before."""
        for _ in range(count):
            if not self.passed.read(1):
                return

    def kill(self) -> int:
        """End it at once; the exit code, negative where the signal ended it."""
        os.kill(self.pid, signal.SIGKILL)
        self.passed.close()
        return _wait(self.pid)


def begin_work(work: Work) -> Child:
    """A child that works until it has done, or is killed."""
    reader, writer = os.pipe()
    pid = _fork()
    if pid == 0:
        os.close(reader)
        _run(work, lambda _: _say(writer))
    os.close(writer)
    return Child(pid=pid, passed=os.fdopen(reader, "rb", buffering=0))


def _say(writer: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(writer, b".")


def _fork() -> int:
    with warnings.catch_warnings():
        # Newer Pythons warn of threads; the child touches none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _run(work: Work, moment: Moment) -> NoReturn:
    # The child must never return into the test runner.
    status = 0
    try:
        with asyncio.Runner(loop_factory=SleepyLoop) as runner:
            runner.run(_awaited(work, moment))
    except BaseException:  # noqa: BLE001 - printed, and told by the status
        traceback.print_exc()
        status = _FAILED
    os._exit(status)


async def _awaited(work: Work, moment: Moment) -> None:
    await work(moment)


def _note(writer: int, name: str) -> None:
    os.write(writer, f"{name}\n".encode())


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
