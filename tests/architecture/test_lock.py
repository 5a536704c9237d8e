"""The lock pins everything, tells no address, and every dependency has a reason."""

import re
import tomllib
from collections import Counter

import pytest

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
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
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


def test_every_direct_dependency_is_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {canonical(line.split("==")[0]) for line in lock.splitlines()}

    assert direct() - pinned == set()


def test_every_direct_dependency_has_one_line_that_says_why() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = Counter(canonical(name) for name in ENTRY.findall(text))

    assert explained == Counter(direct())
