"""What the check is measured against: the engines by themselves, nothing around."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import xmlschema
from lxml import etree

from schemas.packs.closure import XSD, close, schema_parser
from schemas.packs.compiled import CompiledPack
from schemas.packs.sums import Sealed


def parse_and_validate(schema: etree.XMLSchema, document: bytes) -> None:
    """Lxml with the parser of the check; no stage but these two."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    assert schema.validate(etree.fromstring(document, parser))


def copied(pack: CompiledPack, packs: Sequence[Sealed], place: Path) -> Path:
    """The schemas with locations that lead straight to files, and one that has all.

    So that what is compiled bare needs no catalogue and no resolver.
    """
    by_key = {one.key: one for one in packs}
    closure = close(
        packs, pack.manifest.schemas, lambda spot: by_key[spot.key].read(spot.name)
    )
    names = {spot: f"{number}.xsd" for number, spot in enumerate(closure.files)}
    for spot, name in names.items():
        root = etree.fromstring(by_key[spot.key].read(spot.name), schema_parser())
        for link in root.iterchildren(f"{XSD}import", f"{XSD}include"):
            target = closure.routes.get((spot, link.get("schemaLocation", "").strip()))
            if target is not None:
                link.set("schemaLocation", names[target])
        (place / name).write_bytes(etree.tostring(root))
    links = "".join(
        f"<xs:import namespace={quoteattr(space)} schemaLocation='{names[spots[0]]}'/>"
        for space, spots in closure.entries.items()
    )
    driver = place / "driver.xsd"
    driver.write_text(
        f"<xs:schema xmlns:xs='{XSD[1:-1]}' targetNamespace='urn:x-bench'>{links}"
        "</xs:schema>"
    )
    return driver


def compile_schema(driver: Path) -> None:
    """Lxml alone, from the disk."""
    etree.XMLSchema(etree.parse(driver, schema_parser()))


def saxon(stylesheet: str) -> Callable[[bytes], str]:
    """Saxonche with a compiled stylesheet: reads a document and transforms it."""
    import saxonche  # noqa: PLC0415 - an extra

    processor: Any = saxonche.PySaxonProcessor(license=False)
    executable = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_text=stylesheet
    )

    def transform(document: bytes) -> str:
        node = processor.parse_xml(xml_text=document.decode())
        return str(executable.transform_to_string(xdm_node=node))

    return transform


def takes(schema: xmlschema.XMLSchema, document: bytes) -> bool:
    """Xmlschema's verdict."""
    return bool(schema.is_valid(document.decode()))
