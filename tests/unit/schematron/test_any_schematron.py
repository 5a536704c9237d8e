"""Whatever an operator is sent as a Schematron: compiled, or refused as broken."""

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.schematron.compiler import compile_schematron
from schemas.schematron.source import parse
from tests.unit.schematron.trying import nothing_there, schematron

WHOLE = schematron(
    '<sch:ns prefix="x" uri="urn:x"/><sch:let name="a" value="1"/>'
    '<sch:phase id="p"><sch:let name="b" value="2"/><sch:active pattern="c"/>'
    '</sch:phase><sch:pattern abstract="true" id="d"><sch:rule context="$e">'
    '<sch:assert test="$e" id="f" role="g">h <sch:name/> i</sch:assert></sch:rule>'
    '</sch:pattern><sch:pattern is-a="d" id="c"><sch:param name="e" value="x:j"/>'
    '</sch:pattern><sch:pattern><sch:let name="a" value="1"/><sch:rule abstract="true"'
    ' id="k"><sch:report test="$a">l</sch:report></sch:rule><sch:rule context="m">'
    '<sch:extends rule="k"/></sch:rule></sch:pattern>'
)
NAMES = [
    b"$",
    b"e",
    b"sch:",
    b"x",
    b"a",
    b"rule",
    b"pattern",
    b"xmlns",
    b"%s",
    b"{",
    b"}",
]


def compiled_or_refused(source: bytes) -> None:
    try:
        made = compile_schematron(source, resolve=nothing_there)
    except PackBroken:
        return
    parse(made)


@given(st.binary(max_size=200))
@example(WHOLE)
def test_any_bytes(source: bytes) -> None:
    compiled_or_refused(source)


@given(
    st.integers(min_value=0, max_value=len(WHOLE)),
    st.integers(min_value=0, max_value=40),
    st.one_of(st.binary(max_size=8), st.sampled_from(NAMES)),
)
def test_any_change_of_a_good_one(start: int, length: int, put: bytes) -> None:
    compiled_or_refused(WHOLE[:start] + put + WHOLE[start + length :])


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_any_names_exchanged(old: bytes, new: bytes) -> None:
    compiled_or_refused(WHOLE.replace(old, new))
