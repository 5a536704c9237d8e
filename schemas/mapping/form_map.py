"""What a map says: a tree of elements, and where the text of each comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from schemas.packs.manifest import Form


class Shape(Enum):
    """How a form names its fields."""

    FLAT = "flat"
    """Names and values; what repeats has its number in the name."""
    NESTED = "nested"
    """Objects and lists within each other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldName:
    """A field of the form, seen from where the map stands."""

    steps: tuple[str, ...]
    """Keys from the top, or from the entry of a list; flat: a single one."""
    from_top: bool


class Written(Enum):
    """How a form writes dates and numbers."""

    GERMAN = "german"
    """24.12.2025 and 1.234,50."""
    PLAIN = "plain"
    """2025-12-24 and 1234.50."""
    NUMBER = "number"
    """A number of JSON."""


class Spacing(Enum):
    """What happens to blanks within a text; those around it always go."""

    KEPT = "text"
    SINGLE = "line"
    """Every run of blanks and line ends becomes one blank."""
    NONE = "compact"
    """All go: for an IBAN that was typed in groups."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AsText:
    """As it is, in NFC."""

    spacing: Spacing = Spacing.KEPT


@dataclass(frozen=True, kw_only=True, slots=True)
class AsDate:
    """A day, as XML writes it."""

    written: Written


@dataclass(frozen=True, kw_only=True, slots=True)
class AsAmount:
    """An exact decimal number with this many places."""

    written: Written
    places: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AsInteger:
    """A whole number."""

    written: Written


@dataclass(frozen=True, kw_only=True, slots=True)
class AsYesNo:
    """``true`` or ``false``; the two are what the form says for them."""

    yes: str | bool
    no: str | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What a form says → the code for it."""

    codes: Mapping[str, str]
    """Empty: the form says the code itself."""
    list_uri: str = ""
    list_version: str = ""
    element: str = ""
    """Child that holds the code, in Clark's notation; "" = the element itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AsCode:
    """A code from a table."""

    table: Table


Conversion: TypeAlias = AsText | AsDate | AsAmount | AsInteger | AsYesNo | AsCode


class Part(Enum):
    """Which piece of a text that is split at a separator."""

    FIRST = "first"
    AFTER_FIRST = "after-first"
    BEFORE_LAST = "before-last"
    LAST = "last"

    @property
    def other(self) -> "Part":
        """The piece that makes it whole again."""
        return _OTHERS[self]


_OTHERS = {
    Part.FIRST: Part.AFTER_FIRST,
    Part.AFTER_FIRST: Part.FIRST,
    Part.BEFORE_LAST: Part.LAST,
    Part.LAST: Part.BEFORE_LAST,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """One piece of a field's text."""

    part: Part
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FromField:
    """The text of a form field."""

    name: FieldName
    conversion: Conversion
    split: Split | None = None
    default: str = ""
    """Taken where the field is empty, written as the form would; "" = none."""
    label: str = ""
    """What people call it; "" = its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """Several fields in one text; those that are empty leave no separator."""

    fields: tuple[FromField, ...]
    separator: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """The same in every document."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FromOutside:
    """What the caller gives: see ``Given``."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """An id for references within the document; repetitions add their numbers."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """The id of this name, of the same repetition."""

    name: str


Source: TypeAlias = FromField | Joined | Constant | FromOutside | Identity | Reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """An attribute, its name in Clark's notation."""

    name: str
    source: Source
    optional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """Once for every entry of a list in the form."""

    name: FieldName
    least: int = 0
    most: int = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """Once for every number that stands for ``{variable}`` in names of fields."""

    variable: str
    least: int = 0
    most: int = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """Only where the field says one of these."""

    name: FieldName
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """An element of the XML to build, its name in Clark's notation."""

    name: str
    source: Source | None = None
    attributes: tuple[Attribute, ...] = ()
    children: tuple["Element", ...] = ()
    optional: bool = False
    """Left out where no field below it is filled."""
    each: Listed | Numbered | None = None
    when: When | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeMap:
    """A declarative map: the XML as a tree with gaps for the form's fields."""

    form: Form
    shape: Shape
    root: Element
    namespaces: Mapping[str, str]
    """Prefix → namespace; "" is that of names without a prefix."""
    ignored: tuple[str, ...] = ()
    """Fields that a form has and nobody needs: buttons, tokens, consents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StylesheetMap:
    """A map that is an XSLT 1.0; to be applied only where time can be limited."""

    form: Form
    forward: bytes = field(repr=False)
    back: bytes = field(default=b"", repr=False)
    """b"" = there is no way back."""


FormMap: TypeAlias = TreeMap | StylesheetMap


def elements(top: Element) -> Iterator[Element]:
    """An element and all below it, in the order of the document."""
    yield top
    for child in top.children:
        yield from elements(child)


def sources(one: Element) -> Iterator[Source]:
    """Where the text and the attributes of this element come from."""
    if one.source:
        yield one.source
    yield from (attribute.source for attribute in one.attributes)


def form_fields(source: Source) -> tuple[FromField, ...]:
    """The form fields a source uses."""
    match source:
        case FromField():
            return (source,)
        case Joined(fields=fields):
            return fields
        case _:
            return ()
