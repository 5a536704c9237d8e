"""Downloads for tests, of standards that nobody has ever seen."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from schemas.packs.building.install import Installed, Outcome, install
from schemas.packs.building.proposal import AddOptions, Proposal
from schemas.packs.building.propose import propose
from schemas.packs.library import PackLibrary, shipped_packs
from tests.unit.packs.making import write_files

XS: Final = "http://www.w3.org/2001/XMLSchema"
NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
LEVY: Final = "http://abgaben.example/ns/HundeAbgabe/v2_3"
UNITS: Final = "http://masse.example/einheiten"

HEAD: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<schema xmlns="{XS}" xmlns:abg="{LEVY}" xmlns:m="{UNITS}" targetNamespace="{LEVY}">
  <import namespace="{UNITS}" schemaLocation="http://masse.example/x/einheiten.xsd"/>
  <include schemaLocation="teile/gemeinsam.xsd"/>
  <element name="Abgabe">
    <complexType>
      <sequence>
        <element name="Tier" type="abg:TierTyp" maxOccurs="unbounded"/>
        <element ref="abg:Vermerk" minOccurs="0"/>
      </sequence>
      <attribute name="gewicht" type="m:Kilo"/>
    </complexType>
  </element>
  <element name="Vermerk" type="string"/>
</schema>
"""
CHAMELEON: Final = f"""\
<schema xmlns="{XS}">
  <complexType name="TierTyp">
    <sequence><element name="Name" type="string"/></sequence>
    <attribute name="nr" type="ID" use="required"/>
    <attribute name="mutter" type="IDREF"/>
  </complexType>
</schema>
"""
KILO: Final = f"""\
<schema xmlns="{XS}" targetNamespace="{UNITS}">
  <simpleType name="Kilo">
    <restriction base="decimal"><minInclusive value="0"/></restriction>
  </simpleType>
</schema>
"""
STANDARD: Final[Mapping[str, str | bytes]] = {
    "haupt.xsd": HEAD,
    "teile/gemeinsam.xsd": CHAMELEON,
    "fremd/einheiten.xsd": KILO,
    "LIES_MICH.txt": "Nur zum Ansehen.",
}
"""No samples, no prefix for XSD, a chameleon include, an import by URL."""
GOOD: Final = f"""\
<x:Abgabe xmlns:x="{LEVY}" gewicht="12.5"><Tier nr="a"><Name>Rex</Name></Tier>\
<Tier nr="b" mutter="a"><Name>Bella</Name></Tier></x:Abgabe>"""
BAD: Final = GOOD.replace("12.5", "schwer")
DANGLING: Final = GOOD.replace('mutter="a"', 'mutter="z"')


def folder_of(place: Path, files: Mapping[str, str | bytes] = STANDARD) -> Path:
    """A download that was unpacked."""
    folder = place / "hundeabgabe"
    write_files(folder, files)
    return folder


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP whose members have exactly these names."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def library(place: Path) -> PackLibrary:
    """Ours, and what lies in this place."""
    return PackLibrary([shipped_packs(), place])


def proposed(
    source: Path,
    place: Path,
    **options: Any,  # noqa: ANN401 - fields of the options
) -> Proposal:
    """What would be made of it, beside the packs in ``place``."""
    known = library(place)
    return propose(source, library=known, options=replace(AddOptions(), **options))


def added(proposal: Proposal, place: Path, *, keep: bool = False) -> Outcome:
    """Installed in ``place``, or why not."""
    place.mkdir(exist_ok=True)
    return install(proposal, place, library(place), at=NOW, keep=keep)


def must_add(
    source: Path,
    place: Path,
    **options: Any,  # noqa: ANN401 - fields of the options
) -> Installed:
    """Proposes and installs, and is sure of it."""
    outcome = added(proposed(source, place, **options), place)
    assert isinstance(outcome, Installed), outcome
    return outcome


def proposal_of(
    tmp_path: Path,
    files: dict[str, str | bytes],
    **options: Any,  # noqa: ANN401 - fields of the options
) -> Proposal:
    """What would be made of these files, beside what was added before."""
    place = tmp_path / "packs"
    place.mkdir(parents=True, exist_ok=True)
    return proposed(folder_of(tmp_path, files), place, **options)
