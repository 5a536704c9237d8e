"""Where an assertion was not fulfilled: from a stylesheet's XPath to the element.

Stylesheets write places in several manners, with names and conditions that come from
the document. So they are only read, and never shown.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lxml import etree

_STEP: Final = re.compile(
    r"""/(?P<attribute>@?)
    (?:Q\{(?P<uri>[^{}]*)\}|\*:|[\w.\-]+:)?
    (?P<name>\*|[\w.\-]+)
    (?P<conditions>(?:\[(?:'[^']*'|"[^"]*"|[^\]'"])*\])*)""",
    re.VERBOSE,
)
_LOCAL_NAME: Final = re.compile(r"""local-name\(\.?\)\s*=\s*(['"])(.*?)\1""")
_NAMESPACE: Final = re.compile(r"""namespace-uri\(\.?\)\s*=\s*(['"])(.*?)\1""")
_POSITION: Final = re.compile(r"\[\s*(?:position\(\)\s*=\s*)?([1-9]\d{0,8})\s*\]")
_UNKNOWN: Final = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One name on the way from the root."""

    name: str
    uri: str | None
    """None where the stylesheet does not say."""
    position: int
    is_attribute: bool


def steps_of(place: str) -> tuple[Step, ...]:
    """Empty for what is no such path."""
    found: list[Step] = []
    end = 0
    while end < len(place):
        match = _STEP.match(place, end)
        if match is None:
            return ()
        found.append(_step(match))
        end = match.end()
    return tuple(found)


def _step(found: re.Match[str]) -> Step:
    conditions = found["conditions"]
    name, uri = found["name"], found["uri"]
    if (said := _LOCAL_NAME.search(conditions)) and name == _UNKNOWN:
        name = said[2]
    if (said := _NAMESPACE.search(conditions)) and uri is None:
        uri = said[2]
    position = _POSITION.search(conditions)
    return Step(
        name=name,
        uri=uri,
        position=int(position[1]) if position else 1,
        is_attribute=bool(found["attribute"]),
    )


def element_at(root: etree._Element, steps: Iterable[Step]) -> etree._Element | None:
    """The element that the steps lead to; None where they lead nowhere."""
    candidates: Iterable[etree._Element] = (root,)
    here: etree._Element | None = None
    for step in steps:
        if step.is_attribute:
            break
        here = _nth(candidates, step)
        if here is None:
            return None
        candidates = here.iterchildren(etree.Element)
    return here


def _nth(elements: Iterable[etree._Element], step: Step) -> etree._Element | None:
    left = step.position
    for one in elements:
        uri, _, name = str(one.tag).rpartition("}")
        if step.name not in {_UNKNOWN, name}:
            continue
        if step.uri is not None and uri.removeprefix("{") != step.uri:
            continue
        left -= 1
        if not left:
            return one
    return None
