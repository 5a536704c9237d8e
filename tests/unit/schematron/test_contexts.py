"""A pattern walks through attributes and texts only where a context may mean them."""

import pytest

from schemas.schematron.contexts import ALL, ELEMENTS, walked_for


@pytest.mark.parametrize(
    "context",
    ["a", "x:a//x:b", "/a/b | c", "*:a", "a[@id = 'x']/b[c[@d]]", "a.b.0100", "/", "*"],
)
def test_elements_need_no_more_than_elements(context: str) -> None:
    assert walked_for([context]) == ELEMENTS


@pytest.mark.parametrize(
    "context",
    [
        "a/@b",
        "@*",
        "a/text()",
        "comment()",
        "node()",
        "$x",
        ".[. = 1]",
        "key('a', 'b')",
    ],
)
def test_whatever_may_be_no_element_is_walked_to(context: str) -> None:
    assert walked_for(["a", context]) == ALL
