"""The texts of a form where a map asks for them, and what nobody asked for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from schemas.mapping.conversions import plain_text, to_text
from schemas.mapping.form_data import (
    Form,
    FormValue,
    Steps,
    is_empty,
    leaves,
    look_up,
    named,
)
from schemas.mapping.form_map import (
    Element,
    FieldName,
    FromField,
    Identity,
    Joined,
    Listed,
    Numbered,
    Part,
    Shape,
    Split,
    TreeMap,
    sources,
)
from schemas.mapping.map_rules import absolute, elements_with_chain, fields_with_chain
from schemas.mapping.numbering import Numbering, pattern_of, with_numbers
from schemas.mapping.problems import MapProblem, Mistake, invalid, missing, unused


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Where in its repetitions a building stands."""

    base: Steps = ()
    """The entry of a list that names without a leading slash start from."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    counts: tuple[int, ...] = ()
    """One number for each repetition around, from 1."""

    def steps(self, name: FieldName) -> Steps:
        """The field's path from the top of the form."""
        steps = name.steps
        if self.numbers and name.from_top and len(steps) == 1:
            steps = (with_numbers(steps[0], self.numbers),)
        return steps if name.from_top else (*self.base, *steps)

    def numbered_name(self, name: str, depth: int | None = None) -> str:
        """An id of this name: ``kind-2`` for the second, ``kind-2-1`` within it."""
        return "-".join((name, *map(str, self.counts[:depth])))


