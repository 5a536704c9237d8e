"""Keys are kept, never overwritten, and replaced without a moment without them."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.jose.algorithms import Algorithms
from adapters.fitconnect.jose.errors import KeyUnusable
from adapters.fitconnect.jose.jwe import Keyring, decrypt, encrypt
from adapters.fitconnect.jose.keys import read_private, read_private_set, read_public
from adapters.fitconnect.keyring import folder as folders
from adapters.fitconnect.keyring.errors import (
    KeyNameUnusable,
    KeysMissing,
    KeysReadable,
    RotationWaits,
)
from adapters.fitconnect.keyring.folder import KeyFolder, KeyPair
from adapters.fitconnect.keyring.register import KEPT, read_register
from tests.fitconnect_keys import key_for, test_key

FIRST = KeyPair(decryption=test_key("decryption"), signing=test_key("signing"))
SECOND = KeyPair(decryption=test_key("decryption-2"), signing=test_key("signing-2"))
THEN = datetime(2026, 11, 21, 12, tzinfo=UTC)
OTHERS = Algorithms(key_encryption=("RSA-OAEP-512",), signature=("PS256",))
STEPS = ("write_register", "write_file", "remove_folder")


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    made = KeyFolder(tmp_path / "keys", "bauamt")
    assert made.create(FIRST)
    return made


class Died(Exception):
    """The process ended here."""


def dying_after(monkeypatch: pytest.MonkeyPatch, count: int, *names: str) -> None:
    """Let so many writes happen, and no more."""
    left = [count]

    def counted(name: str) -> None:
        real = getattr(folders, name)

        def write(*arguments: object) -> object:
            if not left[0]:
                raise Died
            left[0] -= 1
            return real(*arguments)

        monkeypatch.setattr(folders, name, write)

    for name in names:
        counted(name)


def test_the_first_pair_is_used_and_published(folder: KeyFolder) -> None:
    assert folder.current() == FIRST
    assert [jwk["key_ops"] for jwk in folder.published()] == [["wrapKey"], ["verify"]]
    assert folder.waiting() is None


def test_a_second_run_overwrites_nothing(folder: KeyFolder) -> None:
    before = {path: path.read_bytes() for path in folder.path.iterdir()}

    assert not folder.create(SECOND)
    assert {path: path.read_bytes() for path in folder.path.iterdir()} == before
    assert [path.name for path in folder.path.parent.iterdir()] == ["bauamt"]


def test_nobody_else_can_read_a_private_key(folder: KeyFolder) -> None:
    folder.add(SECOND)

    found = [path for path in folder.path.rglob("*") if path.is_file()]
    assert len(found) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    above = [folder.path, folder.path.parent, folder.path.parent.parent]
    assert {stat.S_IMODE(path.stat().st_mode) for path in above} == {0o700}


def test_a_key_that_others_can_read_is_not_used(folder: KeyFolder) -> None:
    (folder.path / folders.SIGNING).chmod(0o640)

    with pytest.raises(KeysReadable):
        folder.current()


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "Bauamt", "-a", "a" * 64, "ä", "a\n"]
)
def test_a_name_is_no_way_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyNameUnusable):
        KeyFolder(tmp_path, name)


def test_keys_that_are_not_there_are_missing(tmp_path: Path) -> None:
    absent = KeyFolder(tmp_path, "bauamt")

    with pytest.raises(KeysMissing):
        absent.current()
    with pytest.raises(KeysMissing):
        absent.add(SECOND)


def test_a_new_pair_opens_at_once_and_signs_only_when_published(
    folder: KeyFolder,
) -> None:
    folder.add(SECOND)

    assert folder.decryption() == (FIRST.decryption, SECOND.decryption)
    assert folder.current() == FIRST
    assert folder.waiting() == SECOND
    assert len(folder.published()) == 4

    assert folder.old_signatures() == ()

    folder.promote(at=THEN)
    assert [jwk["kid"] for jwk in folder.old_signatures()] == [FIRST.signing.kid]
    assert folder.current() == SECOND
    assert folder.decryption() == (SECOND.decryption, FIRST.decryption)
    assert folder.waiting() is None
    assert len(folder.published()) == 4


def test_a_third_pair_waits_until_the_second_is_published(folder: KeyFolder) -> None:
    folder.add(SECOND)

    with pytest.raises(RotationWaits):
        folder.add(FIRST)
    assert folder.waiting() == SECOND


def test_what_was_encrypted_before_a_rotation_opens_after_it(folder: KeyFolder) -> None:
    token = encrypt(FIRST.decryption.public(), b"{}", content_type="application/json")
    folder.add(SECOND)
    folder.promote(at=THEN)

    assert decrypt(Keyring(folder.decryption()), token, limit=9) == b"{}"


def test_an_old_decryption_key_goes_when_nothing_can_need_it(folder: KeyFolder) -> None:
    folder.add(SECOND)
    folder.promote(at=THEN)

    assert folder.retire(at=THEN + KEPT - timedelta(seconds=1)) == ()
    assert folder.retire(at=THEN + KEPT) == (FIRST.decryption,)
    assert folder.retire(at=THEN + KEPT) == ()
    assert folder.decryption() == (SECOND.decryption,)
    aside = (folder.path / folders.RETIRED).read_text()
    assert read_private_set(aside) == (FIRST.decryption,)
    # What it signed must verify for as long as events are kept.
    assert FIRST.signing.kid in {jwk["kid"] for jwk in folder.published()}


def test_the_current_key_is_never_retired(folder: KeyFolder) -> None:
    folder.add(SECOND)
    folder.promote(at=THEN)
    folder.add(FIRST)
    folder.promote(at=THEN)

    assert folder.current() == FIRST
    assert folder.retire(at=THEN + 9 * KEPT) == (SECOND.decryption,)
    assert folder.current() == FIRST


@pytest.mark.parametrize("writes", range(6))
def test_a_promotion_that_died_is_finished_by_the_next(
    folder: KeyFolder, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    folder.add(SECOND)
    with monkeypatch.context() as patched:
        dying_after(patched, writes, *STEPS)
        if writes < 5:
            with pytest.raises(Died):
                folder.promote(at=THEN)
        else:
            folder.promote(at=THEN)
    assert set(folder.decryption()) == {FIRST.decryption, SECOND.decryption}
    folder.promote(at=THEN + timedelta(days=1))

    assert folder.current() == SECOND
    assert folder.waiting() is None
    assert set(folder.register().replaced) == {FIRST.decryption.kid, FIRST.signing.kid}
    replaced = set(folder.register().replaced.values())
    assert replaced == {THEN if writes else THEN + timedelta(days=1)}


@pytest.mark.parametrize("writes", range(3))
def test_a_rotation_that_died_is_finished_by_the_next(
    folder: KeyFolder, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    with monkeypatch.context() as patched:
        dying_after(patched, writes, "write_folder", "write_file")
        with pytest.raises(Died):
            folder.add(SECOND)
    if not writes:
        folder.add(SECOND)
    assert folder.take_in_waiting() == SECOND

    assert folder.decryption() == (FIRST.decryption, SECOND.decryption)
    assert len(folder.published()) == 4


def test_files_are_what_settings_and_portal_read(folder: KeyFolder) -> None:
    signing = (folder.path / folders.SIGNING).read_text()
    decryption = (folder.path / folders.DECRYPTION).read_text()
    public = json.loads((folder.path / folders.PUBLIC).read_text())["keys"]

    assert read_private(signing) == FIRST.signing
    assert read_private_set(decryption) == (FIRST.decryption,)
    assert [read_public(jwk).kid for jwk in public] == [
        FIRST.decryption.kid,
        FIRST.signing.kid,
    ]
    assert not [member for jwk in public for member in jwk if member in "dpq"]


@given(text=st.text(max_size=60))
def test_a_damaged_register_keeps_every_key(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / "register.json"
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")

    assert read_register(folder).replaced == {}


@pytest.mark.parametrize(
    "text",
    ['{"replaced": {"a": "2026-01-01T00:00:00"}}', '{"replaced": {"a": 1}}', "[]"],
)
def test_a_register_without_true_moments_keeps_every_key(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "register.json"
    path.touch(0o600)
    path.write_text(text)

    assert read_register(tmp_path).replaced == {}


def by(algorithms: Algorithms, decryption: str, signing: str) -> KeyPair:
    return KeyPair(
        decryption=key_for(decryption, algorithms), signing=key_for(signing, algorithms)
    )


def test_keys_for_other_algorithms_follow_those_that_are_there(
    folder: KeyFolder,
) -> None:
    second = by(OTHERS, "decryption-2", "signing-2")
    folder.add(second)
    folder.promote(at=THEN)

    assert folder.current() == second
    assert [key.algorithm for key in folder.decryption()] == [
        "RSA-OAEP-512",
        "RSA-OAEP-256",
    ]
    assert [jwk["alg"] for jwk in folder.published()] == [
        *("RSA-OAEP-256", "PS512", "RSA-OAEP-512", "PS256")
    ]


@pytest.mark.parametrize("others", [OTHERS, Algorithms(signature=("PS256",))])
def test_a_key_keeps_the_algorithm_that_it_was_published_with(
    folder: KeyFolder, others: Algorithms
) -> None:
    before = {path: path.read_bytes() for path in folder.path.iterdir()}

    with pytest.raises(KeyUnusable, match="keeps the algorithm"):
        folder.add(by(others, "decryption", "signing"))
    assert {path: path.read_bytes() for path in folder.path.iterdir()} == before
