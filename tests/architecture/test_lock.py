"""The lock pins everything, tells no address, and every dependency has a reason."""

import re
import tomllib
from collections import Counter
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

from tests.architecture.checkout import ROOT

PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+")
ENTRY = re.compile(r"^\* `([^`]+)`: \S.*$", re.MULTILINE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def unpinned(lock: str) -> list[str]:
    """Lines that are neither a comment nor ``name==version``."""
    lines = [line for line in lock.splitlines() if line and not line.startswith("# ")]
    return [line for line in lines if not PIN.fullmatch(line)]


def direct() -> set[str]:
    """Names of the dependencies that pyproject.toml declares itself."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    return {canonical(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in wanted}


def test_the_lock_holds_only_pins() -> None:
    assert unpinned((ROOT / "requirements.lock").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "-i https://packages.example/simple",
        "--find-links /somewhere",
        "lxml @ file:///somewhere/lxml.whl",
        "-e git+https://packages.example/lxml#egg=lxml",
        "lxml>=6",
    ],
)
def test_an_address_or_a_range_in_the_lock_is_noticed(line: str) -> None:
    assert unpinned(f"# a comment\nlxml==6.1.3\n{line}\n") == [line]


def pinned() -> set[str]:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {
        canonical(line.split("==")[0]) for line in lock.splitlines() if "==" in line
    }


def wanted_by(name: str, python: str) -> set[str]:
    """What this package asks for on Linux with this Python, without extras."""
    python_version = ".".join(python.split(".")[:2])
    system = {"python_version": python_version, "python_full_version": python}
    entries = [Requirement(text) for text in distribution(name).requires or ()]
    return {
        canonical(entry.name)
        for entry in entries
        if not entry.marker or entry.marker.evaluate({**system, "extra": ""})
    }


def test_every_direct_dependency_is_in_the_lock() -> None:
    assert direct() - pinned() == set()


@pytest.mark.parametrize("python", ["3.11.2", "3.11.14", "3.12.0", "3.13.0"])
def test_the_lock_is_complete_for_every_python_we_promise(python: str) -> None:
    # Resolved on a later 3.11 it once lacked what Debian 12's 3.11.2 needs.
    lacking = {name: wanted_by(name, python) - pinned() for name in pinned()}

    assert {name: names for name, names in lacking.items() if names} == {}


def test_what_only_an_older_python_needs_is_seen() -> None:
    assert "async-timeout" in wanted_by("redis", "3.11.2")
    assert "async-timeout" not in wanted_by("redis", "3.11.14")


def test_every_direct_dependency_has_one_line_that_says_why() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = Counter(canonical(name) for name in ENTRY.findall(text))

    assert explained == Counter(direct())
