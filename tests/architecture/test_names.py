"""The rooms' plain names are ours alone on this machine's Python."""

import subprocess
import sys
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOMS, ROOT

OURS = "amtsweg"


def rivals() -> dict[str, set[str]]:
    """Distributions other than ours that bring a package named like a room."""
    owners = packages_distributions()
    claims = {room: set(owners.get(room, ())) - {OURS} for room in ROOMS}
    return {room: names for room, names in claims.items() if names}


def strangers() -> dict[str, str]:
    """Rooms that Python would import from elsewhere than this checkout."""
    found = {}
    for room in ROOMS:
        spec = PathFinder.find_spec(room)
        origin = spec.origin if spec and spec.origin else "nowhere"
        if Path(origin).parent != ROOT / room:
            found[room] = origin
    return found


def shadows(flows: Path) -> set[str]:
    """Names directly in flows/ that would hide another module.

    Prefect puts the folder of an entrypoint before the root on ``sys.path``: a
    ``flows/storage.py`` then hides the room of that name.
    """
    mine = {
        path.stem
        for path in flows.iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("__")
    }
    return mine & {*sys.stdlib_module_names, *packages_distributions(), *ROOMS}


@pytest.fixture
def rival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site folder before all others with a distribution that has a storage."""
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "RECORD").write_text("storage/__init__.py,,\n")
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_no_other_distribution_claims_a_room() -> None:
    assert rivals() == {}


def test_rooms_come_from_this_checkout() -> None:
    assert strangers() == {}


def test_rooms_are_found_from_any_folder(tmp_path: Path) -> None:
    code = (
        f"import {', '.join(ROOMS)}; print({', '.join(f'{r}.__file__' for r in ROOMS)})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    places = result.stdout.split()

    assert places == [str(ROOT / room / "__init__.py") for room in ROOMS]


def test_a_rival_distribution_is_noticed(rival: Path) -> None:
    assert rivals() == {"storage": {"rival"}}


def test_a_room_from_elsewhere_is_noticed(rival: Path) -> None:
    assert strangers() == {"storage": str(rival / "storage" / "__init__.py")}


def test_nothing_in_flows_hides_another_module() -> None:
    assert shadows(ROOT / "flows") == set()


@pytest.mark.parametrize("name", ["email.py", "storage/", "prefect.py", "fastapi/"])
def test_a_name_in_flows_that_hides_another_is_noticed(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.touch()

    assert shadows(tmp_path) == {path.stem}