class TextOf:
    """Looks fields up, notes what is wrong, and remembers what was looked at."""

    def __init__(self, found: TreeMap, form: Form) -> None:
        self._map = found
        self._form = form
        self._seen: set[Steps] = set()
        self._depths = dict(_depths(found))
        self._numbering = Numbering(_flat_names(found), form)
        self.problems: list[MapProblem] = []

    def depth_of(self, identity: str) -> int:
        """Around how many repetitions deep the element with this id stands."""
        return self._depths[identity]

    def name(self, name: FieldName, scope: Scope) -> str:
        """The field as the form's people name it."""
        return named(scope.steps(name), self._map.shape)

    def word(self, name: FieldName, scope: Scope) -> str:
        """The plain text of a field; "" where there is none."""
        text = plain_text(self._value(name, scope))
        return text if isinstance(text, str) else ""

    def is_filled(self, one: FromField, scope: Scope) -> bool:
        """Whether a person filled the field in; a default does not count."""
        value = self._value(one.name, scope)
        text = plain_text(value) if one.split else ""
        if one.split and isinstance(text, str):
            return bool(piece(text, one.split))
        return not is_empty(value)

    def required(self, one: FromField, scope: Scope) -> str:
        """The field's text as XML has it; "" with a problem where there is none."""
        text = self._text(one, scope)
        if not text and text is not None:
            label = self._label(one, scope)
            self.problems.append(missing(self.name(one.name, scope), label))
        return text or ""

    def joined(self, source: Joined, scope: Scope) -> str:
        """The filled ones of several fields in one text."""
        texts = [self._text(one, scope) for one in source.fields]
        whole = source.separator.join(text for text in texts if text)
        if not whole and None not in texts:
            first = source.fields[0]
            label = self._label(first, scope)
            self.problems.append(missing(self.name(first.name, scope), label))
        return whole

    def repetitions(
        self, one: Element, scope: Scope, *, quietly: bool = False
    ) -> tuple[Scope, ...]:
        """One scope for each time the element is there."""
        each = one.each
        if each is None:
            return (scope,)
        found: tuple[Scope, ...]
        match each:
            case Listed(name=name):
                field_name = self.name(name, scope)
                found = tuple(self._entries(name, scope, quietly=quietly))
            case Numbered(variable=variable):
                field_name = self._numbering.first_field(variable, scope.numbers)
                found = tuple(
                    Scope(
                        base=scope.base,
                        numbers={**scope.numbers, variable: number},
                        counts=(*scope.counts, number),
                    )
                    for number in self._numbering.numbers(variable, scope.numbers)
                )
            case _:
                assert_never(each)
        if not quietly and len(found) > each.most:
            self.problems.append(invalid(field_name, "", Mistake.TOO_MANY))
        if not quietly and len(found) < each.least:
            self.problems.append(missing(field_name, ""))
        return found[: each.most]

    def unused(self) -> tuple[str, ...]:
        """Every field that was filled in and is neither taken nor ignored."""
        ignored = set(self._map.ignored)
        shape, found = self._map.shape, dict[str, None]()
        for steps in leaves(self._form):
            around = [steps[: end + 1] for end in range(len(steps))]
            if self._seen.isdisjoint(around) and ignored.isdisjoint(
                named(one, shape).removeprefix("/") for one in around
            ):
                found[named(steps, shape)] = None
        return tuple(found)

    def leftovers(self) -> tuple[MapProblem, ...]:
        """A warning for each of them; names that no map has are not repeated."""
        patterns = set(_patterns(self._map))
        shown = dict.fromkeys(
            name if any(re.fullmatch(one, name) for one in patterns) else "*"
            for name in self.unused()
        )
        return tuple(unused(name) for name in shown)

    def _value(self, name: FieldName, scope: Scope) -> FormValue:
        steps = scope.steps(name)
        self._seen.add(steps)
        return look_up(self._form, steps)

    def _text(self, one: FromField, scope: Scope) -> str | None:
        """None where the field holds what cannot be taken, which is noted."""
        value = self._value(one.name, scope)
        if is_empty(value):
            value = one.default
        elif one.split:
            text = plain_text(value)
            value = piece(text, one.split) if isinstance(text, str) else value
        text = to_text(one.conversion, value) if not is_empty(value) else ""
        if isinstance(text, Mistake):
            label = self._label(one, scope)
            mistake = invalid(self.name(one.name, scope), label, text)
            self.problems.append(mistake)
            return None
        return text

    def _label(self, one: FromField, scope: Scope) -> str:
        is_repeated = scope.steps(one.name) != one.name.steps
        if not one.label or not is_repeated:
            return one.label
        return f"{one.label} ({'.'.join(map(str, scope.counts))})"

    def _entries(
        self, name: FieldName, scope: Scope, *, quietly: bool
    ) -> Iterator[Scope]:
        value = self._value(name, scope)
        self._seen.discard(steps := scope.steps(name))
        if is_empty(value):
            return
        if self._map.shape is Shape.FLAT and isinstance(value, str):
            value = [value]
            self._seen.add(steps)
        if not isinstance(value, list | tuple):
            self._seen.add(steps)
            if not quietly:
                mistake = invalid(self.name(name, scope), "", Mistake.KIND)
                self.problems.append(mistake)
            return
        for position, entry in enumerate(value):
            if not is_empty(entry):
                counts = (*scope.counts, position + 1)
                yield replace(scope, base=(*steps, position), counts=counts)


def piece(text: str, split: Split) -> str:
    """The part of a text before or after its first or last separator."""
    match split.part:
        case Part.FIRST:
            return text.partition(split.at)[0].strip()
        case Part.AFTER_FIRST:
            return text.partition(split.at)[2].strip()
        case Part.BEFORE_LAST:
            return text.rpartition(split.at)[0].strip()
        case Part.LAST:
            return text.rpartition(split.at)[2].strip()
        case _:
            assert_never(split.part)


def _flat_names(found: TreeMap) -> Iterator[str]:
    for name, chain in fields_with_chain(found.root):
        if found.shape is Shape.FLAT:
            yield str(absolute(name, chain)[0])


def _patterns(found: TreeMap) -> Iterator[str]:
    """For every field of the map: what its full name looks like."""
    if found.shape is Shape.FLAT:
        yield from map(pattern_of, _flat_names(found))
        return
    for name, chain in fields_with_chain(found.root):
        yield "".join(
            r"/\d+" if one is None else re.escape(named((one,), Shape.NESTED))
            for one in absolute(name, chain)
        )


def _depths(found: TreeMap) -> Iterator[tuple[str, int]]:
    for one, chain in elements_with_chain(found.root):
        for source in sources(one):
            if isinstance(source, Identity):
                yield source.name, len(chain)
