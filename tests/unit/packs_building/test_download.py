"""Downloads are hostile until looked at."""

import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import PackBroken
from schemas.packs.building.download import Limits, read_download
from tests.unit.packs_building.downloads import zip_of

SMALL = Limits(
    files=5, file_bytes=2_000, all_bytes=5_000, ratio=10, free_bytes=100, depth=4
)


def written(tmp_path: Path, body: bytes) -> Path:
    path = tmp_path / "standard.zip"
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../aussen.xsd",
        "/etc/passwd",
        "a/../../b.xsd",
        "a//b.xsd",
        "C:/windows.xsd",
        "..\\aussen.xsd",
        "zeile\num.xsd",
        "a/b/c/d/e.xsd",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, zip_of({name: "x"}))

    with pytest.raises(PackBroken, match="leads elsewhere"):
        read_download(source, limits=SMALL)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "standard.zip"
    with zipfile.ZipFile(source, "w") as archive:
        link = zipfile.ZipInfo("a.xsd")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(PackBroken, match="link"):
        read_download(source)


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("geheim")
    folder = tmp_path / "standard"
    folder.mkdir()
    (folder / "a.xsd").write_text("x")
    (folder / "b.xsd").symlink_to(tmp_path / "secret.txt")
    (folder / "c").symlink_to(tmp_path, target_is_directory=True)

    assert set(read_download(folder).files) == {"a.xsd"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.xsd": "0" * 1_900}, "proportion"),
        ({f"{n}.xsd": "x" for n in range(6)}, "too many"),
        ({"a.xsd": bytes(range(256)) * 8}, "too large"),
        ({f"{n}.xsd": bytes(range(256)) * 7 for n in range(4)}, "too large"),
    ],
)
def test_a_bomb_is_noticed_while_it_grows(
    tmp_path: Path, files: dict[str, str | bytes], reason: str
) -> None:
    with pytest.raises(PackBroken, match=reason):
        read_download(written(tmp_path, zip_of(files)), limits=SMALL)


def test_a_bomb_inside_of_a_zip_inside_is_noticed_too(tmp_path: Path) -> None:
    inner = zip_of({"a.xsd": "0" * 1_900})

    with pytest.raises(PackBroken, match="proportion"):
        read_download(written(tmp_path, zip_of({"innen.zip": inner})), limits=SMALL)


def test_a_zip_is_opened_one_level_deep_and_no_further(tmp_path: Path) -> None:
    deepest = zip_of({"c.xsd": "c"})
    inner = zip_of({"b.xsd": "b", "tiefer.zip": deepest})

    found = read_download(written(tmp_path, zip_of({"a.xsd": "a", "innen.zip": inner})))

    assert set(found.files) == {"a.xsd", "innen/b.xsd", "innen/tiefer.zip"}


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "standard.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("a/x.xsd", "1")
        archive.writestr("a\\x.xsd", "2")

    with pytest.raises(PackBroken, match="same name"):
        read_download(source)


def test_one_folder_around_everything_says_nothing(tmp_path: Path) -> None:
    files = {"XStandard_1.0/xsd/a.xsd": "a", "XStandard_1.0/b.txt": "b"}

    found = read_download(written(tmp_path, zip_of(files)))

    assert found.files == {"xsd/a.xsd": b"a", "b.txt": b"b"}
    assert found.name == "standard"


def test_rubbish_of_file_managers_and_hidden_files_stay_out(tmp_path: Path) -> None:
    folder = tmp_path / "standard"
    (folder / ".git").mkdir(parents=True)
    for name in (".git/config", ".versteckt", "Thumbs.db", "a.xsd"):
        (folder / name).write_text("x")

    assert set(read_download(folder).files) == {"a.xsd"}


def test_separators_of_old_programs_are_understood(tmp_path: Path) -> None:
    source = written(tmp_path, zip_of({"xsd\\teil\\a.xsd": "a", "./b.txt": "b"}))

    assert set(read_download(source).files) == {"xsd/teil/a.xsd", "b.txt"}


def test_what_is_neither_folder_nor_zip_nor_schema_is_said_to_be(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")

    with pytest.raises(PackBroken, match="neither"):
        read_download(tmp_path / "a.pdf")
    with pytest.raises(PackBroken, match="neither"):
        read_download(tmp_path / "not there")


@given(cut=st.integers(0, 400), flip=st.integers(0, 400), value=st.integers(0, 255))
def test_a_damaged_zip_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int, value: int
) -> None:
    body = bytearray(zip_of({"a.xsd": "<a/>" * 30, "b/c.xsd": "x"}))
    body[flip % len(body)] = value
    source = tmp_path_factory.mktemp("damaged") / "standard.zip"
    source.write_bytes(bytes(body[: len(body) - cut % len(body)]))

    try:
        found = read_download(source, limits=SMALL)
    except PackBroken:
        return

    assert all(not path.startswith(("/", ".")) for path in found.files)
