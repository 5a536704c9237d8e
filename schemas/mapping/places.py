"""Which form field an element of the built XML came from."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from schemas.findings import Finding

_FIRST: Final = re.compile(r"\[1\](?=/|$)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """An element or an attribute of it, and the field behind it."""

    element: etree._Element
    attribute: str
    """Local name; "" = the element's text."""
    field: str


def field_table(root: etree._Element, origins: Iterable[Origin]) -> Mapping[str, str]:
    """Path → field, with paths as the check writes them, but without ``[1]``."""
    wanted: dict[etree._Element, list[Origin]] = {}
    for origin in origins:
        wanted.setdefault(origin.element, []).append(origin)
    table: dict[str, str] = {}
    waiting = [(root, f"/{_local(root)}")]
    while waiting:
        element, path = waiting.pop()
        for origin in wanted.get(element, ()):
            table[f"{path}/@{origin.attribute}" if origin.attribute else path] = (
                origin.field
            )
        counted: dict[str, int] = {}
        for child in element:
            local = _local(child)
            counted[local] = number = counted.get(local, 0) + 1
            position = f"[{number}]" if number > 1 else ""
            waiting.append((child, f"{path}/{local}{position}"))
    return table


def field_of(fields: Mapping[str, str], path: str) -> str:
    """The field behind a finding's path: of the place, or of what is around it.

    "" where no single field is behind it, for instance where an element is missing
    from the top of the document.
    """
    at = _FIRST.sub("", path)
    while at:
        if at in fields:
            return fields[at]
        at = at.rpartition("/")[0]
    return ""


def in_form_words(finding: Finding, fields: Mapping[str, str]) -> Finding:
    """The same finding with the form's field for its path, where there is one."""
    field = field_of(fields, finding.path)
    if not field:
        return finding
    return replace(
        finding,
        path=field,
        line=0,
        german=f"Angabe „{field}“: {finding.german}",
        english=f"Form field {field}: {finding.english}",
    )


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
