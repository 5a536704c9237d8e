"""A manifest survives its file, and a wrong file names the key."""

import json
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.packs.manifest import (
    Form,
    Head,
    Kind,
    ListPolicy,
    Manifest,
    Message,
    Rules,
)
from schemas.packs.manifest_file import MAX_MANIFEST, read_manifest, write_manifest

ids = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,10}[a-z0-9])?", fullmatch=True)
words = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12
)
full_words = words.filter(bool)
paths = st.lists(
    full_words.filter(lambda one: one not in {".", ".."} and not {"/", "\\"} & {*one}),
    min_size=1,
    max_size=3,
).map("/".join)
dates = st.none() | st.dates()
messages = st.builds(
    Message,
    name=st.from_regex(r"[a-zäöü][a-z0-9.-]{0,20}", fullmatch=True),
    namespace=words,
    code=st.text(max_size=5).filter(lambda text: text.isprintable()),
    role=st.sampled_from(["", "request", "answer", "reject", "ack"]),
    answer_to=words,
)
rules = st.builds(
    Rules,
    source=paths,
    stylesheet=paths,
    severities=st.dictionaries(words, st.sampled_from(["error", "warning", "ignore"])),
)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    first, last, grace = sorted(draw(st.lists(st.dates(), min_size=3, max_size=3)))
    return Manifest(
        id=draw(ids),
        version=draw(ids),
        kind=draw(st.sampled_from([kind for kind in Kind if kind is not Kind.LIBRARY])),
        title=draw(full_words),
        namespace=draw(words),
        standard_urn=draw(words),
        schemas=tuple(draw(st.lists(paths, max_size=2))),
        json_schema=draw(st.just("") | paths),
        messages=tuple(
            draw(st.lists(messages, max_size=3, unique_by=lambda one: one.name))
        ),
        uri_aliases=tuple(draw(st.lists(full_words, max_size=2))),
        forms=tuple(
            draw(
                st.lists(st.builds(Form, profile=full_words, id=full_words), max_size=2)
            )
        ),
        valid_from=draw(st.sampled_from([None, first])),
        valid_to=draw(st.sampled_from([None, last])),
        accept_until=draw(st.sampled_from([None, grace])),
        send_from=draw(dates),
        id_attributes=tuple(draw(st.lists(full_words, max_size=2))),
        head=draw(st.none() | st.builds(Head, uuid=words, reader=words)),
        max_bytes=draw(st.integers(min_value=0)),
        huge_text=draw(st.booleans()),
        schematron=tuple(draw(st.lists(rules, max_size=2))),
        code_list_default=draw(st.sampled_from(ListPolicy)),
        code_list_policies=draw(st.dictionaries(words, st.sampled_from(ListPolicy))),
        licence=draw(words),
    )


def refusal(body: bytes) -> str:
    try:
        read_manifest(body)
    except PackBroken as broken:
        return broken.detail
    return "none"


@given(manifests())
def test_a_manifest_survives_its_file(manifest: Manifest) -> None:
    written = write_manifest(manifest)

    assert read_manifest(written) == manifest
    assert write_manifest(read_manifest(written)) == written


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-16"))
)
def test_no_bytes_make_reading_fail_otherwise(body: bytes) -> None:
    assert refusal(body).startswith(("pack.json: ", "none"))


