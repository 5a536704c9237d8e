"""Reading where a text comes from: fields with their conversions, and the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from schemas.mapping.conversions import plain_text, to_text
from schemas.mapping.form_map import (
    AsAmount,
    AsCode,
    AsDate,
    AsInteger,
    AsText,
    AsYesNo,
    Constant,
    Conversion,
    FieldName,
    FromField,
    FromOutside,
    Identity,
    Joined,
    Listed,
    Numbered,
    Part,
    Reference,
    Shape,
    Source,
    Spacing,
    Split,
    Table,
    Written,
)
from schemas.mapping.map_keys import MapKeys
from schemas.mapping.problems import Mistake

Chain = tuple[Listed | Numbered, ...]
"""The repetitions around a place, the outermost first."""

NAME: Final = re.compile(r"[^\W\d][\w.\-]*")
"""What XML takes as a name without a prefix."""
SOURCES: Final = ("field", "join", "constant", "given", "id", "ref")
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_MAX_PLACES: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceReader:
    """Knows the tables and the shape of the form."""

    shape: Shape
    tables: Mapping[str, Table]

    def source(self, keys: MapKeys, chain: Chain) -> Source | None:
        """The one source an object names; None where it names none."""
        named = [name for name in SOURCES if name in keys]
        for name in named[1:]:
            keys.wrong(
                name,
                f"There is `{named[0]}` already.",
                "Keep one of both: a text comes from one place.",
            )
        match named[:1]:
            case ["field"]:
                return self.field(keys, chain)
            case ["join"]:
                return self._joined(keys, chain)
            case ["constant"]:
                return Constant(text=plain(keys, "constant", keys.text("constant")))
            case ["given"]:
                return FromOutside(name=keys.text("given"))
            case ["id"]:
                return Identity(name=_name(keys, "id"))
            case ["ref"]:
                return Reference(name=_name(keys, "ref"))
            case _:
                return None

    def field(self, keys: MapKeys, chain: Chain) -> FromField:
        """A form field with what is done to its text."""
        name = self.name(keys, "field", chain)
        found = FromField(
            name=name,
            conversion=self._conversion(keys),
            split=_split(keys.inner("split")) if "split" in keys else None,
            label=keys.text("label", ""),
        )
        default = plain(keys, "default", keys.text("default", ""))
        if default and isinstance(to_text(found.conversion, default), Mistake):
            keys.wrong(
                "default",
                "The field could not be filled in like this.",
                "Write it as a person would fill it in.",
            )
        return replace(found, default=default)

    def name(self, keys: MapKeys, key: str, chain: Chain) -> FieldName:
        """The name of a field that stands at ``key``."""
        text = keys.text(key, "") if key in keys else keys.text(key)
        in_list = any(isinstance(one, Listed) for one in chain)
        if not text and not in_list:
            keys.wrong(
                key,
                "No field is named.",
                'Write its name; "" means the entry of a list, inside of one.',
            )
        if self.shape is Shape.FLAT:
            self._know_variables(keys, key, text, chain)
            return FieldName(steps=(text,) if text else (), from_top=bool(text))
        from_top = text.startswith("/") or not in_list
        bare = text.removeprefix("/")
        steps = tuple(
            step.replace("~1", "/").replace("~0", "~") for step in bare.split("/")
        )
        return FieldName(steps=steps if bare else (), from_top=from_top)

    def _know_variables(self, keys: MapKeys, key: str, text: str, chain: Chain) -> None:
        bound = {one.variable for one in chain if isinstance(one, Numbered)}
        for variable in _VARIABLE.findall(text):
            if variable not in bound:
                keys.wrong(
                    key,
                    f"Nothing counts `{{{variable}}}` here.",
                    f'Write "each": {{"number": "{variable}"}} '
                    "at an element around it.",
                )

    def _joined(self, keys: MapKeys, chain: Chain) -> Joined:
        fields = []
        for part in keys.objects("join"):
            fields.append(self.field(part, chain))
            part.finish()
        if not fields:
            keys.wrong("join", "Nothing is joined.", 'Write [{"field": "…"}, …].')
        return Joined(fields=tuple(fields), separator=keys.text("with", " "))

    def _conversion(self, keys: MapKeys) -> Conversion:
        match keys.text("as", Spacing.KEPT.value):
            case "date":
                kinds = (Written.GERMAN, Written.PLAIN)
                return AsDate(written=keys.choice("written", kinds, Written.GERMAN))
            case "amount":
                places = keys.number("places", default=2, most=_MAX_PLACES)
                written = keys.choice("written", tuple(Written), Written.GERMAN)
                return AsAmount(written=written, places=places)
            case "integer":
                written = keys.choice("written", tuple(Written), Written.GERMAN)
                return AsInteger(written=written)
            case "yes-no":
                return AsYesNo(
                    yes=_word(keys, "yes", default="ja"),
                    no=_word(keys, "no", default="nein"),
                )
            case "code":
                return AsCode(table=self._table(keys))
            case word:
                for spacing in Spacing:
                    if word == spacing.value:
                        return AsText(spacing=spacing)
        keys.wrong(
            "as",
            "There is no such conversion.",
            "Use text, line, compact, date, amount, integer, yes-no or code.",
        )
        return AsText()

    def _table(self, keys: MapKeys) -> Table:
        name = keys.text("table")
        if name and name not in self.tables:
            known = ", ".join(f"`{one}`" for one in sorted(self.tables)) or "none"
            keys.wrong(
                "table",
                "There is no such table.",
                f"Add it to `tables` at the top; there are: {known}.",
            )
        return self.tables.get(name, Table(codes={}))


def _split(keys: MapKeys) -> Split:
    part = keys.choice("part", tuple(Part), Part.FIRST)
    at = keys.text("at", " ")
    if not at:
        keys.wrong("at", "`at` is empty.", "Write the text between the pieces.")
    keys.finish()
    return Split(part=part, at=at or " ")


def _word(keys: MapKeys, name: str, *, default: str) -> str | bool:
    found = keys.take(name, default)
    if isinstance(found, bool):
        return found
    return plain(keys, name, keys.text(name, default))


def _name(keys: MapKeys, key: str) -> str:
    name = keys.text(key)
    if name and not NAME.fullmatch(name):
        keys.wrong(
            key,
            "An id cannot be called like this.",
            "Begin with a letter, go on with letters, digits, `-`, `_` and `.`.",
        )
    return name


def plain(keys: MapKeys, key: str, text: str) -> str:
    """As a form's text would be taken: with the same letters as those it meets."""
    plain = plain_text(text)
    if isinstance(plain, Mistake):
        keys.wrong(key, "XML does not allow one of the characters.", "Leave it out.")
        return ""
    return plain
