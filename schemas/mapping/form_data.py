"""A form's data as values: read exactly, looked up and set by path."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias, cast

from schemas.limits import MAX_JSON_DEPTH
from schemas.mapping.form_map import Shape

FormValue: TypeAlias = (
    str
    | int
    | float
    | Decimal
    | bool
    | Sequence["FormValue"]
    | Mapping[str, "FormValue"]
    | None
)
Form: TypeAlias = Mapping[str, FormValue]
Steps: TypeAlias = tuple[str | int, ...]
"""From the top of the form: keys of objects and positions in lists."""


def read_form(body: bytes) -> Form | None:
    """The JSON object with exact decimals; None where it is none."""
    try:
        found = json.loads(
            body.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_once,
        )
    except (ValueError, ArithmeticError, RecursionError):
        return None
    if not isinstance(found, dict) or _is_too_deep(found, MAX_JSON_DEPTH):
        return None
    return found


def is_empty(value: FormValue) -> bool:
    """Nothing that a person filled in."""
    match value:
        case None:
            return True
        case str():
            return not value.strip()
        case Mapping():
            return all(is_empty(one) for one in value.values())
        case bool() | int() | float() | Decimal():
            return False
        case _:
            return all(is_empty(one) for one in value)


def look_up(form: Form, steps: Steps) -> FormValue:
    """What stands there; None where nothing does."""
    found: FormValue = form
    for step in steps:
        match found, step:
            case Mapping(), str():
                found = found.get(step)
            case list() | tuple(), int() if 0 <= step < len(found):
                found = found[step]
            case str(), 0:
                # A list of one entry, as form-urlencoded cannot help to write it.
                pass
            case _:
                return None
    return found


def leaves(value: FormValue, steps: Steps = ()) -> Iterator[Steps]:
    """The path of everything that is filled in."""
    if is_empty(value):
        return
    match value:
        case Mapping():
            for key, one in value.items():
                yield from leaves(one, (*steps, key))
        case list() | tuple():
            for position, one in enumerate(value):
                yield from leaves(one, (*steps, position))
        case _:
            yield steps


def named(steps: Steps, shape: Shape) -> str:
    """How the form's people call it: the field's name, or a JSON pointer."""
    if shape is Shape.FLAT:
        return str(steps[0]) if steps else ""
    return "".join(
        "/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps
    )


class Filling:
    """A form that is filled in field by field."""

    def __init__(self) -> None:
        self._values: dict[Steps, FormValue] = {}

    def put(self, steps: Steps, value: FormValue) -> bool:
        """Set it; False where something else stands already."""
        return self._values.setdefault(steps, value) == value

    @property
    def form(self) -> Form:
        """As far as it is filled; lists have no gaps."""
        top: dict[str | int, object] = {}
        for steps, value in self._values.items():
            place = top
            for step in steps[:-1]:
                below = place.setdefault(step, {})
                # A field cannot hold a value and further fields; the map's reader
                # refuses that, so what stands here is always an object.
                place = below if isinstance(below, dict) else {}
            place[steps[-1]] = value
        return {str(key): _settled(value) for key, value in top.items()}


def _settled(value: object) -> FormValue:
    """Objects whose keys are positions become lists."""
    if not isinstance(value, dict):
        return cast("FormValue", value)
    if any(isinstance(key, int) for key in value):
        return [_settled(value[key]) for key in sorted(value)]
    return {key: _settled(one) for key, one in value.items()}


def _no_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are in no standard")


def _once(pairs: list[tuple[str, FormValue]]) -> dict[str, FormValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _is_too_deep(value: FormValue, left: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    below = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_is_too_deep(one, left - 1) for one in below)
