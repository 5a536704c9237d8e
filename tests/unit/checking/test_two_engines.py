"""libxml2 with our own checks and xmlschema agree on what is valid."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Final

import pytest
import xmlschema
from lxml import etree

from schemas.findings import CheckResult
from schemas.packs.building.propose import propose
from schemas.packs.building.second_engine import opinion, second_engine
from schemas.packs.building.staging import seal, sealed_packs, write_folder
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import VALID_SAMPLES
from schemas.packs.presence import PackEntry
from tests.unit.checking.looking import look
from tests.unit.checking.mutations import MUTATIONS, spoiled
from tests.unit.packs.making import activate

SUMMER: Final = date(2026, 6, 16)
SEEDS: Final = range(2)
OWN: Final = ("demo-sozial-1.0", "demo-sozial-1.1")
REAL: Final = ("xoev-bibliothek", "xbildung", "xschule", "xdomea", "cii")
SAMPLES: Final = 2
LARGEST: Final = 40_000
"""xmlschema takes its time."""
INVALID: Final = {
    "not-wellformed",
    "unknown-schema",
    "message-not-supported",
    "schema-violation",
    "dangling-idref",
    "duplicate-id",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Callable[[PackEntry, PackLibrary], xmlschema.XMLSchema]]:
    """Xmlschema's idea of a pack, made once for each."""
    made: dict[str, xmlschema.XMLSchema] = {}
    with ExitStack() as stack:

        def make(entry: PackEntry, packs: PackLibrary) -> xmlschema.XMLSchema:
            key = entry.manifest.key
            if key not in made:
                seals = sealed_packs(entry.folder, entry.manifest, packs)
                made[key] = stack.enter_context(second_engine(entry.manifest, seals))
            return made[key]

        yield make


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> PackLibrary:
    """The real standards as packs, as an operator gets them."""
    place = tmp_path_factory.mktemp("real")
    for name in REAL:
        source = shared / "reference" / "schemas" / name
        packs = PackLibrary([shipped_packs(), place])
        proposal = propose(source, library=packs)
        folder = place / proposal.manifest.key
        write_folder(proposal, folder)
        seal(folder)
        activate(folder)
    return PackLibrary([shipped_packs(), place])


def is_valid(result: CheckResult) -> bool:
    return not {one.rule for one in result.findings} & INVALID


def samples(entry: PackEntry) -> list[bytes]:
    paths = sorted((entry.folder / VALID_SAMPLES).glob("*.xml"))
    bodies = [path.read_bytes() for path in paths]
    small = [body for body in bodies if len(body) < LARGEST]
    return small[:: max(1, len(small) // SAMPLES)][:SAMPLES]


def differences(
    entry: PackEntry, packs: PackLibrary, schema: xmlschema.XMLSchema
) -> tuple[list[str], int, int]:
    """Where they differ, how many are invalid, and how many there were."""
    differing, invalid, tried = [], 0, 0
    for number, sample in enumerate(samples(entry)):
        for kind in MUTATIONS:
            for seed in SEEDS:
                document = spoiled(sample, kind, seed)
                ours = is_valid(look(document, packs=packs, on=SUMMER))
                tried, invalid = tried + 1, invalid + (not ours)
                if ours != opinion(schema, document):
                    differing.append(f"{number}-{kind}-{seed}: {ours}")
    return differing, invalid, tried


@pytest.mark.parametrize("key", OWN)
def test_both_engines_agree_on_spoiled_samples_of_ours(
    key: str, engine: Callable[[PackEntry, PackLibrary], xmlschema.XMLSchema]
) -> None:
    packs = PackLibrary([shipped_packs()])
    entry = packs.entry(key)
    assert entry is not None

    differing, invalid, tried = differences(entry, packs, engine(entry, packs))

    assert differing == []
    # Many of the mutations hurt: else they would prove nothing.
    assert tried == SAMPLES * len(MUTATIONS) * len(SEEDS)
    assert tried / 3 < invalid < tried


def test_both_engines_agree_on_spoiled_samples_of_real_standards(
    real: PackLibrary,
    engine: Callable[[PackEntry, PackLibrary], xmlschema.XMLSchema],
) -> None:
    recognising = [
        entry
        for entry in real.entries()
        if entry.manifest.messages and entry.folder.parent != shipped_packs()
    ]
    assert len(recognising) == 3

    for entry in recognising:
        differing, invalid, tried = differences(entry, real, engine(entry, real))

        assert differing == []
        assert tried / 3 < invalid < tried


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutation_is_the_same_for_the_same_seed(kind: str) -> None:
    document = b'<a><b c="1" d="2">x</b><e/><f>y<g/></f></a>'

    assert spoiled(document, kind, 1) == spoiled(document, kind, 1)
    assert any(
        etree.tostring(etree.fromstring(spoiled(document, kind, seed))) != document
        for seed in range(3)
    )
