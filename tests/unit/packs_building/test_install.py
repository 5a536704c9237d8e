"""A pack is in use whole and proved, or not at all."""

import os
from pathlib import Path

import pytest

from schemas.errors import PackBroken
from schemas.packs.activation import read_activation
from schemas.packs.building.build import build
from schemas.packs.building.install import (
    Installed,
    NotActivated,
    activate,
    install,
)
from schemas.packs.building.proposal import Proposal
from schemas.packs.manifest import MANIFEST
from schemas.packs.presence import Active, Inactive
from tests.unit.packs.making import make_pack, write_files
from tests.unit.packs_building.downloads import (
    BAD,
    DANGLING,
    GOOD,
    NOW,
    STANDARD,
    added,
    folder_of,
    library,
    must_add,
    proposed,
)

KEY = "hunde-abgabe-2.3"


def made(tmp_path: Path, **samples: str) -> Proposal:
    files = {f"beispiele/{name}.xml": body for name, body in samples.items()}
    source = folder_of(tmp_path, {**STANDARD, **files})
    return proposed(source, tmp_path / "packs")


def test_a_pack_whose_samples_go_as_they_should_is_active_and_recorded(
    tmp_path: Path,
) -> None:
    place = tmp_path / "packs"

    done = added(made(tmp_path, gut=GOOD, negativ=BAD), place)

    assert isinstance(done, Installed)
    assert not done.was_there
    entry = library(place).entry(KEY)
    assert entry is not None
    assert entry.status == Active()
    record = read_activation(place, entry.ref.sha256)
    assert record == done.activation
    assert (record.valid_samples, record.invalid_samples) == (1, 1)
    assert dict(record.engines).keys() >= {"lxml", "libxml2"}
    assert record.at == NOW


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ({"gut": BAD}, "schema-violation"),
        ({"gut": DANGLING}, "dangling-idref"),
        ({"negativ": GOOD}, "must be refused"),
    ],
)
def test_a_pack_whose_samples_fail_is_not_installed_and_leaves_nothing(
    tmp_path: Path, samples: dict[str, str], reason: str
) -> None:
    place = tmp_path / "packs"

    done = added(made(tmp_path, **samples), place)

    assert isinstance(done, NotActivated)
    assert reason in done.reasons[0]
    assert done.folder is None
    assert list(place.iterdir()) == []


def test_the_reason_names_the_place_and_never_the_value(tmp_path: Path) -> None:
    done = added(made(tmp_path, gut=BAD), tmp_path / "packs")

    assert isinstance(done, NotActivated)
    assert "/@gewicht" in done.reasons[0]
    assert "schwer" not in done.reasons[0]


def test_a_pack_that_failed_can_be_kept_and_is_inactive(tmp_path: Path) -> None:
    place = tmp_path / "packs"

    done = added(made(tmp_path, gut=BAD), place, keep=True)

    assert isinstance(done, NotActivated)
    assert done.folder == place / KEY
    entry = library(place).entry(KEY)
    assert entry is not None
    assert isinstance(entry.status, Inactive)


def test_a_pack_that_was_kept_and_mended_is_built_and_then_activated(
    tmp_path: Path,
) -> None:
    place = tmp_path / "packs"
    added(made(tmp_path, gut=BAD), place, keep=True)
    (place / KEY / "samples/valid/gut.xml").write_text(GOOD)

    changed = activate(place / KEY, library(place), at=NOW)
    build(place / KEY, library(place))
    mended = activate(place / KEY, library(place), at=NOW)

    assert isinstance(changed, NotActivated)
    assert "differs" in changed.reasons[0]
    assert isinstance(mended, Installed)


