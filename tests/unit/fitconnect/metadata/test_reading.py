"""Metadata are read into values or problems, whatever the bytes are."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.fitconnect.metadata.reading import (
    ANY,
    Problems,
    read_metadata,
)
from adapters.fitconnect.metadata.values import (
    AttachmentPart,
    DataPart,
    Metadata,
    metadata_uri,
)
from tests.unit.fitconnect.metadata.instances import (
    FIRST,
    HASH,
    ID,
    OTHER_ID,
    PAYMENT,
    SECOND,
    every,
    raw,
    with_amount,
)
from tests.unit.fitconnect.metadata.mutations import mutated

NOWHERE = "https://schema.fitko.de/fit-connect/metadata/3.0.0/metadata.schema.json"


def codes(result: Metadata | Problems) -> list[str]:
    assert isinstance(result, Problems)
    return [one.code for one in result.found]


def test_what_the_second_generation_says_is_read() -> None:
    read = read_metadata(raw(SECOND))

    assert isinstance(read, Metadata)
    assert read.version == "2.1.0"
    assert read.data == DataPart(
        hash=HASH["content"],
        schema_uri="urn:xoev-de:test:schema",
        mime="application/xml",
    )
    assert read.attachments == (
        AttachmentPart(
            id=ID,
            hash=HASH["content"],
            purpose="form",
            mime="application/pdf",
            filename="Übersicht.pdf",
            fragments=(OTHER_ID,),
        ),
    )
    assert read.uploads == {OTHER_ID}
    assert read.service == ""
    assert read.reply_channel == "fitConnect"
    assert read.reference == "AZ 1"
    assert read.payment
    assert read.payment.amount == Decimal("19.99")


def test_what_the_first_generation_says_is_read() -> None:
    read = read_metadata(raw(FIRST))

    assert isinstance(read, Metadata)
    assert read.version == "1.0.0"
    assert read.service == "urn:de:fim:leika:leistung:99107015017000"
    assert read.reply_channel == "eMail"
    assert read.uploads == {ID}


def test_the_first_generation_need_not_have_data() -> None:
    value = {**FIRST, "contentStructure": {"attachments": []}}
    read = read_metadata(raw(value))

    assert isinstance(read, Metadata)
    assert read.data is None


def test_nothing_of_people_is_in_a_repr() -> None:
    told = repr(read_metadata(raw(FIRST)))

    for text in ("Übersicht", "a@b.de", "Kassenzeichen", "9xxd", "AZ 1"):
        assert text not in told


@pytest.mark.parametrize("amount", ["19.99", "4.35", "0.07", "0.01", "13", "1E+2"])
def test_an_amount_in_cents_is_no_fault(amount: str) -> None:
    read = read_metadata(with_amount(amount))

    assert isinstance(read, Metadata)
    assert read.payment
    assert read.payment.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "keyword"),
    [
        ("19.995", "multipleOf"),
        ("0.009", "minimum"),
        ("0", "minimum"),
        ("-19.99", "minimum"),
        ("1E999999", "maximum"),
        ("1E999999999999", "maximum"),
    ],
)
def test_what_is_no_amount_is_a_violation(amount: str, keyword: str) -> None:
    read = read_metadata(with_amount(amount))

    assert codes(read)[0] == "fit-metadata-violation"
    assert isinstance(read, Problems)
    assert read.found[0].location == "/paymentInformation/grossAmount"
    assert keyword in {one.detail for one in read.found}


def test_every_amount_up_to_a_hundred_passes_in_both_generations() -> None:
    for version in (1, 2):
        [_, least, *_] = every(version)
        before, after = raw({**least, "paymentInformation": PAYMENT}).split(b"19.99")
        for cents in range(1, 10_001):
            amount = b"%d.%02d" % divmod(cents, 100)
            assert isinstance(read_metadata(before + amount + after), Metadata), amount


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b"", "fit-metadata-syntax", "SYNTAX"),
        (b"\xff\xfe{}", "fit-metadata-syntax", ""),
        (b'{"a":1,"a":2}', "fit-metadata-syntax", "DUPLICATE_KEY"),
        (b'{"a":{"b":1,"b":1}}', "fit-metadata-syntax", "DUPLICATE_KEY"),
        (b'{"a":NaN}', "fit-metadata-syntax", "NUMBER"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "fit-metadata-syntax", "DEPTH"),
        (b"[" * 500_000, "fit-metadata-syntax", "DEPTH"),
        (b'{"a":"\\ud800"}', "fit-metadata-syntax", "SURROGATE"),
        (b"[]", "fit-metadata-violation", "type"),
        (b'"x"', "fit-metadata-violation", "type"),
        (b"{}", "fit-metadata-schema-missing", ""),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, code: str, detail: str) -> None:
    read = read_metadata(body)

    assert isinstance(read, Problems)
    assert [(one.code, one.detail) for one in read.found] == [(code, detail)]


def test_what_is_too_large_is_not_even_parsed() -> None:
    read = read_metadata(b"[" * 101, supported=replace(ANY, most_bytes=100))

    assert codes(read) == ["fit-metadata-too-large"]


@pytest.mark.parametrize(
    "schema",
    [
        NOWHERE,
        NOWHERE.replace("3.0.0", "0.9.6"),
        NOWHERE.replace("metadata/3.0.0", "set-payload/1.0.0"),
        "http" + metadata_uri("2.1.0").removeprefix("https"),
        metadata_uri("2.1.0") + "#",
        metadata_uri("2.1"),
        7,
        None,
        {},
    ],
)
def test_another_schema_is_not_supported(schema: object) -> None:
    read = read_metadata(raw({**SECOND, "$schema": schema}))

    assert codes(read) == ["fit-metadata-schema-unsupported"]


@pytest.mark.parametrize("version", ["1.0.7", "1.3.0", "1.99.1"])
def test_every_version_of_a_major_is_read(version: str) -> None:
    read = read_metadata(raw({**FIRST, "$schema": metadata_uri(version)}))

    assert isinstance(read, Metadata)
    assert read.version == version


def test_a_major_that_is_switched_off_is_not_supported() -> None:
    only_second = replace(ANY, majors=frozenset({2}))

    assert codes(read_metadata(raw(FIRST), supported=only_second)) == [
        "fit-metadata-schema-unsupported"
    ]
    assert isinstance(read_metadata(raw(SECOND), supported=only_second), Metadata)


def test_whether_the_schema_may_be_missing_is_a_setting() -> None:
    value = {name: one for name, one in FIRST.items() if name != "$schema"}
    tolerant = replace(ANY, may_lack_schema=True)

    assert codes(read_metadata(raw(value))) == ["fit-metadata-schema-missing"]
    read = read_metadata(raw(value), supported=tolerant)
    assert isinstance(read, Metadata)
    assert read.version == "1.0.0"


@pytest.mark.parametrize(
    ("version", "is_certain"), [("1.0.9", True), ("1.3.0", False), ("1.1.0", False)]
)
def test_a_violation_by_another_versions_model_is_not_certain(
    version: str, *, is_certain: bool
) -> None:
    value = {**FIRST, "$schema": metadata_uri(version), "replyChannel": {}}
    read = read_metadata(raw(value))

    assert codes(read) == ["fit-metadata-violation"]
    assert isinstance(read, Problems)
    assert read.is_certain is is_certain


def test_a_violation_tells_the_place_and_nothing_of_the_value() -> None:
    value = {**SECOND, "author": {"name": 5}, "additionalReferenceInfo": {"Erika": 1}}
    read = read_metadata(raw(value))

    assert isinstance(read, Problems)
    assert {(one.location, one.detail) for one in read.found} == {
        ("/author/name", "type"),
        ("/author/product", "required"),
        ("/additionalReferenceInfo", "additionalProperties"),
    }
    assert "Erika" not in repr(read)


def test_a_name_of_the_senders_is_no_place() -> None:
    entry = {**SECOND["dataSets"][0], "schema": {"Erika": 1}}
    read = read_metadata(raw({**SECOND, "dataSets": [entry]}))

    assert isinstance(read, Problems)
    assert "Erika" not in repr(read)


@pytest.mark.parametrize(
    "attachments",
    [
        [{}, {}],
        [{}, {"fragments": [OTHER_ID]}],
        [{}, {"attachmentId": ID.upper()}],
        [{"fragments": [ID]}, {"attachmentId": OTHER_ID, "fragments": [ID]}],
        [{"fragments": [OTHER_ID]}, {"attachmentId": OTHER_ID}],
        [{"attachmentId": "x" * 36}],
        [{"fragments": ["../" * 12]}],
    ],
)
def test_an_upload_belongs_to_exactly_one_attachment(
    attachments: list[dict[str, object]],
) -> None:
    first = FIRST["contentStructure"]["attachments"][0]
    structure = {
        **SECOND["contentStructure"],
        "attachments": [{**first, **one} for one in attachments],
    }
    read = read_metadata(raw({**SECOND, "contentStructure": structure}))

    assert codes(read) == ["fit-attachments-described"]


def test_many_violations_are_told_up_to_a_number() -> None:
    structure = {**SECOND["contentStructure"], "attachments": [{}] * 500}
    read = read_metadata(raw({**SECOND, "contentStructure": structure}))

    assert 0 < len(codes(read)) <= 20


def test_of_large_metadata_the_first_violation_is_told() -> None:
    structure = {**SECOND["contentStructure"], "attachments": [{}] * 100_000}
    read = read_metadata(raw({**SECOND, "contentStructure": structure}))

    assert len(codes(read)) == 1


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b'{"a":' + b"9" * 5000 + b"}")
@example(b'{"a":1E' + b"9" * 50 + b"}")
def test_no_bytes_raise(body: bytes) -> None:
    assert isinstance(read_metadata(body), Problems)


@given(mutated([*every(1), *every(2)]))
def test_no_metadata_raise(value: object) -> None:
    body = json.dumps(value, default=float).encode()

    assert isinstance(read_metadata(body), Metadata | Problems)