@given(
    st.dictionaries(
        st.sampled_from(sorted(Manifest.__dataclass_fields__)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_no_value_of_a_key_makes_reading_fail_otherwise(
    said: Mapping[str, object],
) -> None:
    whole = {"id": "a", "version": "1", "kind": "xoev", "title": "A", **said}
    body = json.dumps(whole).encode()

    assert refusal(body).startswith(("pack.json: ", "none"))


MINIMAL: dict[str, object] = {
    "id": "a",
    "version": "1",
    "kind": "xoev",
    "title": "A",
    "namespace": "urn:a",
}


def test_what_is_left_out_is_as_by_default() -> None:
    manifest = read_manifest(json.dumps(MINIMAL).encode())

    assert manifest == Manifest(
        id="a", version="1", kind=Kind.XOEV, title="A", namespace="urn:a"
    )
    assert manifest.key == "a-1"
    assert json.loads(write_manifest(manifest)) == MINIMAL


def test_dates_are_plain_days() -> None:
    manifest = read_manifest(
        json.dumps(MINIMAL | {"valid_from": "2026-05-01"}).encode()
    )

    assert manifest.valid_from == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "unknown key `colour`"),
        ({"head": {"nose": ""}}, "unknown key `head.nose`"),
        ({"id": 5}, "`id` must be a text"),
        ({"id": "../etc"}, "`id` must be of"),
        ({"id": "Ä"}, "`id` must be of"),
        ({"id": ""}, "`id` must be of"),
        ({"id": "a\n"}, "`id` must be of"),
        ({"version": "1/2"}, "`version` must be of"),
        ({"version": "."}, "`version` must be of"),
        ({"title": " "}, "`title` is empty"),
        ({"title": "\ud800"}, "`title` must be a text"),
        ({"kind": "other"}, "`kind` must be one of xoev, fim-json"),
        ({"kind": "library", "uri_aliases": ["urn:b"]}, "`kind` library recognises"),
        ({"namespace": None}, "`namespace` must be a text"),
        ({"namespace": "urn: a"}, "`namespace` must not have spaces"),
        ({"schemas": "a.xsd"}, "`schemas` must be a list"),
        ({"schemas": ["xsd/a.xsd", "../a.xsd"]}, "`schemas[1]` must be a path inside"),
        ({"schemas": ["/etc/passwd"]}, "`schemas[0]` must be a path inside"),
        ({"schemas": ["xsd\\a.xsd"]}, "`schemas[0]` must be a path inside"),
        ({"schemas": ["xsd/./a.xsd"]}, "`schemas[0]` must be a path inside"),
        ({"schemas": [""]}, "`schemas[0]` must be a path inside"),
        ({"json_schema": "a/../../b"}, "`json_schema` must be a path inside"),
        ({"maps": ["a\0"]}, "`maps[0]` must be a path inside"),
        ({"messages": [{"name": "a"}, {"name": "a"}]}, "`messages[1]` stands there tw"),
        ({"messages": [{"code": "1"}]}, "`messages[0].name` is missing"),
        ({"messages": [{"name": "a b"}]}, "`messages[0].name` must be the name"),
        ({"messages": [{"name": "a", "role": "x"}]}, "`messages[0].role` must be req"),
        ({"messages": {"name": "a"}}, "`messages` must be a list"),
        ({"forms": [{"profile": "", "id": "x"}]}, "`forms[0]` needs a profile"),
        ({"uri_aliases": [""]}, "`uri_aliases` has an empty URI"),
        ({"valid_from": "1.5.2026"}, "`valid_from` must be a date"),
        ({"valid_from": "20260501"}, "`valid_from` must be a date"),
        ({"valid_from": None}, "`valid_from` must be a text"),
        (
            {"valid_from": "2026-05-02", "valid_to": "2026-05-01"},
            "`valid_to` is before `valid_from`",
        ),
        (
            {"valid_to": "2026-05-02", "accept_until": "2026-05-01"},
            "`accept_until` is before `valid_to`",
        ),
        ({"requires": ["../b-1"]}, "`requires[0]` must be the key"),
        ({"requires": ["a-1"]}, "`requires[0]` must be the key of another"),
        ({"id_attributes": [""]}, "`id_attributes` has an empty name"),
        ({"max_bytes": True}, "`max_bytes` must be a whole number"),
        ({"max_bytes": -1}, "`max_bytes` is negative"),
        ({"huge_text": 1}, "`huge_text` must be true or false"),
        (
            {"schematron": [{"source": "a", "stylesheet": "/b"}]},
            "`schematron[0].stylesheet` must be a path inside",
        ),
        (
            {
                "schematron": [
                    {"source": "a", "stylesheet": "b", "severities": {"x": "bad"}}
                ]
            },
            "`schematron[0].severities` must be error",
        ),
        ({"code_list_default": "no"}, "`code_list_default` must be one of error"),
        ({"code_list_policies": {"urn:x": 1}}, "`code_list_policies.urn:x` must be"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(
    change: dict[str, object], said: str
) -> None:
    with pytest.raises(PackBroken) as caught:
        read_manifest(json.dumps(MINIMAL | change).encode())

    assert caught.value.detail.startswith(f"pack.json: {said}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"{", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b'{"id": "a", "id": "b"}', "a key stands twice"),
        (b"[" * 200_000, "is not JSON"),
        (b'{"max_bytes": ' + b"9" * 5_000 + b"}", "is not JSON"),
        (b" " * (MAX_MANIFEST + 1), "is larger than"),
        (b"{}", "`id` is missing"),
    ],
)
def test_what_is_no_manifest_at_all_is_said(body: bytes, said: str) -> None:
    with pytest.raises(PackBroken) as caught:
        read_manifest(body)

    assert said in caught.value.detail


def test_a_key_of_any_length_makes_a_short_sentence_on_one_line() -> None:
    body = json.dumps(MINIMAL | {"x\n" * 10_000: 1}).encode()

    with pytest.raises(PackBroken) as caught:
        read_manifest(body)

    assert len(caught.value.detail) < 200
    assert caught.value.detail.isprintable()