def test_adding_the_same_once_more_is_harmless(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    first = added(made(tmp_path, gut=GOOD), place)

    again = added(made(tmp_path, gut=GOOD), place)

    assert isinstance(first, Installed)
    assert isinstance(again, Installed)
    assert again.was_there
    assert again.activation == first.activation


def test_other_bytes_under_the_same_key_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    added(made(tmp_path, gut=GOOD), place)
    before = (place / KEY / "pack.sums").read_bytes()

    done = added(made(tmp_path, gut=GOOD, noch=GOOD), place)

    assert isinstance(done, NotActivated)
    assert "version" in done.reasons[0]
    assert (place / KEY / "pack.sums").read_bytes() == before


def test_a_lost_record_is_made_again_by_adding_once_more(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    added(made(tmp_path, gut=GOOD), place)
    for record in (place / ".activations").iterdir():
        record.unlink()

    done = added(made(tmp_path, gut=GOOD), place)

    assert isinstance(done, Installed)
    entry = library(place).entry(KEY)
    assert entry is not None
    assert entry.status == Active()


def test_of_two_who_add_the_same_at_once_the_second_finds_it_there(
    tmp_path: Path,
) -> None:
    """The library of the second does not know yet what the first has added."""
    place = tmp_path / "packs"
    place.mkdir()
    before = library(place)
    proposal = made(tmp_path, gut=GOOD)

    first = install(proposal, place, before, at=NOW)
    second = install(proposal, place, before, at=NOW)

    assert isinstance(first, Installed)
    assert isinstance(second, Installed)
    assert second.was_there


def test_what_a_killed_process_left_is_swept_a_day_later(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    old, fresh = place / ".staging-old", place / ".staging-fresh"
    for one in (old, fresh):
        (one / KEY).mkdir(parents=True)
    os.utime(old, (0, 0))

    added(made(tmp_path, gut=GOOD), place)

    assert not old.exists()
    assert fresh.exists()


def test_a_place_that_is_no_folder_is_called_so(tmp_path: Path) -> None:
    place = tmp_path / "packs"
    place.write_text("")

    with pytest.raises(PackBroken, match="cannot be written"):
        install(made(tmp_path), place, library(tmp_path / "none"), at=NOW)


def test_what_is_missing_is_the_reason(tmp_path: Path) -> None:
    files = {name: body for name, body in STANDARD.items() if "einheiten" not in name}
    found = proposed(folder_of(tmp_path, files), tmp_path / "packs")

    done = added(found, tmp_path / "packs")

    assert isinstance(done, NotActivated)
    assert "http://masse.example" in done.reasons[0]


def test_a_pack_without_samples_is_installed_and_says_that_nothing_was_tried(
    tmp_path: Path,
) -> None:
    done = must_add(folder_of(tmp_path), tmp_path / "packs")

    assert (done.activation.valid_samples, done.activation.invalid_samples) == (0, 0)


def test_a_schema_that_does_not_compile_is_the_reason(tmp_path: Path) -> None:
    broken = str(STANDARD["haupt.xsd"]).replace("abg:TierTyp", "abg:Nirgends")
    source = folder_of(tmp_path, {**STANDARD, "haupt.xsd": broken})
    place = tmp_path / "packs"

    done = added(proposed(source, place), place)

    assert isinstance(done, NotActivated)
    assert "xsd/haupt.xsd" in done.reasons[0]


def test_a_pack_written_by_hand_is_added_as_it_is(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "mine")
    manifest = (folder / MANIFEST).read_bytes()

    done = must_add(folder, tmp_path / "packs")

    assert done.folder == tmp_path / "packs" / "tiny-1"
    assert (done.folder / MANIFEST).read_bytes() == manifest


def test_what_a_person_says_changes_a_pack_written_by_hand(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "mine")

    done = must_add(folder, tmp_path / "packs", version="2", title="Zweite")

    assert done.folder.name == "tiny-2"
    assert b"Zweite" in (done.folder / MANIFEST).read_bytes()


def test_a_pack_written_by_hand_names_what_it_requires(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "mine", requires=("lib-1",))

    (gap,) = proposed(folder, tmp_path / "packs").missing

    assert gap.advice == "Add the pack lib-1 first, then repeat."


def test_a_pack_that_lies_in_its_place_is_activated_where_it_is(
    tmp_path: Path,
) -> None:
    place = tmp_path / "packs"
    folder = make_pack(place)
    write_files(tmp_path / "beside", {"a": "b"})

    done = activate(folder, library(place), at=NOW)

    assert isinstance(done, Installed)
    entry = library(place).entry("tiny-1")
    assert entry is not None
    assert entry.status == Active()
