"""Texts with placeholders, of which there is a fixed list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final, TypeAlias
from urllib.parse import quote

PLACEHOLDERS: Final = frozenset(
    {"case_number", "delivery_id", "received_at", "service", "tracking_id"}
)
ASKING: Final = frozenset({"delivery_id"})
"""Whoever asks for a receipt knows the delivery id and nothing else."""
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """Literal texts, each followed by a placeholder ("" = by none)."""

    parts: tuple[tuple[str, str], ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with the values in their places."""
        return "".join(
            literal + (values[name] if name else "") for literal, name in self.parts
        )

    @property
    def literal(self) -> str:
        """What stands in it whatever the values are."""
        return "".join(literal for literal, _ in self.parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """Why a text is no template, and what to do."""

    sentence: str
    remedy: str


Parsed: TypeAlias = Template | Flaw


def parse_text(text: str, allowed: frozenset[str] = PLACEHOLDERS) -> Parsed:
    """Any text; ``{{`` and ``}}`` stand for the braces themselves."""
    try:
        found = list(Formatter().parse(text))
    except ValueError:
        return Flaw(
            sentence="A brace is open or closed alone.",
            remedy="Write `{{` and `}}` for braces that are meant as such.",
        )
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    for _, name, form, conversion in found:
        if name is not None and (name not in allowed or form or conversion):
            return Flaw(
                sentence="There is no such placeholder.", remedy=f"Use one of {names}."
            )
    return Template(parts=tuple((text, name or "") for text, name, _, _ in found))


def parse_header(text: str) -> Parsed:
    """A header's value: visible ASCII, so that it can never end its line."""
    parsed = parse_text(text)
    match parsed:
        case Template() if not is_header_value(parsed.literal) or text != text.strip():
            return Flaw(
                sentence="A header holds visible ASCII characters only.",
                remedy="Remove line breaks, umlauts and outer spaces.",
            )
        case _:
            return parsed


def parse_path(text: str, allowed: frozenset[str] = PLACEHOLDERS) -> Parsed:
    """A path below the base address, with a query if need be."""
    parsed = parse_text(text, allowed)
    if isinstance(parsed, Flaw):
        return parsed
    segments = parsed.literal.partition("?")[0].split("/")
    if not _PATH.fullmatch(parsed.literal) or {".", ".."} & set(segments):
        return Flaw(
            sentence="This is no path of a web address.",
            remedy="Begin with `/`; percent-encode what is neither letter nor digit.",
        )
    return parsed


def is_header_value(text: str) -> bool:
    """Whether the text can stand in a header line without ending it."""
    return _PRINTABLE.fullmatch(text) is not None


def fill_path(template: Template, values: Mapping[str, str]) -> str:
    """The path with percent-encoded values: none of them can leave its segment."""
    return template.fill({name: quote(v, safe="") for name, v in values.items()})
