"""xmlschema beside libxml2: it knows every component, and has an opinion of its own.

It is slow and follows locations by its own rules, so it sees copies in a folder of
their own in which every location leads to the file that the closure says.
"""

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import xmlschema
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.catalogue import Spot
from schemas.packs.closure import Closure, close, schema_parser
from schemas.packs.manifest import Manifest
from schemas.packs.sums import Sealed

XSD: Final = "http://www.w3.org/2001/XMLSchema"
_LINKS: Final = tuple(
    f"{{{XSD}}}{name}" for name in ("import", "include", "redefine", "override")
)
_DRIVER: Final = "driver.xsd"


@contextmanager
def second_engine(
    manifest: Manifest, packs: Sequence[Sealed]
) -> Iterator[xmlschema.XMLSchema]:
    """The pack's schemas as xmlschema reads them; as long as the context lasts."""
    by_key = {pack.key: pack for pack in packs}

    def read(spot: Spot) -> bytes:
        return by_key[spot.key].read(spot.name)

    closure = close(packs, manifest.schemas, read)
    with tempfile.TemporaryDirectory(prefix="amtsweg-") as place:
        _copy(closure, read, Path(place))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield _read(Path(place) / _DRIVER)


def _read(driver: Path) -> xmlschema.XMLSchema:
    try:
        return xmlschema.XMLSchema(
            str(driver), validation="lax", allow="local", defuse="never"
        )
    except (xmlschema.XMLSchemaException, OSError, RecursionError) as error:
        raise PackBroken("xmlschema cannot read its schemas") from error


def _copy(closure: Closure, read: Callable[[Spot], bytes], place: Path) -> None:
    numbers = {spot: number for number, spot in enumerate(closure.files)}

    def url_of(spot: Spot) -> str:
        return (place / f"{numbers[spot]}.xsd").as_uri()

    for spot in closure.files:
        root = etree.fromstring(read(spot), schema_parser())
        for link in root.iterchildren(*_LINKS):
            location = (link.get("schemaLocation") or "").strip()
            target = closure.routes.get((spot, location))
            if target is not None:
                link.set("schemaLocation", url_of(target))
        (place / f"{numbers[spot]}.xsd").write_bytes(etree.tostring(root))
    imports = "".join(
        f"<xs:import{_named(space)} schemaLocation={quoteattr(url_of(spot))}/>"
        for space, spots in closure.entries.items()
        for spot in spots
    )
    (place / _DRIVER).write_text(
        f'<xs:schema xmlns:xs="{XSD}" targetNamespace="urn:x-amtsweg:driver">'
        f"{imports}</xs:schema>",
        encoding="utf-8",
    )


def _named(space: str) -> str:
    return f" namespace={quoteattr(space)}" if space else ""


def opinion(schema: xmlschema.XMLSchema, document: bytes) -> bool:
    """Its verdict; what it cannot read it does not take."""
    try:
        return bool(schema.is_valid(document.decode("utf-8-sig"), use_defaults=False))
    except (xmlschema.XMLSchemaException, SyntaxError, ValueError, RecursionError):
        return False
