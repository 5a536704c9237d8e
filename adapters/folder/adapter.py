"""Delivers into a folder, from which a specialist system collects."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from adapters.base import Finding, Surroundings
from adapters.folder.checks import check_folder
from adapters.folder.disk import Notice, Part, Standing, Turn, Writing
from adapters.folder.layout import Places, index_of, is_plain, ledger_of, payload_of
from adapters.folder.settings import FolderConnection, parse_mapping
from schemas.deliveries import Parcel, ParcelDocument
from schemas.errors import (
    ConfigurationInvalid,
    EngineError,
    FailureKind,
    ObjectDamaged,
)
from schemas.fields import Fields
from schemas.ids import DeliveryId
from schemas.limits import MIB
from schemas.outcomes import (
    Answer,
    Arrived,
    AttemptOutcome,
    Certainty,
    DeliveryConfirmed,
    DeliveryFailed,
    NoAnswer,
    NotArrived,
    OutcomeUnknown,
    Receipt,
)

FULL: Final = "E-FOLDER-FULL"
MISSING: Final = "E-FOLDER-MISSING"
DENIED: Final = "E-FOLDER-DENIED"
BROKEN: Final = "E-FOLDER-IO"
HANGS: Final = "E-FOLDER-HANGS"
CONCURRENT: Final = "E-FOLDER-CONCURRENT"
OTHER_PAYLOAD: Final = "E-FOLDER-OTHER-PAYLOAD"
UNFIT: Final = "E-FOLDER-UNFIT"
RECEIPT_TYPE: Final = "application/json"
BATCH_BYTES: Final = MIB
"""So much goes to a thread at once."""
_CODES: Final = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.ENOENT: MISSING,
    errno.ENOTDIR: MISSING,
    errno.ENODEV: MISSING,
    errno.ENXIO: MISSING,
    errno.ESTALE: MISSING,
    errno.ENOTCONN: MISSING,
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.EROFS: DENIED,
    errno.EEXIST: CONCURRENT,
    errno.ENOTEMPTY: CONCURRENT,
}

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _DiskFailed(Exception):
    """An OSError of the folder, not of whatever holds our documents."""

    def __init__(self, error: OSError) -> None:
        self.code = _CODES.get(error.errno or 0, BROKEN)
        super().__init__(self.code)


class FolderOutbox:
    """One folder; idempotent by its ledger."""

    def __init__(
        self,
        connection: FolderConnection,
        surroundings: Surroundings,
        *,
        parallel: int,
        notice: Notice = lambda _: None,
    ) -> None:
        """``notice`` is for tests: they die in it."""
        self._connection = connection
        self._clock = surroundings.clock
        self._root = surroundings.home / connection.path
        self._deadline = connection.deadline.total_seconds()
        self._notice = notice
        self._turns: WeakValueDictionary[DeliveryId, Turn] = WeakValueDictionary()
        # Threads of our own: a hanging mount must not use up everybody's.
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="folder")

    @property
    def certainty(self) -> Certainty:
        """The ledger knows every delivery."""
        return Certainty.IDEMPOTENT

    async def deliver(self, parcel: Parcel) -> AttemptOutcome:
        """Write the set, unless the ledger knows it."""
        fields = Fields(parcel.mapping, "mapping")
        parse_mapping(fields)
        if fields.finish():
            return DeliveryFailed(kind=FailureKind.OURS, code=ConfigurationInvalid.code)
        if not is_plain(parcel):
            return DeliveryFailed(kind=FailureKind.OURS, code=UNFIT)
        writing = self._begin(parcel.delivery)
        try:
            async with asyncio.timeout(self._deadline):
                return await self._deliver(parcel, writing)
        except TimeoutError:
            return _broken_off(HANGS, offered=writing.give_up())
        except _DiskFailed as failed:
            return _broken_off(failed.code, offered=writing.give_up())
        except EngineError as error:
            ours = error.kind is FailureKind.SENDER
            kind = FailureKind.OURS if ours else error.kind
            return DeliveryFailed(kind=kind, code=error.code)
        finally:
            writing.give_up()
            if writing.leaves_something:
                with suppress(RuntimeError):  # closed meanwhile
                    self._threads.submit(writing.clean)

    async def ask(self, delivery: DeliveryId) -> Answer:
        """Whether the set has been offered to the consumer."""
        writing = self._begin(delivery)
        try:
            async with asyncio.timeout(self._deadline):
                standing, ledger = await self._in_turn(writing, self._standing, writing)
        except TimeoutError:
            return NoAnswer(code=HANGS)
        except _DiskFailed as failed:
            return NoAnswer(code=failed.code)
        if standing in {Standing.OFFERED, Standing.TAKEN}:
            return Arrived(receipt=_receipt(ledger))
        return NotArrived()

    async def check(self) -> tuple[Finding, ...]:
        """The folder is there, ours to write, and has room; leaves nothing behind."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._in_thread(check_folder, self._root, self._connection)
        except (TimeoutError, _DiskFailed):
            remedy = "The file system does not answer: look at the mount."
            return (Finding(subject="folder", ok=False, remedy=remedy),)

    async def aclose(self) -> None:
        """Let the threads go; one that hangs is not waited for."""
        self._threads.shutdown(wait=False)

    def _begin(self, delivery: DeliveryId) -> Writing:
        turn = self._turns.setdefault(delivery, Turn())
        places = Places(root=self._root, delivery=delivery)
        return Writing(places, turn, self._notice)

    async def _deliver(self, parcel: Parcel, writing: Writing) -> AttemptOutcome:
        standing, ledger = await self._in_turn(writing, self._look, writing, parcel)
        if ledger and payload_of(ledger) != parcel.payload:
            return DeliveryFailed(kind=FailureKind.OURS, code=OTHER_PAYLOAD)
        receipt = ledger or ledger_of(parcel, self._clock.now())
        match standing:
            case Standing.TAKEN:
                pass
            case Standing.OFFERED:
                if not ledger:
                    await self._in_turn(writing, writing.remember, receipt)
            case Standing.WRITTEN:
                await self._in_turn(writing, writing.mark)
            case Standing.PLACED:
                await self._in_turn(writing, writing.conclude, receipt)
            case Standing.NOTHING:
                await self._write(parcel, writing, receipt)
        return DeliveryConfirmed(receipt=_receipt(receipt))

    async def _write(self, parcel: Parcel, writing: Writing, ledger: bytes) -> None:
        waiting: list[Part] = []
        size = 0
        for document in parcel.documents:
            async for part in _parts(document):
                waiting.append(part)
                size += sum(len(chunk) for chunk in part.chunks)
                if size >= BATCH_BYTES:
                    await self._in_turn(writing, writing.write, waiting)
                    waiting, size = [], 0
        await self._in_turn(writing, writing.finish, waiting, index_of(parcel), ledger)

    def _look(self, writing: Writing, parcel: Parcel) -> tuple[Standing, bytes]:
        standing, ledger = self._standing(writing)
        if standing in {Standing.NOTHING, Standing.WRITTEN}:
            writing.tidy()
        if standing is Standing.NOTHING:
            sizes = {document.name: document.size for document in parcel.documents}
            if writing.adopt(index_of(parcel), sizes):
                return Standing.PLACED, ledger
        return standing, ledger

    def _standing(self, writing: Writing) -> tuple[Standing, bytes]:
        if not self._connection.path.is_absolute():
            self._root.mkdir(parents=True, exist_ok=True)
        for mount in self._connection.mount_point:
            if not os.path.ismount(mount):
                raise OSError(errno.ENODEV, "not mounted")
        if not self._root.is_dir():
            raise OSError(errno.ENOENT, "no folder")
        return writing.standing()

    async def _in_turn(
        self,
        writing: Writing,
        function: Callable[_P, _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        return await self._in_thread(writing.run, partial(function, *args, **kwargs))

    async def _in_thread(
        self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        loop = asyncio.get_running_loop()
        call = partial(function, *args, **kwargs)
        try:
            return await loop.run_in_executor(self._threads, call)
        except OSError as error:
            raise _DiskFailed(error) from error


async def _parts(document: ParcelDocument) -> AsyncIterator[Part]:
    """The document in parts of a thread's errand each."""
    waiting: list[bytes] = []
    size, left = 0, document.size
    chunks = document.open()
    try:
        async for chunk in chunks:
            if size and size + len(chunk) > BATCH_BYTES:
                yield Part(name=document.name, chunks=tuple(waiting), last=False)
                waiting, size = [], 0
            waiting.append(chunk)
            size += len(chunk)
            left -= len(chunk)
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    if left:
        raise ObjectDamaged("not as long as recorded")
    yield Part(name=document.name, chunks=tuple(waiting), last=True)


def _receipt(ledger: bytes) -> Receipt:
    return Receipt(media_type=RECEIPT_TYPE, body=ledger)


def _broken_off(code: str, *, offered: bool) -> AttemptOutcome:
    if offered:
        return OutcomeUnknown(code=code)
    whole = code != CONCURRENT
    return DeliveryFailed(kind=FailureKind.AWAY, code=code, whole_destination=whole)
