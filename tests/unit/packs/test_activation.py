"""The record of an activation survives its file, whole or not at all."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.packs.activation import (
    ACTIVATIONS,
    Activation,
    activated_keys,
    read_activation,
    write_activation,
)

RECORD = Activation(
    sha256="ab" * 32,
    key="tiny-1",
    engines=(("lxml", "6.1.3"), ("xmlschema", "4.3.2")),
    valid_samples=3,
    invalid_samples=2,
    at=datetime(2026, 5, 1, 12, tzinfo=UTC),
)


@given(
    at=st.datetimes(timezones=st.just(UTC)),
    engines=st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
)
def test_a_record_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory,
    at: datetime,
    engines: tuple[tuple[str, str], ...],
) -> None:
    place = tmp_path_factory.mktemp("packs")
    record = replace(RECORD, at=at, engines=engines)
    write_activation(place, record)

    assert read_activation(place, RECORD.sha256) == record


def test_a_second_record_replaces_the_first_and_leaves_nothing(tmp_path: Path) -> None:
    write_activation(tmp_path, RECORD)
    write_activation(tmp_path, replace(RECORD, valid_samples=9))

    found = read_activation(tmp_path, RECORD.sha256)
    assert found is not None
    assert found.valid_samples == 9
    assert len(list((tmp_path / ACTIVATIONS).iterdir())) == 1


def test_no_record_is_no_error(tmp_path: Path) -> None:
    assert read_activation(tmp_path, RECORD.sha256) is None
    assert activated_keys(tmp_path) == frozenset()


def test_a_damaged_record_is_refused_and_hides_no_other(tmp_path: Path) -> None:
    write_activation(tmp_path, RECORD)
    (tmp_path / ACTIVATIONS / f"{'0' * 64}.json").write_text("{")

    with pytest.raises(PackBroken, match="its activation: is not JSON"):
        read_activation(tmp_path, "0" * 64)
    assert activated_keys(tmp_path) == {"tiny-1"}
