"""Operators may put the official schemas in the place of our models."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given

from adapters.fitconnect.metadata.models import (
    MetadataModelBroken,
    our_models,
    read_models,
)
from adapters.fitconnect.metadata.reading import Problems, Supported, read_metadata
from adapters.fitconnect.metadata.values import Metadata, metadata_uri
from tests.unit.fitconnect.metadata.instances import (
    FIRST,
    SECOND,
    every,
    raw,
    with_amount,
)
from tests.unit.fitconnect.metadata.mutations import mutated


def test_official_schemas_of_an_operator_are_used(tmp_path: Path) -> None:
    schema = {
        "$id": metadata_uri("1.3.0"),
        "type": "object",
        "properties": {"replyChannel": {"required": ["fromOfficial"]}},
    }
    (tmp_path / "a.json").write_text(json.dumps(schema))
    supported = Supported(models=read_models(tmp_path))

    newer = {**FIRST, "$schema": metadata_uri("1.3.5")}
    read = read_metadata(raw(newer), supported=supported)
    assert isinstance(read, Problems)
    assert read.is_certain
    assert read.found[0].location == "/replyChannel/*"
    assert isinstance(read_metadata(raw(FIRST), supported=supported), Metadata)
    assert isinstance(read_metadata(raw(SECOND), supported=supported), Metadata)


@given(mutated([*every(1), *every(2)]))
def test_a_schema_that_allows_everything_makes_nothing_raise(value: object) -> None:
    loose = {
        version: replace(model, validator=jsonschema_rs.validator_for(True))
        for version, model in our_models().items()
    }
    body = json.dumps(value, default=float).encode()

    read = read_metadata(body, supported=Supported(models=loose))

    assert isinstance(read, Metadata | Problems)


def test_the_official_files_as_they_are_judge_likewise(
    shared: Path, tmp_path: Path
) -> None:
    folder = shared / "reference" / "fitconnect"
    for name in ("metadata.schema.v1.0.0.json", "metadata-2.1.0.schema.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    supported = Supported(models=read_models(tmp_path))

    for value in (FIRST, SECOND):
        assert isinstance(read_metadata(raw(value), supported=supported), Metadata)
    for amount in ("4.35", "0.07"):
        assert isinstance(
            read_metadata(with_amount(amount), supported=supported), Metadata
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"$id": "https://example.org/x.json"}',
        json.dumps({"$id": metadata_uri("2.0.0"), "type": 5}),
        json.dumps({"$id": metadata_uri("2.0.0"), "$ref": "https://example.org/x"}),
    ],
)
def test_a_file_that_is_no_schema_of_metadata_is_named(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "wrong.json").write_text(text)

    with pytest.raises(MetadataModelBroken, match=r"wrong\.json"):
        read_models(tmp_path)
