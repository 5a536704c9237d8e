"""Hostile documents: each is a problem in two languages, quickly and in little room."""

import json
import resource
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.limits import MIB
from schemas.states import Problem
from schemas.wellformed import MAX_JSON_BYTES, JsonCheck, XmlCheck

LAUGHS = b'<!DOCTYPE a [<!ENTITY l0 "ha">%s]><a>&l9;</a>' % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
)
QUADRATIC = b'<!DOCTYPE a [<!ENTITY l "%s">]><a>%s</a>' % (b"x" * 50_000, b"&l;" * 9999)
EXTERNAL = b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>'
XXE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
PARAMETER = b'<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>'


def xml(*pieces: bytes) -> tuple[Problem, ...]:
    check = XmlCheck()
    for piece in pieces:
        check.feed(piece)
    return check.close()


def js(*pieces: bytes) -> tuple[Problem, ...]:
    check = JsonCheck()
    for piece in pieces:
        check.feed(piece)
    return check.close()


def codes(problems: tuple[Problem, ...]) -> list[str]:
    assert all(problem.german and problem.english for problem in problems)
    return [problem.code for problem in problems]


@pytest.mark.parametrize(
    "document",
    [
        b"<a/>",
        "<Anträge><Name>Müller</Name></Anträge>".encode(),
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>",
        b"<a><![CDATA[<!DOCTYPE b>]]></a>",
        b"<a>" + b"x" * (8 * MIB) + b"</a>",
        b"<a>" + b"<b/>" * 100_000 + b"</a>",
    ],
    ids=lambda document: repr(document[:30]),
)
def test_well_formed_xml_has_no_problem(document: bytes) -> None:
    assert xml(document) == ()


@pytest.mark.parametrize(
    "document", [LAUGHS, QUADRATIC, EXTERNAL, XXE, PARAMETER, b"<!DOCTYPE a><a/>"]
)
@pytest.mark.parametrize("size", [1, 4096, 10 * MIB])
def test_any_doctype_is_refused_without_being_followed(
    document: bytes, size: int
) -> None:
    if size == 1:
        document = document[:20_000]
    pieces = [document[n : n + size] for n in range(0, len(document), size)]
    before, began = _peak_mib(), time.process_time()

    assert codes(xml(*pieces)) == ["E-XML-DOCTYPE"]
    assert time.process_time() - began < 1
    assert _peak_mib() - before < 50


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b" ",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&unknown;</a>",
        b"<a>\x00</a>",
        b"<a>\xff\xfe</a>",
        b"<a b='1' b='2'/>",
        b"<?xml version='1.0' encoding='no-such'?><a/>",
        b'{"a": 1}',
        b"%PDF-1.7",
        b"<a>" * 100_000,
        b"<a" + b" b='" + b"x" * (11 * MIB) + b"'/>",
    ],
    ids=lambda document: repr(document[:30]),
)
def test_xml_that_is_not_well_formed_is_refused(document: bytes) -> None:
    assert codes(xml(document)) == ["E-XML-BROKEN"]


def test_where_it_breaks_is_told_in_both_languages() -> None:
    [problem] = xml(b"<a>\n<b>\n</a>")

    assert problem.location == "line 3"
    assert "Zeile 3" in problem.german


def test_a_problem_says_nothing_of_what_the_document_says() -> None:
    problems = xml(b"<Erika>Mustermann</a>") + js(b'{"Erika": Mustermann}')

    assert "Erika" not in repr(problems)
    assert "Mustermann" not in repr(problems)


GOOD = "<Antrag><Ort>Würzburg</Ort><b c='d'/><!-- e --></Antrag>".encode()


@given(st.integers(min_value=1, max_value=len(GOOD) - 1))
def test_truncated_xml_is_refused_wherever_it_ends(length: int) -> None:
    assert codes(xml(GOOD[:length])) == ["E-XML-BROKEN"]


@given(st.lists(st.integers(min_value=0, max_value=len(GOOD)), max_size=8))
def test_how_it_is_cut_makes_no_difference(places: list[int]) -> None:
    bounds = [0, *sorted(places), len(GOOD)]
    pieces = [GOOD[start:end] for start, end in pairwise(bounds)]

    assert xml(*pieces) == ()


@given(st.binary(max_size=200))
@pytest.mark.parametrize("check", [xml, js])
def test_no_bytes_make_it_raise(
    check: Callable[[bytes], tuple[Problem, ...]], document: bytes
) -> None:
    assert len(check(document)) <= 1


@pytest.mark.parametrize(
    "document",
    [
        b"{}",
        b"null",
        b'\xef\xbb\xbf{"a": 1}',
        '{"Straße": "Gänseweg"}'.encode(),
        b'{"a": 1, "a": 2}',
        b"[" + b"9" * 5_000 + b"]",
        b"[1e999999]",
        b"[" * 500 + b"]" * 500,
    ],
    ids=lambda document: repr(document[:30]),
)
def test_well_formed_json_has_no_problem(document: bytes) -> None:
    assert js(document) == ()


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[NaN]",
        b"[-Infinity]",
        b"{} {}",
        b'"\xfc"',
        '{"a": 1}'.encode("utf-16"),
        b"<a/>",
        b'["\x00"]',
        b"[" * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
    ],
    ids=lambda document: repr(document[:30]),
)
def test_json_that_is_not_well_formed_is_refused(document: bytes) -> None:
    assert codes(js(document)) == ["E-JSON-BROKEN"]


def test_json_beyond_the_limit_is_refused_and_not_kept() -> None:
    before = _peak_mib()
    piece = b" " * MIB
    check = JsonCheck()
    for _ in range(4 * MAX_JSON_BYTES // MIB):
        check.feed(piece)

    assert codes(check.close()) == ["E-JSON-TOO-BIG"]
    assert _peak_mib() - before < 1.5 * MAX_JSON_BYTES / MIB


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(value=values, plain=st.booleans())
def test_whatever_a_machine_writes_as_json_is_read(
    value: object, *, plain: bool
) -> None:
    text = json.dumps(value, ensure_ascii=plain)
    try:
        document = text.encode()
    except UnicodeEncodeError:
        return
    infinite = "Infinity" in json.dumps(value, ensure_ascii=True)

    assert (js(document) == ()) or infinite


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
