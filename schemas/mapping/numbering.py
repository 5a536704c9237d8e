"""Numbers in the names of a flat form's fields: ``kind{n}_vorname``."""

import re
from collections.abc import Iterable, Iterator, Mapping

from schemas.mapping.form_data import Form, is_empty

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def with_numbers(name: str, numbers: Mapping[str, int]) -> str:
    """The name with what is known for its variables."""
    for variable, number in numbers.items():
        name = name.replace(f"{{{variable}}}", str(number))
    return name


def pattern_of(name: str) -> str:
    """What full names look like, with a group for every variable."""
    pattern, known = "", set[str]()
    for position, part in enumerate(_VARIABLE.split(name)):
        if position % 2 == 0:
            pattern += re.escape(part)
        elif part in known:
            pattern += f"(?P={part})"
        else:
            pattern += f"(?P<{part}>[1-9][0-9]{{0,8}}|0)"
            known.add(part)
    return pattern


class Numbering:
    """Which numbers a form uses; every name is compared once with every pattern."""

    def __init__(self, names: Iterable[str], form: Form) -> None:
        """``names`` are those of the map, variables in braces."""
        self._names = tuple(dict.fromkeys(one for one in names if "{" in one))
        self._form = form
        self._indices: dict[
            tuple[str, str, tuple[str, ...]], dict[tuple[int, ...], set[int]]
        ] = {}

    def numbers(self, variable: str, known: Mapping[str, int]) -> tuple[int, ...]:
        """Those of filled fields, where outer variables have these numbers."""
        found = set[int]()
        for name in self._names:
            variables = _VARIABLE.findall(name)
            if variable in variables:
                outer = tuple(one for one in known if one in variables)
                index = self._index(name, variable, outer)
                found |= index.get(tuple(known[one] for one in outer), set())
        return tuple(sorted(found))

    def first_field(self, variable: str, known: Mapping[str, int]) -> str:
        """The field that says that there is a first one."""
        names = (name for name in self._names if f"{{{variable}}}" in name)
        return with_numbers(next(names, ""), {**known, variable: 1})

    def _index(
        self, name: str, variable: str, outer: tuple[str, ...]
    ) -> Mapping[tuple[int, ...], set[int]]:
        key = (name, variable, outer)
        if key not in self._indices:
            index = self._indices[key] = {}
            for match in self._matches(name):
                place = tuple(int(match[one]) for one in outer)
                index.setdefault(place, set()).add(int(match[variable]))
        return self._indices[key]

    def _matches(self, name: str) -> Iterator[re.Match[str]]:
        pattern = re.compile(pattern_of(name))
        for key, value in self._form.items():
            match = pattern.fullmatch(key)
            if match and not is_empty(value):
                yield match
