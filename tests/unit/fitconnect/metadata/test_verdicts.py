"""Our models judge as the official schemas do."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.fitconnect.metadata.models import our_models
from tests.unit.fitconnect.metadata.instances import FIRST, SECOND, every
from tests.unit.fitconnect.metadata.mutations import (
    mutated,
    our_texts,
    singles,
    words,
)

FILES = {1: "metadata.schema.v1.0.0.json", 2: "metadata-2.1.0.schema.json"}
VERSIONS = {1: (1, 0, 0), 2: (2, 1, 0)}
MANY = settings(
    max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Judge = Callable[[int, object], tuple[bool, bool]]


@pytest.fixture
def judge(shared: Path) -> Judge:
    folder = shared / "reference" / "fitconnect"
    official = {
        version: jsonschema_rs.validator_for((folder / name).read_text("utf-8"))
        for version, name in FILES.items()
    }

    def verdicts(version: int, value: object) -> tuple[bool, bool]:
        ours = our_models()[VERSIONS[version]].validator
        return ours.is_valid(value), official[version].is_valid(value)

    return verdicts


@pytest.mark.parametrize("version", [1, 2])
def test_everything_that_the_schemas_know_is_valid_in_both(
    judge: Judge, version: int
) -> None:
    assert {judge(version, one) for one in every(version)} == {(True, True)}


@pytest.mark.parametrize("version", [1, 2])
def test_every_single_change_gets_the_same_verdict(judge: Judge, version: int) -> None:
    seen = set()
    for one in every(version):
        for value in singles(one):
            verdict = judge(version, value)
            assert verdict[0] == verdict[1], value
            seen.add(verdict)

    assert seen == {(True, True), (False, False)}


@pytest.mark.parametrize("version", [1, 2])
@MANY
@given(data=st.data())
def test_several_changes_at_once_get_the_same_verdict(
    judge: Judge, version: int, data: st.DataObject
) -> None:
    value = data.draw(mutated(every(version)))

    ours, official = judge(version, value)

    assert ours == official


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("value", [None, True, 1, "x", [], {}, [{}]])
def test_what_is_no_object_is_valid_in_neither(
    judge: Judge, version: int, value: object
) -> None:
    assert judge(version, value) == (False, False)


def test_what_the_pypi_client_writes_is_valid_in_the_first_and_not_in_the_second(
    judge: Judge,
) -> None:
    info = {"additionalReferenceInfo": {"submissionDate": "2026-11-21"}}

    assert judge(1, {**FIRST, **info}) == (True, True)
    assert judge(2, {**SECOND, **info}) == (False, False)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("keyword", ["enum", "properties"])
def test_the_same_words_are_known(shared: Path, version: int, keyword: str) -> None:
    file = shared / "reference" / "fitconnect" / FILES[version]
    official = json.loads(file.read_text("utf-8"))

    assert words(our_texts()[version - 1], keyword) == words(official, keyword)
