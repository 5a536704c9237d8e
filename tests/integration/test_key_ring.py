"""Keys in a folder: made once, kept private, rotated and retired without loss."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.errors import ConfigurationInvalid, KeyMissing, ObjectDamaged, UnsafePath
from schemas.ids import CaseId, KeyName, TenantId
from storage.vault.keys import KeyRing
from tests.fakes.stores import CASE, TENANT

DATA_KEY = bytes(range(32))


class NewYear:
    """Still the old year in UTC, already the new one in Berlin."""

    def now(self) -> datetime:
        return datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def ring_at(folder: Path, *, may_create: bool = True) -> KeyRing:
    return KeyRing(folder, may_create=may_create, clock=NewYear())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys"


def test_the_first_start_makes_one_key(folder: Path) -> None:
    ring = ring_at(folder)

    name = ring.current_name()

    assert name.startswith("kek-2027-01-01-")
    assert ring.names() == (name,)
    assert ring.current_name() == name
    assert (folder / "current").read_text() == f"{name}\n"


def test_nothing_is_made_before_the_first_use(folder: Path) -> None:
    assert ring_at(folder).names() == ()
    assert not folder.exists()


def test_keys_are_private(folder: Path) -> None:
    name = ring_at(folder).current_name()
    ring_at(folder).mark_exported(name)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_many_first_starts_at_once_agree_on_one_key(folder: Path) -> None:
    rings = [ring_at(folder) for _ in range(16)]

    with ThreadPoolExecutor(16) as threads:
        names = set(threads.map(lambda ring: ring.current_name(), rings))

    assert len(names) == 1
    assert set(ring_at(folder).names()) == names


def test_a_start_that_died_between_key_and_current_is_completed(folder: Path) -> None:
    name = ring_at(folder).current_name()
    (folder / "current").unlink()

    assert ring_at(folder).current_name() == name


def test_a_key_is_never_made_by_itself_where_that_is_forbidden(folder: Path) -> None:
    ring = ring_at(folder, may_create=False)

    with pytest.raises(KeyMissing):
        ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)
    assert not folder.exists()

    made = ring.create()
    assert ring.current_name() == made


def test_a_choice_between_keys_is_left_to_people(folder: Path) -> None:
    ring_at(folder).create()
    ring_at(folder).create()
    (folder / "current").unlink()

    with pytest.raises(ConfigurationInvalid, match="keys/current"):
        ring_at(folder).current_name()


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "two words"])
def test_a_current_that_names_no_key_is_refused(folder: Path, text: str) -> None:
    ring_at(folder).create()
    (folder / "current").write_text(text)

    with pytest.raises(ConfigurationInvalid, match="keys/current"):
        ring_at(folder).current_name()


def test_a_current_key_that_is_gone_is_named(folder: Path) -> None:
    name = ring_at(folder).create()
    (folder / f"{name}.key").unlink()

    with pytest.raises(KeyMissing, match=name):
        ring_at(folder).current_name()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    name = ring_at(folder).current_name()
    (folder / f"{name}.key").chmod(mode)

    with pytest.raises(ConfigurationInvalid, match=rf"keys/{name}\.key is open"):
        ring_at(folder).current_name()


def test_a_folder_that_others_can_read_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)

    with pytest.raises(ConfigurationInvalid, match="chmod"):
        ring_at(folder).current_name()


def test_a_data_key_is_unwrapped_as_it_was_wrapped(folder: Path) -> None:
    wrapped = ring_at(folder).wrap(DATA_KEY, tenant=TENANT, case=CASE)

    plain = ring_at(folder).unwrap(wrapped, tenant=TENANT, case=CASE)

    assert plain == DATA_KEY
    assert DATA_KEY not in wrapped.wrapped


@pytest.mark.parametrize(
    ("tenant", "case"), [("other", CASE), (TENANT, "other"), (TENANT + CASE[0], CASE)]
)
def test_a_wrapped_key_belongs_to_its_case(
    folder: Path, tenant: str, case: str
) -> None:
    ring = ring_at(folder)
    wrapped = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)

    with pytest.raises(ObjectDamaged):
        ring.unwrap(wrapped, tenant=TenantId(tenant), case=CaseId(case))


def test_rotation_wraps_anew_and_still_opens_the_old(folder: Path) -> None:
    ring = ring_at(folder)
    old = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)

    name = ring.create()

    new = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)
    assert new.kek == ring.current_name() == name != old.kek
    for wrapped in (old, new):
        assert ring.unwrap(wrapped, tenant=TENANT, case=CASE) == DATA_KEY


def test_a_rotation_by_another_process_is_noticed(folder: Path) -> None:
    ring, other = ring_at(folder), ring_at(folder)
    before = ring.current_name()

    name = other.create()

    assert before != name
    assert ring.wrap(DATA_KEY, tenant=TENANT, case=CASE).kek == name


def test_rewrapping_moves_to_the_current_key_once(folder: Path) -> None:
    ring = ring_at(folder)
    old = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)
    name = ring.create()

    new = ring.rewrap(old, tenant=TENANT, case=CASE)

    assert new.kek == name
    assert ring.unwrap(new, tenant=TENANT, case=CASE) == DATA_KEY
    assert ring.rewrap(new, tenant=TENANT, case=CASE) is new


def test_a_retired_key_is_gone(folder: Path) -> None:
    ring = ring_at(folder)
    old = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)
    ring.mark_exported(old.kek)
    ring.create()

    ring.retire(old.kek)
    ring.retire(old.kek)

    assert old.kek not in ring.names()
    assert not ring.is_exported(old.kek)
    with pytest.raises(KeyMissing, match=old.kek):
        ring.unwrap(old, tenant=TENANT, case=CASE)


def test_the_current_key_cannot_be_retired(folder: Path) -> None:
    ring = ring_at(folder)
    name = ring.current_name()

    with pytest.raises(ConfigurationInvalid):
        ring.retire(name)

    assert ring.names() == (name,)


def test_an_exported_key_opens_everything_again(folder: Path, tmp_path: Path) -> None:
    ring = ring_at(folder)
    wrapped = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)
    text = ring.export(wrapped.kek)
    elsewhere = ring_at(tmp_path / "elsewhere", may_create=False)

    name = elsewhere.restore(text)

    assert name == wrapped.kek == elsewhere.restore(text)
    assert elsewhere.current_name() == name
    assert elsewhere.unwrap(wrapped, tenant=TENANT, case=CASE) == DATA_KEY


def test_an_exported_text_saved_by_hand_works(folder: Path, tmp_path: Path) -> None:
    ring = ring_at(folder)
    wrapped = ring.wrap(DATA_KEY, tenant=TENANT, case=CASE)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    file = elsewhere / f"{wrapped.kek}.key"
    file.touch(0o600)
    file.write_text(ring.export(wrapped.kek))

    plain = ring_at(elsewhere).unwrap(wrapped, tenant=TENANT, case=CASE)

    assert plain == DATA_KEY


def test_restoring_never_overwrites(folder: Path, tmp_path: Path) -> None:
    name = ring_at(folder).current_name()
    other = ring_at(tmp_path / "other")
    taken = other.export(other.current_name())
    (folder / f"{other.current_name()}.key").touch(0o600)

    with pytest.raises(ConfigurationInvalid):
        ring_at(folder).restore(taken)

    assert ring_at(folder).current_name() == name


def test_a_key_under_another_name_is_refused(folder: Path) -> None:
    ring = ring_at(folder)
    name = ring.current_name()
    (folder / f"{name}.key").rename(folder / "renamed.key")

    with pytest.raises(ConfigurationInvalid, match="renamed"):
        ring_at(folder).export(KeyName("renamed"))


def test_the_export_is_remembered(folder: Path) -> None:
    ring = ring_at(folder)
    name = ring.current_name()
    assert not ring.is_exported(name)

    ring.mark_exported(name)
    ring.mark_exported(name)

    assert ring_at(folder).is_exported(name)
    with pytest.raises(KeyMissing):
        ring.mark_exported(KeyName("kek-unknown"))


def test_a_name_from_elsewhere_never_becomes_a_path(folder: Path) -> None:
    ring = ring_at(folder)
    ring.current_name()

    for name in (KeyName("../secret"), KeyName(""), KeyName("/etc/passwd")):
        with pytest.raises(UnsafePath):
            ring.export(name)
        with pytest.raises(UnsafePath):
            ring.retire(name)


def test_no_key_stands_in_an_error(folder: Path) -> None:
    ring = ring_at(folder)
    name = ring.current_name()
    path = folder / f"{name}.key"
    path.write_text(path.read_text().replace("check: ", "check: 0"))

    with pytest.raises(ConfigurationInvalid) as caught:
        ring_at(folder).current_name()

    digits = ring.export(name).split("key:")[1].split("check:")[0].split()
    assert not any(group in str(caught.value) for group in digits)


def test_nothing_is_left_beside_the_keys(folder: Path) -> None:
    ring = ring_at(folder)
    ring.current_name()
    name = ring.create()
    ring.mark_exported(name)

    suffixes = sorted(path.suffix for path in folder.iterdir())

    assert suffixes == ["", ".exported", ".key", ".key"]
