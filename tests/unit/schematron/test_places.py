"""Places as stylesheets write them, and what is shown of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas.schematron.places import steps_of
from tests.unit.schematron.trying import line

ROOT = etree.fromstring(
    b"<a xmlns='urn:a'>\n<b/>\n<c xmlns=''/>\n<b x='1'/>\n<b xmlns='urn:b'/></a>"
)


@pytest.mark.parametrize(
    "place",
    [
        "/Q{urn:a}a[1]/Q{urn:a}b[2]",
        "/*:a[namespace-uri()='urn:a'][1]/*:b[namespace-uri()='urn:a'][2]",
        "/*[local-name()='a'][1]/*[local-name()='b' and namespace-uri()='urn:a'][2]",
        "/n:a/n:b[position()=2]",
        '/n:a[1]/n:b[2]/@*[local-name()="x"]',
        "/Q{urn:a}a[1]/Q{urn:a}b[2]/@Q{}x",
    ],
)
def test_every_manner_of_writing_leads_to_the_same_line(place: str) -> None:
    assert line(ROOT, steps_of(place)) == 4


def test_namespaces_are_told_apart() -> None:
    assert line(ROOT, steps_of("/Q{urn:a}a[1]/Q{urn:b}b[1]")) == 5
    assert line(ROOT, steps_of("/Q{urn:a}a[1]/Q{}c[1]")) == 3


def test_a_place_that_is_not_there_has_no_line() -> None:
    assert line(ROOT, steps_of("/Q{urn:a}a[1]/Q{urn:a}b[9]")) == 0
    assert line(ROOT, ()) == 0


@given(st.text(alphabet="/*[]'\"Q{}@ab1:()=-. ", max_size=60))
def test_whatever_looks_like_a_place_has_a_line_or_none(place: str) -> None:
    assert line(ROOT, steps_of(place)) >= 0
