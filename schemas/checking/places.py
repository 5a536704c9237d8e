"""Where a finding is: paths that use the pack's words and never the document's."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, cast

from lxml import etree

_STEP: Final = re.compile(r"([^/\[\]]+)(\[\d+\])?")
_SAFE_NAME: Final = re.compile(r"[\w.:·-]+|\*")
_LONG: Final = 500
_BIG_LINE: Final = 65_535
"""libxml2 counts lines of elements no further."""


def node_at(root: etree._Element, path: str | None) -> tuple[etree._Element, str]:
    """The element of a path as libxml2 writes it, and the attribute meant or "".

    Such a path has the document's prefixes, and ``*`` where there is none; names
    are compared as they stand, so that no prefix need be looked up.
    """
    steps = [step for step in (path or "").split("/") if step]
    attribute = ""
    if steps and steps[-1].startswith("@"):
        attribute = steps.pop()[1:]
    expression = "".join(map(_by_name, steps))
    if not expression or not all(map(_STEP.fullmatch, steps)):
        return root, attribute
    found: Any = root.getroottree().xpath(expression)
    return found[0] if found else root, attribute


def _by_name(step: str) -> str:
    name, _, position = step.partition("[")
    position = f"[{position}" if position else ""
    if name == "*" or not _SAFE_NAME.fullmatch(name):
        return f"/*{position}"
    return f"/*[name()='{name}']{position}"


def xpath_of(
    element: etree._Element, vocabulary: frozenset[str], attribute: str = ""
) -> str:
    """``/antrag.0100/person[2]/geburtsdatum``; ``*`` for what the pack has no word for.

    A position counts what its step names: brothers of that name, or all.
    """
    plain = element.getroottree().getpath(element)
    remembered = _in_words if len(plain) < _LONG else _in_words.__wrapped__
    path = remembered(plain, vocabulary) or _counted(element, vocabulary)
    if attribute:
        local = attribute.rpartition("}")[2].rpartition(":")[2]
        return f"{path}/@{local if local in vocabulary else '*'}"
    return path


@lru_cache(maxsize=2048)
def _in_words(plain: str, vocabulary: frozenset[str]) -> str:
    """libxml2's own path, which is quick; "" where it does not show our words.

    It writes ``*`` in a default namespace, and positions then count all brothers.
    """
    steps = [""]
    for step in plain[1:].split("/"):
        local = step.rpartition(":")[2]
        if local.partition("[")[0] not in vocabulary:
            return ""
        steps.append(local)
    return "/".join(steps)


def _counted(element: etree._Element, vocabulary: frozenset[str]) -> str:
    steps = [_step(element, vocabulary)]
    steps += [_step(one, vocabulary) for one in element.iterancestors()]
    return "/" + "/".join(reversed(steps))


def local_name(element: etree._Element, vocabulary: frozenset[str]) -> str:
    """Its name where the pack has the word; "" otherwise."""
    local = etree.QName(element).localname
    return local if local in vocabulary else ""


def _step(element: etree._Element, vocabulary: frozenset[str]) -> str:
    local = local_name(element, vocabulary)
    parent = element.getparent()
    if parent is None:
        return local or "*"
    wanted = f"{{*}}{local}" if local else "{*}*"
    before = sum(1 for _ in element.itersiblings(wanted, preceding=True))
    if not before and next(element.itersiblings(wanted), None) is None:
        return local or "*"
    return f"{local or '*'}[{before + 1}]"


def line_of(element: etree._Element) -> int:
    """Where its start tag is; 0 where libxml2 did not count so far."""
    # A property; the stubs leave its type open.
    return sure_line(cast("int | None", element.sourceline))


def sure_line(number: int | None) -> int:
    """A line that can be relied on; 0 where there is none."""
    return number if number is not None and 0 < number < _BIG_LINE else 0


def pointer(steps: Iterable[str | int], vocabulary: frozenset[str]) -> str:
    """A JSON pointer (RFC 6901) with ``*`` for unknown names."""
    return "".join(
        f"/{step}" if isinstance(step, int) else f"/{_escaped(step, vocabulary)}"
        for step in steps
    )


def _escaped(name: str, vocabulary: frozenset[str]) -> str:
    if name not in vocabulary:
        return "*"
    return name.replace("~", "~0").replace("/", "~1")
