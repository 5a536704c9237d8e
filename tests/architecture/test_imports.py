"""The walls between the rooms stand, and each of them is shown to bite."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOMS, ROOT, modules, parsed

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
IMPORT = re.compile(r"^-\s+(\S+) -> (\S+) \(l\.\d+\)$", re.MULTILINE)

Planted = tuple[str, str, str]
FORBIDDEN: tuple[Planted, ...] = (
    # contract, file, what it imports
    ("rooms", "schemas/planted.py", "storage"),
    ("rooms", "schemas/planted.py", "adapters"),
    ("rooms", "storage/planted.py", "adapters"),
    ("rooms", "storage/planted.py", "flows"),
    ("rooms", "adapters/planted.py", "storage"),
    ("rooms", "adapters/planted.py", "api"),
    ("rooms", "flows/planted.py", "api"),
    ("rooms", "api/planted.py", "flows"),
    ("pure", "schemas/planted.py", "sqlmodel"),
    ("pure", "schemas/planted.py", "prefect"),
    ("rules", "schemas/rules/planted.py", "lxml.etree"),
    ("rules", "schemas/rules/planted.py", "storage"),
    ("rows", "flows/planted.py", "storage.tables"),
    ("adapters", "adapters/planted/__init__.py", "adapters.another"),
    ("adapters", "adapters/planted/deep.py", "adapters.another.deep"),
    ("flows", "api/planted.py", "flows"),
    ("cli", "api/planted.py", "api.cli"),
    ("cli", "flows/planted.py", "api.cli"),
    ("prefect", "adapters/planted.py", "prefect"),
    ("prefect", "api/planted.py", "prefect"),
    ("prefect", "schemas/planted.py", "prefect"),
    ("prefect", "storage/planted.py", "prefect.client.orchestration"),
)
ALLOWED = (
    ("adapters/planted.py", "adapters.base"),
    ("adapters/planted/deep.py", "adapters.base"),
    ("adapters/registry.py", "adapters.another"),
    ("api/cli/__init__.py", "flows"),
    ("api/cli/planted.py", "flows"),
    ("api/cli/planted.py", "prefect"),
    ("api/planted.py", "adapters.another"),
    ("api/planted.py", "storage"),
    ("flows/planted.py", "prefect"),
    ("flows/planted.py", "storage"),
    ("storage/planted.py", "storage.tables"),
)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT_IMPORTS), "--no-cache", "--no-logo"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms, with another adapter and all that is allowed."""
    folder = tmp_path_factory.mktemp("rooms")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path in modules(ROOT, *ROOMS):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    plant(folder, "adapters/another/__init__.py", "")
    plant(folder, "adapters/another/deep.py", "")
    for file, imported in ALLOWED:
        plant(folder, file, f"import {imported}")
    return folder


@pytest.fixture(scope="module")
def before(copy: Path) -> subprocess.CompletedProcess[str]:
    """What is said of the copy while nothing forbidden stands in it."""
    return lint(copy)


@pytest.fixture(scope="module")
def after(
    copy: Path, before: subprocess.CompletedProcess[str]
) -> subprocess.CompletedProcess[str]:
    """What is said of it with every violation, each in a file of its own."""
    for number, (_, file, imported) in enumerate(FORBIDDEN):
        plant(copy, own(file, number), f"import {imported}")
    return lint(copy)


def own(file: str, number: int) -> str:
    return file.replace("planted", f"planted_{number}", 1)


def plant(copy: Path, file: str, source: str) -> None:
    path = copy / file
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    text = path.read_text(encoding="utf-8") if path.is_file() else '"""Planted."""\n'
    path.write_text(f"{text}{source}\n", encoding="utf-8")


def illegal(output: str, contract: str) -> set[tuple[str, str]]:
    """The imports, from which module of what, that break this contract."""
    broken = output.partition("\nBroken contracts\n")[2]
    sections = re.split(r"^(.+)\n-{3,}$", broken, flags=re.MULTILINE)
    told = dict(zip(sections[1::2], sections[2::2], strict=True))
    found = IMPORT.findall(told.get(contracts()[contract], ""))
    return {(importer, imported) for importer, imported in found}


def contracts() -> dict[str, str]:
    """The name of each contract, by its id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    entries = settings["tool"]["importlinter"]["contracts"]
    return {entry["id"]: entry["name"] for entry in entries}


def test_every_import_of_this_checkout_keeps_the_contracts() -> None:
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("number", range(len(FORBIDDEN)), ids=map("-".join, FORBIDDEN))
def test_a_planted_violation_is_reported(
    after: subprocess.CompletedProcess[str], number: int
) -> None:
    contract, file, imported = FORBIDDEN[number]
    parts = Path(own(file, number)).with_suffix("").parts
    importer = ".".join(parts).removesuffix(".__init__")
    # Of what others have made, import-linter knows the package only.
    package = imported.split(".", maxsplit=1)[0]
    known = imported if package in ROOMS else package

    assert after.returncode == 1, after.stdout + after.stderr
    assert (importer, known) in illegal(after.stdout, contract)


def test_what_the_design_allows_is_not_reported(
    before: subprocess.CompletedProcess[str],
) -> None:
    assert before.returncode == 0, before.stdout + before.stderr
    assert f"Contracts: {len(contracts())} kept, 0 broken." in before.stdout


def test_nothing_but_what_was_planted_is_reported(
    after: subprocess.CompletedProcess[str],
) -> None:
    found = {one for contract in contracts() for one in illegal(after.stdout, contract)}

    assert len(found) == len(FORBIDDEN)
    assert all("planted_" in importer for importer, _ in found)


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in FORBIDDEN} == set(contracts())


def imports_by_string(tree: ast.AST) -> list[int]:
    """Lines that call ``__import__``; ruff's banned-api has the other ways."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "__import__"
    ]


def test_no_module_is_imported_by_string() -> None:
    # Reading a thousand files is quick, understanding them is not.
    paths = [
        path
        for path in modules(ROOT, *ROOMS, "bench", "tests")
        if "__import__" in path.read_text(encoding="utf-8")
    ]
    assert Path(__file__) in paths
    found = {str(path): imports_by_string(parsed(path)) for path in paths}

    assert {path: lines for path, lines in found.items() if lines} == {}
    assert imports_by_string(ast.parse('x = __import__("storage")')) == [1]


@pytest.mark.parametrize(
    "line",
    [
        'importlib.import_module("storage")',
        'pkgutil.resolve_name("storage")',
        'runpy.run_module("storage")',
    ],
)
def test_ruff_reports_an_import_by_string(line: str) -> None:
    source = f'"""Planted."""\n\nimport {line.split(".", maxsplit=1)[0]}\n\n{line}\n'
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "check", "--no-cache", "--output-format=json"]
    result = subprocess.run(
        [*command, "--stdin-filename=schemas/planted.py", "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )

    assert '"TID251"' in result.stdout, result.stdout + result.stderr


def test_doors_load_without_flows_and_prefect() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in modules(ROOT, "api")
    ]
    heavy = "{'flows', 'prefect'} & set(sys.modules)"
    code = f"import sys, {', '.join(names)}; sys.exit(bool({heavy}))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr or "flows or Prefect was loaded"
