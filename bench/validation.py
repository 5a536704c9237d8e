"""The check against the engines it stands on, in the same run.

Usage: ``.venv/bin/python -m bench.validation [--quick]``. Real standards when the
reference data folder lies beside the checkout, ours otherwise.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import thread_time
from typing import Final

from bench.bare import compile_schema, copied, parse_and_validate, saxon, takes
from bench.measure import last_line, say, table
from bench.standards import (
    SIZES,
    Sized,
    documents,
    largest_sample,
    library,
    looked,
    standards,
)
from schemas.checking.check import schematron_due
from schemas.findings import Verdict
from schemas.packs.building.second_engine import second_engine
from schemas.packs.building.staging import sealed_packs
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from schemas.schematron.saxon import is_available
from schemas.schematron.stage import run_rules

ROUNDS: Final = 30
QUICK_ROUNDS: Final = 8
MILLISECONDS_A_ROUND: Final = 15
COMPILES: Final = 5

Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Best times (CPU milliseconds) of one thing done by us and by the engine alone."""

    what: str
    bare: float
    ours: float

    @property
    def ratio(self) -> float:
        """How much longer ours takes."""
        return self.ours / self.bare


def main() -> None:
    """All comparisons, then one line of JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = QUICK_ROUNDS if options.parse_args().quick else ROUNDS
    with tempfile.TemporaryDirectory(prefix="amtsweg-bench-") as name:
        place = Path(name)
        packs = library(place)
        keys = standards(packs)
        sized = [one for key in keys for one in documents(packs, key)]
        figures = _checks(packs, sized, rounds)
        figures |= _schematron(packs, keys, rounds)
        figures["compile_ratio_max"] = _compiles(packs, keys, place)
        figures["memory_ratio_1mb"] = _memory(place, sized)
        _second_engine(packs, sized)
    last_line(figures)


def _checks(packs: PackLibrary, sized: Sequence[Sized], rounds: int) -> Figures:
    figures = {}
    for size in SIZES:
        compared = []
        for one in sized:
            if one.size != size:
                continue
            with packs.compiled(one.pack).schema() as schema:
                compared.append(
                    _compare(
                        f"{one.pack}, {len(one.body) / 1000:.0f} KB",
                        partial(parse_and_validate, schema, one.body),
                        partial(_accepted, packs, one.body),
                        rounds,
                    )
                )
        _print(f"Full check, {size}, ms (bare: lxml parse + validate)", compared)
        spent = [(one.bare, one.ours) for one in compared]
        figures[f"ratio_{size}"] = sum(o for _, o in spent) / sum(b for b, _ in spent)
    return figures


def _schematron(packs: PackLibrary, keys: Sequence[str], rounds: int) -> Figures:
    """The check with its business rules, against the transformation alone."""
    compared = [
        _with_schematron(packs, packs.compiled(key), rounds)
        for key in keys
        if is_available() and packs.compiled(key).manifest.schematron
    ]
    if not compared:
        say("\nSchematron: no pack with rules, or saxonche is not installed.")
        return {}
    _print("Check with Schematron, ms (bare: saxonche, the same rules)", compared)
    return {"ratio_schematron": max(one.ratio for one in compared)}


def _with_schematron(packs: PackLibrary, pack: CompiledPack, rounds: int) -> Compared:
    body = largest_sample(packs, pack.manifest.key)
    (rules, *_) = pack.manifest.schematron
    transform = saxon(pack.read(rules.stylesheet).decode())

    def ours() -> None:
        result = looked(packs, body)
        assert not run_rules(body, pack, schematron_due(result, packs)).findings

    return _compare(
        f"{pack.manifest.key}, {len(body) / 1000:.0f} KB",
        partial(transform, body),
        ours,
        rounds,
    )


def _compiles(packs: PackLibrary, keys: Sequence[str], place: Path) -> float:
    compared = []
    for key in keys:
        pack = packs.compiled(key)
        seals = sealed_packs(pack.folder, pack.manifest, packs)
        files = place / f".{key}"
        files.mkdir()
        driver = copied(pack, seals, files)
        compared.append(
            _compare(
                key,
                partial(compile_schema, driver),
                partial(_made_ready, packs, pack),
                COMPILES,
            )
        )
    _print("Making a pack ready, ms (bare: lxml compiles its XSD)", compared)
    return max(one.ratio for one in compared)


def _made_ready(packs: PackLibrary, pack: CompiledPack) -> None:
    """Hashes, closure, schemas, code lists: what the first document waits for."""
    seals = sealed_packs(pack.folder, pack.manifest, packs)
    assert not any(seal.differences() for seal in seals)
    CompiledPack(pack.manifest, seals)


def _memory(place: Path, sized: Sequence[Sized]) -> float:
    """Peaks of processes of their own; the worst of the standards."""
    rows: list[tuple[object, ...]] = [("document", "bare", "check", "ratio")]
    worst = 0.0
    for one in sized:
        if one.size != "1mb":
            continue
        file = place / f".{one.pack}.xml"
        file.write_bytes(one.body)
        bare, full = (
            min(_peak(what, place, one.pack, file) for _ in range(3))
            for what in ("bare", "full")
        )
        worst = max(worst, full / bare)
        rows.append((f"{one.pack}, 1 MB", bare, full, full / bare))
    table("Peak memory, MiB (bare: lxml parse + validate)", rows)
    return worst


def _peak(what: str, place: Path, key: str, file: Path) -> float:
    command = (sys.executable, "-m", "bench.check_memory", what, place, key, file)
    done = subprocess.run(  # our own module
        tuple(map(str, command)), check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def _second_engine(packs: PackLibrary, sized: Sequence[Sized]) -> None:
    """How much longer xmlschema takes for its verdict alone."""
    compared = []
    for one in sized:
        if one.size != "100kb":
            continue
        pack = packs.compiled(one.pack)
        seals = sealed_packs(pack.folder, pack.manifest, packs)
        with second_engine(pack.manifest, seals) as schema:
            compared.append(
                _compare(
                    f"{one.pack}, {len(one.body) / 1000:.0f} KB",
                    partial(_accepted, packs, one.body),
                    partial(takes, schema, one.body),
                    2,
                )
            )
    _print("xmlschema instead, ms (bare: our full check)", compared)


def _accepted(packs: PackLibrary, body: bytes) -> None:
    assert looked(packs, body).verdict is Verdict.ACCEPTED


def _compare(
    what: str, bare: Callable[[], object], ours: Callable[[], object], rounds: int
) -> Compared:
    """In turn, so that what else the machine does hits both alike."""
    bare()
    ours()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, kept in zip((bare, ours), times, strict=True):
            kept.append(_best(work))
    return Compared(what=what, bare=min(times[0]) * 1000, ours=min(times[1]) * 1000)


def _best(work: Callable[[], object]) -> float:
    """Of as many as fit into a moment; CPU, since machines are shared."""
    best, spent = float("inf"), 0.0
    while spent * 1000 < MILLISECONDS_A_ROUND:
        began = thread_time()
        work()
        took = thread_time() - began
        best, spent = min(best, took), spent + took
    return best


def _print(title: str, compared: Sequence[Compared]) -> None:
    rows: list[tuple[object, ...]] = [("", "bare", "ours", "ratio")]
    rows += [(one.what, one.bare, one.ours, one.ratio) for one in compared]
    table(title, rows)


if __name__ == "__main__":
    main()
