"""The seal of a pack: nothing changes, comes or goes unnoticed."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.packs.sums import (
    check_sums,
    is_inside,
    make_sums,
    pack_hash,
    read_sums,
    sealed,
)
from tests.unit.packs.making import make_pack, seal, write_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "a-1"
    write_files(
        folder, {"b/ä [1].txt": "b", "b.txt": "", "z": b"\0" * 3_000_000, "B": "B"}
    )
    seal(folder)
    return folder


def test_sums_are_those_of_sha256sum(folder: Path) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "pack.sums"],
        cwd=folder,
        capture_output=True,
        check=False,
    )

    assert checked.returncode == 0
    assert list(read_sums(make_sums(folder))) == ["B", "b.txt", "b/ä [1].txt", "z"]


def test_the_same_files_have_the_same_hash(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "b-1"
    write_files(other, {name: (folder / name).read_bytes() for name in ("z", "b.txt")})
    write_files(other, {"B": "B", "b/ä [1].txt": "b"})

    assert pack_hash(make_sums(other)) == pack_hash(make_sums(folder))


def test_an_untouched_folder_has_no_difference(folder: Path) -> None:
    assert check_sums(folder) == ()


@pytest.mark.parametrize("name", ["b/ä [1].txt", "b.txt", "z", "B"])
def test_one_changed_byte_is_noticed(folder: Path, name: str) -> None:
    body = bytearray((folder / name).read_bytes() or b"x")
    body[-1] ^= 1
    (folder / name).write_bytes(body)

    assert check_sums(folder) == (f"{name}: differs from pack.sums",)


def test_a_file_more_or_less_is_noticed(folder: Path) -> None:
    (folder / "B").unlink()
    (folder / "b" / ".hidden").touch()

    assert check_sums(folder) == (
        "b/.hidden: is not in pack.sums",
        "B: is missing",
    )


@pytest.mark.parametrize("target", ["/etc/passwd", "b.txt", "nowhere", "b"])
def test_a_link_is_no_file_of_a_pack(folder: Path, target: str) -> None:
    (folder / "B").unlink()
    (folder / "B").symlink_to(target)

    assert check_sums(folder) == ("B: is not a plain file",)
    with pytest.raises(PackBroken, match="B: is not a plain file"):
        make_sums(folder)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    assert check_sums(folder) == ("pipe: is not a plain file",)


def test_a_name_that_would_fake_a_line_cannot_be_sealed(folder: Path) -> None:
    (folder / "a\nb").touch()

    with pytest.raises(PackBroken) as caught:
        make_sums(folder)

    assert caught.value.detail.isprintable()


def test_a_missing_seal_is_said(folder: Path) -> None:
    (folder / "pack.sums").unlink()

    assert check_sums(folder) == ("pack.sums: cannot be read",)


HASH = "0" * 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{HASH} a\n",
        f"{HASH}  ../a\n",
        f"{HASH}  /a\n",
        f"{HASH}  a\n{HASH}  a\n",
        f"{HASH}  a\n\n",
        f"{HASH}  a\r\n",
        f"{'0' * 63}  a\n",
    ],
)
def test_other_lines_are_no_sums(text: str) -> None:
    with pytest.raises(PackBroken, match="is not one of sha256sum"):
        read_sums(text.encode())


def test_only_listed_bytes_can_be_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    seal_of_it = sealed(folder, "a-1")
    (folder / "b.txt").write_text("exchanged")
    (folder / "B").unlink()

    assert seal_of_it.read("b/ä [1].txt") == b"b"
    for name in ("b.txt", "B", "../secret", str(tmp_path / "secret"), "pack.sums"):
        with pytest.raises(PackBroken):
            seal_of_it.read(name)


@given(st.text(st.sampled_from("./\\ab"), max_size=12))
def test_a_path_inside_never_leaves(name: str) -> None:
    if is_inside(name):
        assert os.path.normpath(name) == name
        assert (Path("/x") / name).is_relative_to("/x/")
        assert Path(name).parts[0] != ".."


def test_the_pack_of_the_other_tests_is_sealed(tmp_path: Path) -> None:
    assert check_sums(make_pack(tmp_path)) == ()
