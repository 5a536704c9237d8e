"""A check process: documents come in over a pipe, findings go out, nothing else.

It writes no file, keeps no document, and ends itself: when whoever has started it is
gone, when a check takes longer than it may, or when it has grown old.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, TypeVar, assert_never

from flows.checking.frames import frame, read_frame, read_pieces
from flows.checking.orders import (
    READY,
    Checked,
    MapOrder,
    Mapped,
    MappedBack,
    RulesCheck,
    RulesChecked,
    WholeCheck,
    order_from_json,
    to_json,
)
from schemas.checking.check import check, schematron_due
from schemas.checking.rules import finding
from schemas.errors import PackBroken
from schemas.findings import Finding, PackRef, Passage, Severity, StageRun
from schemas.mapping.applying import from_xml, to_xml
from schemas.mapping.building import Built
from schemas.mapping.form_data import read_form
from schemas.mapping.form_map import FormMap
from schemas.mapping.map_file import read_map
from schemas.mapping.problems import failed, unreadable
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Manifest, Rules
from schemas.schematron.stage import STAGE, RulesRun, run_rules

T = TypeVar("T")

_GRACE_SECONDS: Final = 1.0
"""Whoever asked has ended us by then; if not, nobody is there any more."""
_MOST_JOBS: Final = 2_000
"""Saxon and libxml2 remember every name that they ever met."""
_MOST_KILOBYTES: Final = 768 * 1024
"""Memory once taken is not given back."""


def main(arguments: list[str]) -> None:
    """``python -m flows.checking.process <bytes of memory> <place> ...``."""
    memory, *places = arguments
    orders, replies = _take_pipes()
    _limit_itself(int(memory))
    worker = _Worker([Path(one) for one in places], replies)
    worker.reply(READY)
    while not worker.is_leaving:
        order = read_frame(orders)
        document = read_pieces(orders) if order is not None else None
        if order is None or document is None:
            return
        worker.work(order, document)
        del document


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Ours alone: what libraries print goes nowhere, for it may quote documents."""
    orders = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return orders, replies


def _limit_itself(memory: int) -> None:
    # Not RLIMIT_AS: Saxon reserves 32 GiB of addresses and uses few of them.
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


class _Worker:
    """One order after the other."""

    def __init__(self, places: list[Path], replies: IO[bytes]) -> None:
        self._places, self._replies = places, replies
        self._library = PackLibrary(places)
        self._jobs = 0
        self.is_leaving = False

    def reply(self, body: bytes) -> None:
        self._replies.write(frame(body))
        self._replies.flush()

    def work(self, body: bytes, document: bytes) -> None:
        self._jobs += 1
        order = order_from_json(body)
        match order:
            case RulesCheck():
                self._rules(document, order.pack, order.limit)
            case MapOrder():
                self._map(document, order)
            case WholeCheck():
                self._whole(document, order)
            case unknown:
                assert_never(unknown)

    def _whole(self, document: bytes, order: WholeCheck) -> None:
        result = _within(
            order.limit,
            lambda: check(
                document,
                media_type=order.media_type,
                library=self._library,
                policy=order.policy,
                on=order.on,
                limit=order.limit,
            ),
        )
        due = schematron_due(result, self._library)
        pack = result.pack
        if not due or pack is None:
            self._leave_if_old(result.findings)
        self.reply(
            to_json(
                Checked(result=result, rules_follow=bool(due), leaving=self.is_leaving)
            )
        )
        if due and pack is not None:
            self._rules(document, pack, order.rules_limit)

    def _rules(self, document: bytes, pack: PackRef, limit: float) -> None:
        run = _within(limit, lambda: self._run_rules(document, pack))
        self._leave_if_old(run.findings)
        self.reply(to_json(RulesChecked(run=run, leaving=self.is_leaving)))

    def _run_rules(self, document: bytes, pack: PackRef) -> RulesRun:
        key = f"{pack.id}-{pack.version}"
        try:
            due = self._rules_of(key, pack)
            compiled = self._library.compiled(key)
        except PackBroken as broken:
            return _not_run(finding("pack-broken", detail=broken.detail))
        return run_rules(document, compiled, due)

    def _rules_of(self, key: str, pack: PackRef) -> tuple[Rules, ...]:
        return self._manifest_of(key, pack).schematron

    def _manifest_of(self, key: str, pack: PackRef) -> Manifest:
        """Of exactly this pack; one that came since we began is looked for once."""
        for _ in range(2):
            entry = self._library.entry(key)
            if entry is not None and entry.ref == pack:
                return entry.manifest
            self._library = PackLibrary(self._places)
        raise PackBroken(f"{key}: was exchanged since the check began")

    def _map(self, document: bytes, order: MapOrder) -> None:
        reply = _within(order.limit, lambda: self._mapped(document, order))
        self._leave_if_old(())
        self.reply(to_json(replace(reply, leaving=self.is_leaving)))

    def _mapped(self, document: bytes, order: MapOrder) -> Mapped | MappedBack:
        try:
            found = self._map_of(order)
        except PackBroken as broken:
            if order.back:
                return MappedBack(form=None, leaving=False)
            problem = failed(broken.detail)
            built = Built(xml=b"", fields={}, problems=(problem,))
            return Mapped(built=built, leaving=False)
        if order.back:
            read = from_xml(found, document)
            back = None if read.is_other else dict(read.form)
            return MappedBack(form=back, leaving=False)
        form = read_form(document)
        if form is None:
            built = Built(xml=b"", fields={}, problems=(unreadable(),))
        else:
            built = to_xml(found, form, order.given)
        return Mapped(built=built, leaving=False)

    def _map_of(self, order: MapOrder) -> FormMap:
        key = f"{order.pack.id}-{order.pack.version}"
        self._manifest_of(key, order.pack)
        files = self._library.compiled(key)
        return read_map(files.read(order.file), file=order.file, beside=files.read)

    def _leave_if_old(self, findings: tuple[Finding, ...]) -> None:
        """Also after a failure: nobody knows what it has left behind."""
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        failed = any(one.severity is Severity.INTERNAL for one in findings)
        self.is_leaving = failed or self._jobs >= _MOST_JOBS or used > _MOST_KILOBYTES


def _not_run(found: Finding) -> RulesRun:
    stage = StageRun(stage=STAGE, passage=Passage.STOPPED, milliseconds=0.0)
    return RulesRun(stage=stage, findings=(found,))


def _within(seconds: float, work: Callable[[], T]) -> T:
    """The kernel ends us if it takes longer, whoever holds Python's lock then.

    In a thread of its own, since libxml2 forgets names only when a thread ends.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE_SECONDS)
    try:
        with ThreadPoolExecutor(max_workers=1) as fresh:
            return fresh.submit(work).result()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


if __name__ == "__main__":
    main(sys.argv[1:])
