"""Whatever the bytes are, the check ends with a result and tells nothing of them."""

import json
import re
from datetime import date
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.checking.claims import FormOf
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.findings import MAX_FINDINGS, CheckResult, Severity
from schemas.packs.library import PackLibrary, shipped_packs
from tests.unit.checking.looking import JSON, SPACE, XML, antrag, look

FORM: Final = CheckPolicy(claim=FormOf(profile="haus", id="F1"))
SHIPPED: Final = PackLibrary([shipped_packs()])
SUMMER: Final = date(2026, 6, 16)
SAMPLES: Final = sorted(shipped_packs().glob("*/samples/valid/*.xml"))[::4]

names = st.sampled_from(
    ["antrag.neu.0100", "person", "name", "betrag", "kopf", "text", "stufe", "x", "p:a"]
)
attributes = st.lists(
    st.tuples(
        st.sampled_from(["id", "ref", "test", "xmlns", "xmlns:p", "p:id", "xml:lang"]),
        st.text(max_size=8) | st.sampled_from([SPACE, "i1", "i2", ""]),
    ),
    max_size=3,
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    """Something that looks like XML and is mostly not quite."""
    name = draw(names)
    said = "".join(f' {key}="{value}"' for key, value in draw(attributes))
    inside = draw(st.text(max_size=8))
    if depth:
        inside += "".join(draw(st.lists(elements(depth - 1), max_size=3)))
    end = draw(st.sampled_from([name, name, name, "x"]))
    return f"<{name}{said}>{inside}</{end}>"


prologs = st.sampled_from(
    ["", "<?xml version='1.0'?>", "<!DOCTYPE a>", "\ufeff", "<!-- -->", "<?x?>", " "]
)
messages = st.builds(
    lambda prolog, inside: prolog + antrag(inside).decode(), prologs, elements()
)
trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["LONG", "\ud800", "2026-02-30"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text() | st.sampled_from(["name", "betrag", "kinder", "$schema"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def is_sound(result: CheckResult) -> bool:
    """A result that may be kept: short, with stages, nothing of ours that failed."""
    assert result.stages
    assert len(result.findings) <= MAX_FINDINGS
    assert not {"check-failed", "time-limit"} & {one.rule for one in result.findings}
    return True


@given(document=st.binary(), media_type=st.sampled_from([XML, JSON, "", "text/plain"]))
def test_any_bytes_have_a_result(document: bytes, media_type: str) -> None:
    assert is_sound(look(document, media_type=media_type, policy=FORM))


@given(text=messages, encoding=st.sampled_from(["utf-8", "utf-8", "utf-16", "latin-1"]))
def test_any_text_that_looks_like_a_message_has_a_result(
    text: str, encoding: str
) -> None:
    document = text.encode(encoding, "replace")

    assert is_sound(look(document))


@given(
    value=trees, body=st.sampled_from(["{}", '{{"name": {}}}', '{{"kinder": [{}]}}'])
)
@settings(max_examples=150)
def test_any_json_has_a_result(value: object, body: str) -> None:
    text = body.format(_written(value))

    assert is_sound(look(text.encode("utf-8", "replace"), media_type=JSON, policy=FORM))


def _written(value: object) -> str:
    """With numbers that Python makes no int of."""
    return json.dumps(value).replace('"LONG"', "1" * 5000)


@given(data=st.data())
@settings(max_examples=150)
def test_a_sample_with_bytes_changed_has_a_result(data: st.DataObject) -> None:
    document = bytearray(data.draw(st.sampled_from(SAMPLES)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(document) - 1))
        length = data.draw(st.sampled_from([0, 0, 1, 1, 5, 200]))
        document[place : place + length] = data.draw(
            st.binary(max_size=6)
            | st.sampled_from([b"<", b"&", b"]]>", b"\x00", b"\x85"])
        )

    assert is_sound(look(bytes(document), packs=SHIPPED, on=SUMMER))


MARKER: Final = "Zq7"
"""In no word of ours and of no engine."""
marked = st.sampled_from(
    [
        "@",
        "@ @",
        "@'",
        '@")',
        "@ is not an element of the set {'@'}.",
        "{urn:@}@",
        "@-@",
    ]
).map(lambda text: text.replace("@", MARKER).replace('"', "&quot;"))
PLACES: Final = (
    "<betrag>{}</betrag>",
    "<person><name>{}</name></person>",
    "<person><name>Anna</name><anrede>{}</anrede></person>",
    "<person><name>Anna</name><plz>{}</plz></person>",
    "<person><name>Anna</name><geboren>{}</geboren></person>",
    "<person><name>A B</name><staat listURI='{0}'><code>{0}</code></staat></person>",
    "<person><name>A B</name><staat listVersionID='{}'/></person>",
    "<person><name>Anna</name><art>{}</art></person>",
    "<person id='{}'><name>Anna</name></person>",
    "<person ref='{}'><name>Anna</name></person>",
    "<person id='a'/><person id='a' {0}='{0}'/>",
    "<ja>{}</ja>",
    "<kopf><typ>{0}</typ><leser>{0}</leser></kopf>",
    "<{0}/>",
    "<kopf {0}='{0}'/>",
    "<p:{0} xmlns:p='urn:{0}'><p:x/></p:{0}>",
    "<person xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='{}'/>",
    "<stufe>{}</stufe>",
    "{}",
    "<!-- {} --><x/>",
    "<?{0} {0}?><x/>",
    "<a>{}</b>",
    "<a>&{};</a>",
)


@given(place=st.sampled_from(PLACES), value=marked | st.just(MARKER))
@settings(max_examples=300)
def test_no_word_of_a_document_is_ever_told(place: str, value: str) -> None:
    body = place.format(value)
    said = f'standard="{MARKER}" version="{MARKER}" test="{MARKER}"'

    for document in (
        antrag(body),
        antrag(body, says=said),
        antrag(body, name=f"antrag.{MARKER}"),
        f"<{MARKER} xmlns='urn:{MARKER}'>{body}</{MARKER}>".encode(),
    ):
        assert MARKER not in repr(look(document))


@given(value=marked, key=st.booleans())
def test_no_word_of_a_json_document_is_ever_told(value: str, *, key: bool) -> None:
    text = json.dumps(value)
    for body in (
        f'{{"name": {text}}}',
        f'{{"name": {{{text}: {text}}}, {text}: 1}}',
        f'{{"geboren": {text}, "kinder": [{{"a/b": {text}}}, {text}, {{{text}: 1}}]}}',
        f'{{"$schema": {text}, "betrag": {text}}}',
        f"{{{text}: 1, {text}: 2}}" if key else f"[{text}",
    ):
        result = look(body.encode(), media_type=JSON, policy=FORM)

        assert MARKER not in repr(result)


def test_the_marker_would_be_found() -> None:
    # The same documents without a pack's policy show what engines would say.
    result = look(antrag(name=f"antrag.{MARKER}"))

    assert re.search("message-not-supported", repr(result))


@given(document=st.binary() | messages.map(str.encode))
def test_a_stranger_is_refused_only_for_what_no_pack_is_needed_to_see(
    document: bytes,
) -> None:
    policy = CheckPolicy(packs=("none",), unknown=Unknown.ACCEPT)
    result = look(document, policy=policy)
    assume(result.findings)

    assert {one.rule for one in result.findings} <= {
        "encoding",
        "not-wellformed",
        "doctype-forbidden",
        "entity-forbidden",
    }
    assert {one.severity for one in result.findings} == {Severity.ERROR}


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/fit+JSON; a=b"]
)
def test_json_is_what_is_called_so(media_type: str) -> None:
    assert look(b"{}", media_type=media_type, policy=FORM).engines[0][0] == (
        "jsonschema-rs"
    )
