"""Standards and documents of the sizes that a bench of the check needs."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from lxml import etree

from schemas.checking.check import check
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Verdict
from schemas.packs.building.install import NotActivated, install
from schemas.packs.building.propose import propose
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import VALID_SAMPLES

SHARED: Final = Path(__file__).resolve().parents[2] / "shared/reference/schemas"
DOWNLOADS: Final = ("xoev-bibliothek", "xbildung", "xschule", "xdomea", "cii")
SIZES: Final = {"10kb": 10_000, "100kb": 100_000, "1mb": 1_000_000}
OWN: Final = ("demo-sozial-1.1",)
DAY: Final = date(2026, 6, 16)
LARGEST_REPEATED: Final = 20_000
TRIED: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Sized:
    """A valid document of about a size."""

    pack: str
    size: str
    body: bytes


def library(place: Path) -> PackLibrary:
    """The shipped packs, and the real standards where they are at hand."""
    packs = PackLibrary([shipped_packs(), place])
    for name in DOWNLOADS if SHARED.is_dir() else ():
        proposal = propose(SHARED / name, library=packs)
        outcome = install(proposal, place, packs, at=datetime.now(UTC))
        if isinstance(outcome, NotActivated):
            raise SystemExit(f"{outcome.key}: {', '.join(outcome.reasons)}")
        packs = PackLibrary([shipped_packs(), place])
    return packs


def standards(packs: PackLibrary) -> tuple[str, ...]:
    """Keys of the packs whose documents are measured: real ones if there are any."""
    real = tuple(
        entry.manifest.key
        for entry in packs.entries()
        if entry.folder.parent != shipped_packs() and entry.manifest.messages
    )
    return real or OWN


def documents(packs: PackLibrary, key: str) -> Iterator[Sized]:
    """A real sample, enlarged by repeating one of its own elements."""
    entry = packs.entry(key)
    if entry is None:
        raise SystemExit(f"there is no pack {key}")
    samples = sorted((entry.folder / VALID_SAMPLES).glob("*.xml"))
    small = min(samples, key=lambda path: abs(path.stat().st_size - SIZES["10kb"]))
    sample = small.read_bytes()
    place = _repeatable(packs, sample)
    for name, size in SIZES.items():
        yield Sized(pack=key, size=name, body=_enlarged(sample, place, size))


def largest_sample(packs: PackLibrary, key: str) -> bytes:
    """As it is: enlarged documents break rules about the whole."""
    entry = packs.entry(key)
    assert entry is not None
    samples = (entry.folder / VALID_SAMPLES).glob("*.xml")
    return max(samples, key=lambda path: path.stat().st_size).read_bytes()


def looked(packs: PackLibrary, document: bytes) -> CheckResult:
    """The full check."""
    return check(
        document,
        media_type="application/xml",
        library=packs,
        policy=CheckPolicy(),
        on=DAY,
    )


def _repeatable(packs: PackLibrary, sample: bytes) -> int:
    """Which element may stand there once more; the biggest of them."""
    elements = _elements(etree.fromstring(sample))
    sizes = [len(etree.tostring(one)) for one in elements]
    biggest_first = sorted(range(1, len(elements)), key=lambda place: -sizes[place])
    for place in biggest_first[:TRIED]:
        if sizes[place] < LARGEST_REPEATED:
            result = looked(packs, _repeated(sample, place, 2))
            if result.verdict is Verdict.ACCEPTED:
                return place
    raise SystemExit("nothing in the sample may be repeated")


def _enlarged(sample: bytes, place: int, size: int) -> bytes:
    piece = len(etree.tostring(_elements(etree.fromstring(sample))[place]))
    return _repeated(sample, place, 1 + max(0, size - len(sample)) // piece)


def _repeated(sample: bytes, place: int, times: int) -> bytes:
    root = etree.fromstring(sample)
    one = _elements(root)[place]
    for _ in range(times - 1):
        one.addnext(copy.deepcopy(one))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _elements(root: etree._Element) -> Sequence[etree._Element]:
    return list(root.iter("*"))
