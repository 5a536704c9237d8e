"""Packs whose schemas import each other, and what becomes of them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.compiled import CompiledPack
from schemas.packs.library import PackLibrary
from tests.unit.packs.making import (
    ROOT,
    SPACE,
    TINY,
    importing,
    make_pack,
    xsd,
)

OTHER = "urn:example:other"
THIRD = "urn:example:third"
URL = "https://schemas.example/other.xsd"
TYPE = '<xs:simpleType name="{}"><xs:restriction base="xs:string"/></xs:simpleType>'
USING = '<xs:element name="wort" type="o:kurz"/>'
WORT = f'<wort xmlns="{SPACE}">x</wort>'


def using(location: str, body: str = USING) -> str:
    """A schema that imports and uses a type of the other namespace."""
    return xsd(importing(location) + ROOT + body, spaces={"o": OTHER})


def other(*names: str, before: str = "") -> str:
    """The schema of the other namespace, with these types."""
    types = "".join(TYPE.format(name) for name in names)
    return xsd(before + types, space=OTHER)


def compiled(place: Path, files: Mapping[str, str | bytes]) -> CompiledPack:
    make_pack(place, files=files)
    return PackLibrary([place]).compiled(TINY.key)


def reason(place: Path, files: Mapping[str, str | bytes]) -> str:
    with pytest.raises(PackBroken) as caught:
        compiled(place, files)
    return caught.value.detail


def accepts(pack: CompiledPack, document: str) -> bool:
    with pack.schema() as schema:
        return schema.validate(etree.fromstring(document))
