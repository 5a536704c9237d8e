"""A pack whose business rules may take for ever, or all memory: as a document asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Final

from flows.checking.orders import RulesCheck
from schemas.checking.policy import CheckPolicy
from schemas.packs.library import PackLibrary
from schemas.packs.manifest import Rules
from schemas.schematron.compiler import compile_schematron
from tests.unit.packs.making import SPACE, TINY, make_pack, xsd
from tests.unit.schematron.trying import nothing_there, schematron

DAY: Final = date(2026, 5, 1)
POLICY: Final = CheckPolicy()
ENDLESS: Final = "endless"
GREEDY: Final = "greedy"
LOUD: Final = "loud"
_RULES: Final = f"""<sch:ns prefix="t" uri="{SPACE}"/>
<sch:pattern><sch:rule context="t:antrag">
  <sch:assert id="SUM" test="number(@summe) = sum(t:betrag)">Die Summe stimmt
    nicht: <sch:value-of select="@summe"/>.</sch:assert>
  <sch:assert id="ENDLESS" test="not(@nummer = '{ENDLESS}')
    or (every $n in 1 to 1000000000, $m in 1 to 1000 satisfies $n + $m gt 0)"/>
  <sch:assert id="GREEDY" test="not(@nummer = '{GREEDY}')
    or count(distinct-values(for $n in 1 to 1000000000 return string($n))) = 0"/>
  <sch:assert id="LOUD" test="not(@nummer = '{LOUD}') or error((), @name)"/>
</sch:rule></sch:pattern>"""
_BODY: Final = """<xs:element name="antrag"><xs:complexType><xs:sequence>
  <xs:element name="betrag" type="xs:decimal" maxOccurs="unbounded"/></xs:sequence>
  <xs:attribute name="nummer"/><xs:attribute name="name"/>
  <xs:attribute name="summe" type="xs:decimal"/>
</xs:complexType></xs:element>"""


def heavy_pack(place: Path) -> Path:
    source = schematron(_RULES)
    return make_pack(
        place,
        files={
            "xsd/tiny.xsd": xsd(_BODY),
            "sch/tiny.sch": source,
            "sch/tiny.xsl": compile_schematron(source, resolve=nothing_there),
        },
        schematron=(Rules(source="sch/tiny.sch", stylesheet="sch/tiny.xsl"),),
    )


KEY: Final = TINY.key


def antrag(
    number: str = "1", *, summe: str = "3", count: int = 3, name: str = "Erika"
) -> bytes:
    amounts = "<betrag>1</betrag>" * count
    return (
        f'<antrag xmlns="{SPACE}" nummer="{number}" summe="{summe}" name="{name}">'
        f"{amounts}</antrag>"
    ).encode()


async def pieces(document: bytes, size: int = 300_000) -> AsyncIterator[bytes]:
    for start in range(0, len(document), size):
        yield document[start : start + size]


def order(place: Path, limit: float = 30.0) -> RulesCheck:
    entry = PackLibrary([place]).entry(KEY)
    assert entry is not None
    return RulesCheck(pack=entry.ref, limit=limit)


def is_there(pid: int) -> bool:
    """A child that has ended and was not asked for yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.02)
