"""Where an assertion was not fulfilled: from a stylesheet's XPath to a line and a path.

Stylesheets write places in several manners, and names and conditions in them come
from the document. What leaves here is made anew, of words that the pack knows.
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


def line_of(root: etree._Element, steps: Iterable[Step]) -> int:
    """Of the element that the steps lead to; 0 where they lead nowhere."""
    candidates: Iterable[etree._Element] = (root,)
    here: etree._Element | None = None
    for step in steps:
        if step.is_attribute:
            break
        here = _nth(candidates, step)
        if here is None:
            return 0
        candidates = here.iterchildren(etree.Element)
    # The stubs know no number in it.
    line: object = None if here is None else here.sourceline
    return line if isinstance(line, int) else 0


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


def path_of(steps: Iterable[Step], vocabulary: frozenset[str]) -> str:
    """Local names; ``*`` for those that the pack does not know."""
    return "".join(_shown(step, vocabulary) for step in steps)


def _shown(step: Step, vocabulary: frozenset[str]) -> str:
    name = step.name if step.name in vocabulary else _UNKNOWN
    if step.is_attribute:
        return f"/@{name}"
    return f"/{name}" if step.position == 1 else f"/{name}[{step.position}]"
