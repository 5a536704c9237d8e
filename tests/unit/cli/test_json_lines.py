"""Every value of a JSON text is found on the line where an editor shows it."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.json_lines import line_of, lines_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def pointers(value: object, at: str = "") -> Iterator[tuple[str, object]]:
    yield at, value
    if isinstance(value, dict):
        for key, one in value.items():
            name = key.replace("~", "~0").replace("/", "~1")
            yield from pointers(one, f"{at}/{name}")
    if isinstance(value, list):
        for position, one in enumerate(value):
            yield from pointers(one, f"{at}/{position}")


@given(VALUES.filter(lambda value: isinstance(value, dict | list)))
def test_every_value_has_the_line_that_holds_it(value: object) -> None:
    text = json.dumps(value, indent=1)
    lines = lines_of(text)

    written = text.split("\n")
    for pointer, one in pointers(value):
        line = written[lines[pointer] - 1]
        if not isinstance(one, dict | list):
            assert json.dumps(one) in line
    assert set(lines) == {pointer for pointer, _ in pointers(value)}


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("/name", 2),
        ("/kinder", 3),
        ("/kinder/0", 3),
        ("/kinder/1/alter", 5),
        ("/kinder/1/nirgends", 4),
        ("/kinder/7", 3),
        ("/*", 1),
        ("", 1),
    ],
)
def test_what_is_missing_has_the_line_of_what_is_around_it(
    pointer: str, line: int
) -> None:
    text = '{\n "name": "{[,",\n "kinder": [{"alter": 3},\n  {"x": [],\n  "alter": 4}]}'

    assert line_of(lines_of(text), pointer) == line


@given(st.text(st.sampled_from('{}[],:"\\ \n1a')))
def test_what_is_no_json_does_no_harm(text: str) -> None:
    assert line_of(lines_of(text), "/a/0") >= 0
