"""The walls between the rooms stand, and each of them is shown to bite."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOMS, ROOT, modules, parsed

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

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


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(LINT_IMPORTS), "--no-cache", "--no-logo", *options]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rooms, with a second adapter to be imported."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path in modules(ROOT, *ROOMS):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    plant(tmp_path, "adapters/another/__init__.py", "")
    plant(tmp_path, "adapters/another/deep.py", "")
    return tmp_path


def plant(copy: Path, file: str, source: str) -> None:
    path = copy / file
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(f'"""Planted."""\n{source}\n', encoding="utf-8")


def contracts() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {entry["id"] for entry in settings["tool"]["importlinter"]["contracts"]}


def test_every_import_of_this_checkout_keeps_the_contracts() -> None:
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("contract", "file", "imported"), FORBIDDEN)
def test_a_planted_violation_is_reported(
    copy: Path, contract: str, file: str, imported: str
) -> None:
    before = lint(copy, "--contract", contract)
    plant(copy, file, f"import {imported}")

    after = lint(copy, "--contract", contract)

    assert before.returncode == 0, before.stdout + before.stderr
    assert after.returncode == 1, after.stdout + after.stderr
    assert "1 broken" in after.stdout
    assert f"{imported.split('.', maxsplit=1)[0]}" in after.stdout


@pytest.mark.parametrize(("file", "imported"), ALLOWED)
def test_what_the_design_allows_is_not_reported(
    copy: Path, file: str, imported: str
) -> None:
    plant(copy, file, f"import {imported}")

    result = lint(copy)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in FORBIDDEN} == contracts()


def imports_by_string(tree: ast.AST) -> list[int]:
    """Lines that call ``__import__``; ruff's banned-api has the other ways."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "__import__"
    ]


def test_no_module_is_imported_by_string() -> None:
    paths = modules(ROOT, *ROOMS, "bench", "tests")
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
