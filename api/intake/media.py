"""Header values with parameters: Content-Type and Content-Disposition."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE: Final = re.compile(rf"[ \t]*({_NAME}(?:/{_NAME})?)[ \t]*")
_PARAMETER: Final = re.compile(
    rf';[ \t]*({_NAME})=(?:({_NAME})|"((?:[^"\\]|\\.)*)")[ \t]*', re.DOTALL
)
_QUOTED_PAIR: Final = re.compile(r'\\(["\\])')
_MEDIA_TYPE: Final = re.compile(rf"{_NAME}/{_NAME}")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_LONGEST: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderValue:
    """``value; name=parameter``, value and names in lower case."""

    value: str
    parameters: Mapping[str, str]

    def is_media_type(self) -> bool:
        """Whether the value is a type and a subtype of a sane length."""
        return len(self.value) <= _LONGEST and bool(_MEDIA_TYPE.fullmatch(self.value))


def parse_header_value(text: str) -> HeaderValue | None:
    """Read it strictly; None where it breaks the grammar or repeats a name."""
    head = _VALUE.match(text)
    if head is None:
        return None
    parameters: dict[str, str] = {}
    position = head.end()
    while position < len(text) and text[position:].strip("; \t"):
        found = _PARAMETER.match(text, position)
        if found is None or found[1].lower() in parameters:
            return None
        quoted = found[3]
        parameters[found[1].lower()] = (
            found[2] if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
        )
        position = found.end()
    return HeaderValue(value=head[1].lower(), parameters=parameters)


def is_boundary(text: str) -> bool:
    """Whether RFC 2046 (section 5.1.1) allows this as a multipart boundary."""
    return bool(_BOUNDARY.fullmatch(text))
