"""Variables of one pattern under names of its own, where others use the same."""

import re
from collections import Counter
from typing import Final

from lxml import etree

from schemas.schematron.names import SCH

_EXPRESSIONS: Final = ("context", "test", "select", "value")
# Texts and comments are skipped as wholes; a variable in them is none.
_TOKEN: Final = re.compile(
    r"""'[^']*'|"[^"]*"|\(:.*?:\)|\$\s*(?P<name>[A-Za-z_][\w.\-]*)(?!:)""", re.DOTALL
)


def make_unique(patterns: list[etree._Element]) -> None:
    """``let`` of a pattern is seen in it alone; in XSLT they share one space."""
    count = Counter(name for one in patterns for name in _lets(one))
    for number, pattern in enumerate(patterns, 1):
        renamed = {
            name: f"{name}..{number}" for name in _lets(pattern) if count[name] > 1
        }
        if renamed:
            _rename(pattern, renamed)


def _lets(pattern: etree._Element) -> set[str]:
    return {one.get("name", "") for one in pattern.iterchildren(f"{SCH}let")}


def _rename(pattern: etree._Element, renamed: dict[str, str]) -> None:
    def rename(found: re.Match[str]) -> str:
        name = found["name"]
        return f"${renamed[name]}" if name in renamed else found[0]

    for one in pattern.iter(etree.Element):
        for key in _EXPRESSIONS:
            if key in one.attrib:
                one.set(key, _TOKEN.sub(rename, one.get(key, "")))
        if one.tag == f"{SCH}let" and one.get("name") in renamed:
            one.set("name", renamed[one.get("name", "")])
