"""Frozen values as plain JSON and back: strict, and led by their fields' types."""

import re
import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_PLACE: Final = 120
_WORDS: Final = {int: "a whole number", bool: "true or false"}


class NotPlain(ValueError):
    """Names the key, and says what should stand there."""


def to_plain(value: object) -> object:
    """Objects without what is as by default, lists, texts, numbers, true and false."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: to_plain(held)
            for one in fields(value)
            if (held := getattr(value, one.name)) != _default(one)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: to_plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return [to_plain(held) for held in value]
    return value


def from_plain(found: object, kind: type[T], *, at: str = "") -> T:
    """A value of this dataclass; NotPlain for a key too many, too few or unlike."""
    if not isinstance(found, Mapping):
        raise NotPlain(f"{_place(at)} must be an object")
    plan = _plan(cast("Hashable", kind))
    if unknown := sorted(str(name) for name in found if name not in plan):
        raise NotPlain(f"unknown key {_place(_below(at, unknown[0]))}")
    values: dict[str, Any] = {}
    for name, one in plan.items():
        if name in found:
            said = found[name]
            # The most frequent kind goes first: a manifest is mostly texts.
            if one.kind is str and type(said) is str and said.isascii():
                values[name] = said
            else:
                values[name] = _read(said, one.kind, _below(at, name))
        elif one.is_needed:
            raise NotPlain(f"{_place(_below(at, name))} is missing")
    return kind(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Planned:
    """A field: what kind it must be of, and whether it must be there."""

    kind: Any
    is_needed: bool


@cache
def _plan(kind: Hashable) -> Mapping[str, _Planned]:
    """The fields of a dataclass, looked at once."""
    hints = get_type_hints(cast("type[object]", kind))
    return {
        one.name: _Planned(kind=hints[one.name], is_needed=_default(one) is MISSING)
        for one in fields(cast("Any", kind))
    }


def _default(one: Field[Any]) -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _read(found: object, kind: Any, at: str) -> Any:  # noqa: ANN401 - any field
    origin = get_origin(kind)
    if origin is types.UnionType:
        # Only "… | None": left out means None, so null itself is never written.
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        return _read(found, inner, at)
    if origin is tuple:
        return _read_tuple(found, get_args(kind), at)
    if origin is Mapping:
        if not isinstance(found, Mapping):
            raise NotPlain(f"{_place(at)} must be an object")
        inner = get_args(kind)[1]
        return {
            _text(key, at): _read(held, inner, _below(at, key))
            for key, held in found.items()
        }
    if is_dataclass(kind):
        return from_plain(found, cast("type[Any]", kind), at=at)
    return _read_leaf(found, kind, at)


def _read_tuple(found: object, kinds: tuple[Any, ...], at: str) -> tuple[Any, ...]:
    if not isinstance(found, list):
        raise NotPlain(f"{_place(at)} must be a list")
    if kinds[-1] is not Ellipsis and len(found) != len(kinds):
        raise NotPlain(f"{_place(at)} must have {len(kinds)} elements")
    each = kinds if kinds[-1] is not Ellipsis else (kinds[0],) * len(found)
    return tuple(
        _read(held, kind, f"{at}[{position}]")
        for position, (held, kind) in enumerate(zip(found, each, strict=True))
    )


def _read_leaf(found: object, kind: Any, at: str) -> Any:  # noqa: ANN401 - any field
    if kind is str:
        return _text(found, at)
    # bool is an int to Python; not to whoever writes a manifest.
    if kind in _WORDS:
        if type(found) is not kind:
            raise NotPlain(f"{_place(at)} must be {_WORDS[kind]}")
        return found
    text = _text(found, at)
    try:
        return kind(text) if issubclass(kind, Enum) else _moment(text, kind)
    except ValueError as error:
        raise NotPlain(f"{_place(at)} must be {_choices(kind)}") from error


def _text(found: object, at: str) -> str:
    """Half of a surrogate pair can be written in JSON, but never in UTF-8."""
    if not isinstance(found, str) or _SURROGATE.search(found):
        raise NotPlain(f"{_place(at)} must be a text")
    return found


def _moment(found: str, kind: type[date]) -> date:
    """ISO, and written as we would write it."""
    moment = kind.fromisoformat(found)
    if moment.isoformat() != found or (
        isinstance(moment, datetime) and moment.tzinfo is None
    ):
        raise ValueError(kind.__name__)
    return moment


def _choices(kind: type) -> str:
    if issubclass(kind, Enum):
        return "one of " + ", ".join(one.value for one in kind)
    return "a date like 2026-05-01" if kind is date else "a time with its zone"


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _place(at: str) -> str:
    """A key for a message: on one line, and not without end."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in at)
    return f"`{plain[:_MAX_PLACE]}`" if plain else "the whole"
