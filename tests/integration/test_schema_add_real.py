"""Official downloads become packs without a hand on them, and do what they should."""

import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest

from schemas.checking.check import check
from schemas.checking.policy import CheckPolicy
from schemas.findings import CheckResult, Verdict
from schemas.packs.building.install import Installed, install
from schemas.packs.building.proposal import AddOptions, Proposal
from schemas.packs.building.propose import propose
from schemas.packs.library import PackLibrary, shipped_packs
from schemas.packs.manifest import Kind
from schemas.packs.presence import Active

# They are added once, for all of these tests.
NOW: Final = datetime(2026, 5, 4, tzinfo=UTC)
ORDER: Final = (
    "xoev-bibliothek",
    "xbildung",
    "xschule",
    "xhochschule",
    "xberufsbildung",
    "xdomea",
    "cii",
)
"""Each after what it is built on."""
SAMPLES: Final = {
    "xschule-1.2": 16,
    "xhochschule-1.2": 8,
    "xberufsbildung-0.6": 9,
    "xdomea-3.0.0": 5,
    "cross-industry-invoice-100.D16B": 15,
}


@pytest.fixture(scope="module")
def downloads(shared: Path) -> Path:
    return shared / "reference" / "schemas"


@pytest.fixture(scope="module")
def place(
    downloads: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Mapping[str, Installed]]:
    """All of them, added one after the other as an operator would."""
    place, done = tmp_path_factory.mktemp("packs"), {}
    for name in ORDER:
        library = PackLibrary([shipped_packs(), place])
        proposal = propose(downloads / name, library=library)
        outcome = install(proposal, place, library, at=NOW)
        assert isinstance(outcome, Installed), outcome
        done[outcome.activation.key] = outcome
    return place, done


@pytest.fixture(scope="module")
def library(place: tuple[Path, Mapping[str, Installed]]) -> PackLibrary:
    return PackLibrary([shipped_packs(), place[0]])


def checked(path: Path, library: PackLibrary) -> CheckResult:
    return check(
        path.read_bytes(),
        media_type="application/xml",
        library=library,
        policy=CheckPolicy(),
        on=date(2026, 5, 4),
    )


def test_every_standard_is_active_with_all_of_its_samples(
    place: tuple[Path, Mapping[str, Installed]], library: PackLibrary
) -> None:
    tried = {
        key: one.activation.valid_samples
        for key, one in place[1].items()
        if one.activation.valid_samples
    }
    active = [one.key for one in library.entries() if one.status == Active()]

    assert tried == SAMPLES
    assert set(place[1]) <= set(active)


def test_both_engines_agree_on_every_sample(
    place: tuple[Path, Mapping[str, Installed]],
) -> None:
    for one in place[1].values():
        assert one.built is not None
        assert one.built.second_opinion.differing == ()
        assert one.built.second_opinion.agreed == one.activation.valid_samples


def test_rules_of_the_publishers_were_run_and_found_nothing(
    place: tuple[Path, Mapping[str, Installed]],
) -> None:
    with_rules = {
        key
        for key, one in place[1].items()
        if "SaxonC-HE" in dict(one.activation.engines)
    }

    assert with_rules == set(SAMPLES) - {"xdomea-3.0.0"}


@pytest.mark.parametrize(
    ("name", "count"), [("xschule", 16), ("xhochschule", 8), ("xberufsbildung", 9)]
)
def test_documents_of_the_publisher_are_accepted(
    downloads: Path, library: PackLibrary, name: str, count: int
) -> None:
    found = [checked(one, library) for one in (downloads / name).glob("samples/*.xml")]

    assert [one.verdict for one in found] == [Verdict.ACCEPTED] * count
    assert {one.pack.id for one in found if one.pack} == {name}


def test_documents_of_the_pilot_version_are_of_no_version_we_know(
    downloads: Path, library: PackLibrary
) -> None:
    old = sorted((downloads / "xberufsbildung" / "samples-version-0.5").glob("*.xml"))

    rules = [[found.rule for found in checked(one, library).findings] for one in old]

    assert rules == [["unknown-schema"]] * 4


