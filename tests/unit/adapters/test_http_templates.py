"""Placeholders are few, and no value leaves the place it was put in."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.templates import (
    ASKING,
    PLACEHOLDERS,
    Flaw,
    Template,
    fill_path,
    is_header_value,
    parse_header,
    parse_path,
    parse_text,
)

VALUES = dict.fromkeys(PLACEHOLDERS, "x")


def template(parsed: Template | Flaw) -> Template:
    assert isinstance(parsed, Template)
    return parsed


def test_every_placeholder_is_filled() -> None:
    text = " ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))

    filled = template(parse_text(text)).fill({name: name for name in PLACEHOLDERS})

    assert filled == " ".join(sorted(PLACEHOLDERS))


def test_doubled_braces_are_braces() -> None:
    assert template(parse_text('{{"id":"{service}"}}')).fill(VALUES) == '{"id":"x"}'


@pytest.mark.parametrize(
    "text",
    [
        "{name}",
        "{}",
        "{0}",
        "{delivery_id!r}",
        "{delivery_id:>10}",
        "{delivery_id.__class__}",
        "{delivery_id[0]}",
        "{delivery_id",
        "delivery_id}",
    ],
)
def test_anything_else_in_braces_is_a_flaw(text: str) -> None:
    assert isinstance(parse_text(text), Flaw)


def test_whoever_asks_knows_the_delivery_id_only() -> None:
    assert isinstance(parse_path("/{case_number}", ASKING), Flaw)
    assert isinstance(parse_path("/{delivery_id}", ASKING), Template)


@pytest.mark.parametrize("text", ["a\r\nX: y", "a\nb", "ä", "\x00", " a", "a "])
def test_a_header_that_could_end_its_line_is_a_flaw(text: str) -> None:
    assert isinstance(parse_header(text), Flaw)


@pytest.mark.parametrize(
    "text", ["", "x", "/../x", "/a/./b", "/a b", "/ä", "/a#b", "/a\r\nb", "http://x/"]
)
def test_what_is_no_path_is_a_flaw(text: str) -> None:
    assert isinstance(parse_path(text), Flaw)


@given(st.text())
def test_no_value_leaves_its_segment(value: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    path = template(parse_path("/a/{service}/b?c={service}"))

    filled = fill_path(path, {"service": value})

    segments, _, query = filled.partition("?")
    assert segments.count("/") == 3
    assert unquote(segments.split("/")[2]) == value
    assert "&" not in query
    assert is_header_value(filled)
