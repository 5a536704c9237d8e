"""Code lists: genericode in, index in and out, and what is said about a code."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas.errors import PackBroken
from schemas.packs.code_lists import (
    CodeList,
    CodeListIndex,
    CodeLists,
    CodeUse,
    CodeVerdict,
    ListRef,
    read_genericode,
    read_index,
    write_index,
)

GC = "http://docs.oasis-open.org/codelist/ns/genericode/1.0/"
URI = "urn:example:liste"
ONE = CodeList(uri=URI, version="1", codes=frozenset({"a", "b"}))
TWO = CodeList(uri=URI, version="2", codes=frozenset({"b", "c"}))
OTHER = CodeList(uri="urn:example:andere", version="1", codes=frozenset({"z"}))

_words = st.text(
    st.characters(
        min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["C", "Z"]
    ),
    min_size=1,
    max_size=12,
)
_lists = st.builds(
    CodeList, uri=_words, version=_words, codes=st.frozensets(_words, max_size=6)
)
_refs = st.builds(ListRef, uri=_words, version=st.just("") | _words)
_uses = st.builds(
    CodeUse,
    element=_words,
    parent=st.just("") | _words,
    lists=st.lists(_refs, max_size=3, unique=True).map(lambda one: tuple(sorted(one))),
    is_open=st.booleans(),
    in_schema=st.booleans(),
)


def genericode(one: CodeList, *, key: str = "K", columns: str = "") -> bytes:
    rows = "".join(
        '<Row><Value ColumnRef="T"><SimpleValue>text</SimpleValue></Value>'
        f'<Value ColumnRef="K"><SimpleValue> {escape(code)} </SimpleValue></Value>'
        "</Row>"
        for code in sorted(one.codes)
    )
    named = f'<Key Id="x"><ColumnRef Ref="{key}"/></Key>' if key else ""
    return (
        f'<gc:CodeList xmlns:gc="{GC}"><Identification><Version>{escape(one.version)}'
        f"</Version><CanonicalUri>{escape(one.uri)}</CanonicalUri></Identification>"
        f'<ColumnSet>{columns}<Column Id="T"/><Column Id="K"/>{named}</ColumnSet>'
        f"<SimpleCodeList>{rows}</SimpleCodeList></gc:CodeList>"
    ).encode()


@given(_lists)
def test_a_published_list_is_read_as_it_was_meant(one: CodeList) -> None:
    assert read_genericode(genericode(one)) == one


@given(st.lists(_uses, max_size=5), st.lists(_lists, max_size=3))
def test_an_index_says_when_read_what_it_said_when_written(
    uses: list[CodeUse], lists: list[CodeList]
) -> None:
    index = CodeListIndex(uses=tuple(uses), lists=tuple(lists))

    found = read_index(write_index(index))

    assert set(found.uses) == set(uses)
    assert set(found.lists) == set(lists)
    assert write_index(found) == write_index(index)


@given(st.binary(max_size=200))
def test_whatever_is_no_list_and_no_index_is_called_broken(body: bytes) -> None:
    with pytest.raises(PackBroken):
        read_genericode(body)
    with pytest.raises(PackBroken):
        read_index(body)


def test_another_column_than_the_key_holds_the_codes_where_the_schema_says_so() -> None:
    assert read_genericode(genericode(ONE), column="T").codes == {"text"}
    assert read_genericode(genericode(ONE), column="unheard-of") == ONE


def test_without_a_key_the_first_column_holds_the_codes() -> None:
    body = genericode(ONE, key="", columns='<Column Id="K"/>')

    assert read_genericode(body) == ONE


def test_a_version_may_stand_in_the_uri_of_the_version_alone() -> None:
    body = genericode(ONE).replace(b"<Version>1</Version>", b"")
    whole = b"<CanonicalVersionUri>urn:example:liste_1</CanonicalVersionUri>"
    body = body.replace(b"</Identification>", whole + b"</Identification>")

    assert read_genericode(body).version == "1"


def test_a_list_with_a_doctype_is_refused() -> None:
    body = b'<!DOCTYPE x [<!ENTITY e "a">]>' + genericode(ONE)

    with pytest.raises(PackBroken, match="DOCTYPE"):
        read_genericode(body)


def lists(*uses: CodeUse) -> CodeLists:
    return CodeLists(CodeListIndex(uses=uses, lists=(ONE, TWO)))


FIXED = CodeUse(element="art", lists=(ONE.ref,))
ANY_VERSION = CodeUse(element="art", lists=(ListRef(uri=URI),))
OPEN = CodeUse(element="art", is_open=True)
LACKING = CodeUse(element="art", lists=(OTHER.ref,))
EITHER = CodeUse(element="art", lists=(ONE.ref, OTHER.ref))


@pytest.mark.parametrize(
    ("use", "document", "verdict"),
    [
        (FIXED, "<art><code>a</code></art>", CodeVerdict.KNOWN),
        (FIXED, "<art> a </art>", CodeVerdict.KNOWN),
        (FIXED, "<art><!-- c --><code>c</code></art>", CodeVerdict.INVALID),
        (FIXED, "<art><code/></art>", CodeVerdict.INVALID),
        (ANY_VERSION, "<art><code>c</code></art>", CodeVerdict.KNOWN),
        (ANY_VERSION, '<art listVersionID="1">c</art>', CodeVerdict.INVALID),
        (ANY_VERSION, '<art listVersionID="9">c</art>', CodeVerdict.UNKNOWN_LIST),
        (OPEN, "<art>c</art>", CodeVerdict.UNNAMED),
        (OPEN, f'<art listURI="{URI}" listVersionID="2">c</art>', CodeVerdict.KNOWN),
        (OPEN, f'<art listURI="{URI}">q</art>', CodeVerdict.INVALID),
        (OPEN, '<art listURI="urn:secret">c</art>', CodeVerdict.UNKNOWN_LIST),
        (LACKING, "<art>z</art>", CodeVerdict.UNKNOWN_LIST),
        (EITHER, "<art>a</art>", CodeVerdict.KNOWN),
        (EITHER, "<art>z</art>", CodeVerdict.UNKNOWN_LIST),
    ],
)
def test_a_code_is_held_against_the_list_that_is_meant(
    use: CodeUse, document: str, verdict: CodeVerdict
) -> None:
    assert lists(use).judge(etree.fromstring(document)).verdict is verdict


def test_a_list_that_only_the_document_names_is_not_repeated() -> None:
    element = etree.fromstring('<art listURI="urn:secret">c</art>')

    assert lists(OPEN).judge(element).uri == ""


def test_the_parent_decides_where_the_same_element_means_several_things() -> None:
    found = lists(
        CodeUse(element="art", parent="hund", lists=(ONE.ref,)),
        CodeUse(element="art", parent="katze", lists=(TWO.ref,)),
    )
    root = etree.fromstring(
        "<x><hund><art>a</art></hund><katze><art>a</art></katze><art>a</art></x>"
    )

    judged = [found.judge(one).verdict for one in root.iter(*found.tags)]

    assert judged == [CodeVerdict.KNOWN, CodeVerdict.INVALID, CodeVerdict.UNNAMED]


def test_what_the_schema_lists_itself_is_not_looked_at_again() -> None:
    found = lists(CodeUse(element="art", lists=(ONE.ref,), in_schema=True))

    assert found.tags == ()


def test_the_own_list_comes_before_that_of_a_pack_below() -> None:
    below = CodeList(uri=URI, version="1", codes=frozenset({"q"}))
    index = CodeListIndex(uses=(FIXED,), lists=(ONE,))

    judged = CodeLists(index, [CodeListIndex(lists=(below,))]).judge_code(
        "art", "", ListRef(uri=""), "q"
    )

    assert judged.verdict is CodeVerdict.INVALID


def test_a_list_of_a_pack_below_counts() -> None:
    index = CodeListIndex(uses=(LACKING,))

    judged = CodeLists(index, [CodeListIndex(lists=(OTHER,))]).judge_code(
        "art", "", ListRef(uri=""), "z"
    )

    assert judged.verdict is CodeVerdict.KNOWN
