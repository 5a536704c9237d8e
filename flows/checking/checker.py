"""Checks documents: where each stage runs, how long it may take, what if it breaks."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import structlog

from flows.checking.maps import Maps
from flows.checking.orders import Checked, RulesCheck, RulesChecked, WholeCheck
from flows.checking.pool import MEMORY, CheckPool, CheckProcess, ProcessLost
from schemas.checking.check import check, schematron_due
from schemas.checking.course import Course, Stopped
from schemas.checking.policy import CheckPolicy
from schemas.checking.reading import MAX_CHECKED_BYTES, check_size
from schemas.checking.rules import finding
from schemas.findings import CheckResult, Finding, PackRef, Passage, StageRun
from schemas.limits import CHECK_PROCESSES, MIB
from schemas.packs.library import PackLibrary
from schemas.schematron.saxon import is_available
from schemas.schematron.stage import NOT_INSTALLED, STAGE, RulesRun, skipped, with_rules

_PROCESS: Final = "process"
_THREAD: Final = "thread"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckLimits:
    """Seconds, and what is small."""

    small_bytes: int = 1 * MIB
    """Up to here a document is checked in a thread."""
    small: float = 10.0
    big: float = 60.0
    memory: int = MEMORY

    def seconds(self, size: int) -> float:
        """For each half of the check: the stages without Schematron, and that."""
        return self.small if size <= self.small_bytes else self.big


@dataclass(frozen=True, kw_only=True, slots=True)
class _Document:
    """What is asked about one document."""

    size: int
    media_type: str
    policy: CheckPolicy
    on: date
    seconds: float


class Checker:
    """Measures documents by the schema packs in its places."""

    def __init__(
        self,
        places: Sequence[Path],
        *,
        processes: int = CHECK_PROCESSES,
        limits: CheckLimits | None = None,
    ) -> None:
        """Reads the packs' manifests; processes are started at first need."""
        self._limits = limits or CheckLimits()
        self.library: Final = PackLibrary(places)
        self._pool = CheckPool(places, processes=processes, memory=self._limits.memory)
        self.maps: Final = Maps(self._pool, seconds=self._limits.big)
        self._threads = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        self._stuck = 0

    async def check(
        self,
        chunks: AsyncIterator[bytes],
        *,
        size: int,
        media_type: str,
        policy: CheckPolicy,
        on: date,
    ) -> CheckResult:
        """What there is to say about any bytes; ``size`` is how many they are."""
        asked = _Document(
            size=size,
            media_type=media_type,
            policy=policy,
            on=on,
            seconds=self._limits.seconds(size),
        )
        if size > MAX_CHECKED_BYTES:
            return _too_large(asked)
        # A thread cannot be stopped: while one hangs, others go where they can be.
        if size > self._limits.small_bytes or self._stuck:
            return await self._check_in_process(chunks, asked)
        document = b"".join([chunk async for chunk in chunks])
        result = await self._check_in_thread(document, asked)
        if result.pack is None or not schematron_due(result, self.library):
            return result
        run = await self._rules_in_process(document, result.pack, asked)
        return with_rules(result, run)

    async def aclose(self) -> None:
        """End the processes; checks under way are ended by whoever waits for them."""
        await self._pool.aclose()

    async def _check_in_thread(self, document: bytes, asked: _Document) -> CheckResult:
        work = partial(
            check,
            document,
            media_type=asked.media_type,
            library=self.library,
            policy=asked.policy,
            on=asked.on,
            limit=asked.seconds,
        )
        async with self._threads:
            began = perf_counter()
            future = _in_thread(work)
            try:
                async with asyncio.timeout(asked.seconds):
                    return await asyncio.shield(future)
            except TimeoutError:
                _log.warning("check_thread_stuck", stuck=self._stuck + 1)
                stage = _stopped(_THREAD, began)
                return _nothing_but(stage, finding("time-limit", detail=_THREAD))
            finally:
                if not future.done():
                    self._stuck += 1
                    future.add_done_callback(self._no_longer_stuck)

    def _no_longer_stuck(self, future: asyncio.Future[CheckResult]) -> None:
        future.exception()
        self._stuck -= 1

    async def _check_in_process(
        self, chunks: AsyncIterator[bytes], asked: _Document
    ) -> CheckResult:
        order = WholeCheck(
            media_type=asked.media_type,
            policy=asked.policy,
            on=asked.on,
            limit=asked.seconds,
            rules_limit=asked.seconds,
        )
        began = perf_counter()
        result: CheckResult | None = None
        try:
            async with self._pool.lent() as process:
                began = perf_counter()
                await process.ask(order, chunks)
                first = await process.answer(Checked, asked.seconds)
                result = first.result
                if not first.rules_follow:
                    return result
                began = perf_counter()
                run = await _rules_from(process, asked)
        except (ProcessLost, OSError) as error:
            if result is None:
                found = _what_broke(error, _PROCESS)
                return _nothing_but(_stopped(_PROCESS, began), found)
            run = _broken_rules(error, began)
        return with_rules(result, run)

    async def _rules_in_process(
        self, document: bytes, pack: PackRef, asked: _Document
    ) -> RulesRun:
        if not is_available():
            return skipped(NOT_INSTALLED)
        began = perf_counter()
        try:
            async with self._pool.lent() as process:
                began = perf_counter()
                order = RulesCheck(pack=pack, limit=asked.seconds)
                await process.ask(order, _one(document))
                return await _rules_from(process, asked)
        except (ProcessLost, OSError) as error:
            return _broken_rules(error, began)


async def _rules_from(process: CheckProcess, asked: _Document) -> RulesRun:
    reply = await process.answer(RulesChecked, asked.seconds)
    return reply.run


async def _one(document: bytes) -> AsyncIterator[bytes]:
    yield document


def _in_thread(work: Callable[[], CheckResult]) -> asyncio.Future[CheckResult]:
    """A thread of its own: nobody waits for it at the end, whatever it hangs in.

    And libxml2 forgets the names that a document used only when a thread ends.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[CheckResult] = loop.create_future()

    def settle(result: CheckResult | None, error: BaseException | None) -> None:
        if future.done():
            return
        if result is None:
            future.set_exception(error or RuntimeError())
        else:
            future.set_result(result)

    def run() -> None:
        result: CheckResult | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as caught:  # noqa: BLE001 - goes to whoever waits
            error = caught
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="amtsweg-check", daemon=True).start()
    return future


def _too_large(asked: _Document) -> CheckResult:
    course = Course(limit=asked.seconds)
    with suppress(Stopped), course.stage("size"):
        check_size(course, asked.size)
    return course.result()


def _broken_rules(error: ProcessLost | OSError, began: float) -> RulesRun:
    return RulesRun(stage=_stopped(STAGE, began), findings=(_what_broke(error, STAGE),))


def _what_broke(error: ProcessLost | OSError, at: str) -> Finding:
    if isinstance(error, TimeoutError):
        _log.warning("check_process_too_slow", at=at)
        return finding("time-limit", detail=at)
    how = error.how if isinstance(error, ProcessLost) else type(error).__name__
    _log.warning("check_process_lost", at=at, how=how)
    return finding("check-failed", detail=f"{at}: {how}")


def _stopped(stage: str, began: float) -> StageRun:
    took = round((perf_counter() - began) * 1000, 3)
    return StageRun(stage=stage, passage=Passage.STOPPED, milliseconds=took)


def _nothing_but(stage: StageRun, found: Finding) -> CheckResult:
    return CheckResult(
        pack=None, message="", engines=(), stages=(stage,), findings=(found,)
    )
