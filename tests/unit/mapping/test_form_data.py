"""A form is read exactly, or not at all."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mapping.form_data import FormValue, is_empty, look_up, named, read_form
from schemas.mapping.form_map import Shape


def test_numbers_stay_what_was_written() -> None:
    form = read_form(b'{"a": 19.990, "b": 0.1, "c": 3}')

    assert form == {"a": Decimal("19.990"), "b": Decimal("0.1"), "c": 3}
    assert str(look_up(form, ("a",))) == "19.990"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": 1e99999999999999999999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": \xff}',
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_form_is_said_to_be_none(body: bytes) -> None:
    assert read_form(body) is None


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_form_or_none(body: bytes) -> None:
    form = read_form(body)

    assert form is None or isinstance(form, dict)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()))
def test_every_json_object_is_a_form(values: dict[str, str | int | bool]) -> None:
    assert read_form(json.dumps(values).encode()) == values


def test_what_was_not_filled_in_is_empty() -> None:
    empty: tuple[FormValue, ...] = (None, "", "  \u00a0\n", [], {}, [""], {"a": [None]})
    filled: tuple[FormValue, ...] = ("a", 0, False, ["", "a"], {"a": False})

    assert all(is_empty(one) for one in empty)
    assert not any(is_empty(one) for one in filled)


def test_a_field_is_named_as_its_people_do() -> None:
    assert named(("kind1_name",), Shape.FLAT) == "kind1_name"
    assert named(("kinder", 0, "a/b~c"), Shape.NESTED) == "/kinder/0/a~1b~0c"
