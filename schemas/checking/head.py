"""Where a message says of itself what it is: values by paths over local names."""

import re
from functools import lru_cache
from typing import Final

from lxml import etree

_LOCAL: Final = re.compile(r"\*\[local-name\(\)\s*=\s*['\"]([^'\"]+)['\"]\]")


def head_value(root: etree._Element, path: str) -> str:
    """The text of the first element or attribute there; "" where there is none.

    ``a/b/@c`` starts below the root, ``/a/b`` with it; prefixes do not count.
    """
    is_absolute, steps, attribute = _steps(path)
    names = list(steps)
    if is_absolute and names and names.pop(0) not in {_ANY, _tag_of(root)}:
        return ""
    node = root
    for name in names:
        # Ends in C at the first that fits: a head stands in front.
        below = next(node.iterchildren(name), None)
        if below is None:
            return ""
        node = below
    return _attribute(node, attribute) if attribute else (node.text or "").strip()


_ANY: Final = "{*}*"
_qualified: Final = etree.XPath("string(@*[local-name() = $name])", smart_strings=False)


def _tag_of(root: etree._Element) -> str:
    return "{*}" + etree.QName(root).localname


def _attribute(node: etree._Element, name: str) -> str:
    plain = node.get(name)
    if plain is not None:
        return plain.strip()
    # In C: asking for 100,000 attributes one after the other took a minute.
    return str(_qualified(node, name=name)).strip()


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[bool, tuple[str, ...], str]:
    """Whether it starts at the root, the elements on the way, and the attribute."""
    plain = _LOCAL.sub(r"\1", path).strip()
    parts = [part for part in plain.split("/") if part not in {"", "."}]
    attribute = ""
    if parts and parts[-1].startswith("@"):
        attribute = parts.pop()[1:].rpartition(":")[2]
    names = tuple("{*}" + part.rpartition(":")[2] for part in parts)
    return plain.startswith("/"), names, attribute