def test_documents_of_the_pilot_version_are_no_samples(
    downloads: Path, library: PackLibrary
) -> None:
    found = propose(downloads / "xberufsbildung", library=library)

    assert len(found.foreign_samples) == 4
    assert all("samples-version-0.5" in one for one in found.foreign_samples)


def proposal_of(name: str, downloads: Path, library: PackLibrary) -> Proposal:
    return propose(downloads / name, library=library)


def test_a_standard_is_named_as_it_names_itself(
    downloads: Path, library: PackLibrary
) -> None:
    found = proposal_of("xschule", downloads, library).manifest

    assert found.key == "xschule-1.2"
    assert found.title == "XSchule 1.2"
    assert found.standard_urn == "urn:xoev-de:xschule-digital:def:standard:xschule"
    assert [one.code for one in found.messages] == [
        "0002",
        "0005",
        "0004",
        "0001",
        "0003",
    ]
    assert "xbildung-1.2" in found.requires


def test_what_only_others_use_is_a_library(
    downloads: Path, library: PackLibrary
) -> None:
    for name in ("xoev-bibliothek", "xbildung"):
        assert proposal_of(name, downloads, library).manifest.kind is Kind.LIBRARY


def test_without_the_library_the_standard_says_what_it_wants(
    downloads: Path, tmp_path: Path
) -> None:
    empty = PackLibrary([shipped_packs(), tmp_path])

    gaps = proposal_of("xschule", downloads, empty).missing

    assert {one.namespace for one in gaps} == {
        "http://www.w3.org/2000/09/xmldsig#",
        "http://xbildung.de/def/xbildung/1.2/xsd",
        "urn:xoev-de:kosit:xoev:datentyp:din-91379_2022-08",
        "http://xoev.de/schemata/code/1_0",
    }


def test_of_the_invoice_the_set_that_takes_all_samples_is_chosen(
    place: tuple[Path, Mapping[str, Installed]], downloads: Path, library: PackLibrary
) -> None:
    key = "cross-industry-invoice-100.D16B"
    main = "uncefact/data/standard/CrossIndustryInvoice_100pD16B.xsd"
    chosen = place[0] / key / "xsd/CrossIndustryInvoice_100pD16B.xsd"
    strict = propose(
        downloads / "cii",
        library=library,
        options=AddOptions(main=f"coupled/{main}", version="streng"),
    )

    assert chosen.read_bytes() == (downloads / "cii/xsd/uncoupled" / main).read_bytes()
    assert len([one for one in strict.files if one.target.endswith(".xsd")]) == 54


def test_a_zip_of_a_real_standard_makes_the_same_pack(
    downloads: Path, library: PackLibrary, tmp_path: Path
) -> None:
    shutil.make_archive(str(tmp_path / "xhochschule"), "zip", downloads, "xhochschule")

    zipped = propose(tmp_path / "xhochschule.zip", library=library)

    assert zipped == proposal_of("xhochschule", downloads, library)


def test_files_with_a_licence_that_forbids_changes_are_not_changed(
    place: tuple[Path, Mapping[str, Installed]], downloads: Path
) -> None:
    (key,) = (one for one in place[1] if one.startswith("xoev-bibliothek"))
    for one in (downloads / "xoev-bibliothek").glob("*.xsd"):
        assert (place[0] / key / "xsd" / one.name).read_bytes() == one.read_bytes()


def test_codes_of_real_documents_are_looked_up_and_refuse_nobody(
    downloads: Path, library: PackLibrary
) -> None:
    """Publishers' own samples use lists and codes that the pack does not have."""
    path = downloads / "xschule/samples/XSchule_Abiturzeugnis_RP_01.xml"

    rules = {found.rule for found in checked(path, library).findings}

    assert rules <= {"codelist-unknown", "code-invalid"}
    assert "codelist-unknown" in rules
