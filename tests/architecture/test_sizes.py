"""Files and functions stay small, and modules are named for what they hold."""

import ast
from pathlib import Path

from tests.architecture.checkout import ROOMS, ROOT, modules, parsed

LINES_OF_A_FILE = 350
LINES_OF_A_FUNCTION = 40
FOLDERS_BELOW_A_ROOM = 2
EMPTY_NAMES = {
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "service",
    "util",
    "utils",
}
GENERATED = ROOT / "storage" / "migrations" / "versions"


def long_files(paths: list[Path]) -> list[str]:
    counts = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths
    }
    return [f"{path}: {n} lines" for path, n in counts.items() if n > LINES_OF_A_FILE]


def long_functions(paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LINES_OF_A_FUNCTION:
                    found.append(f"{path}:{node.lineno}: {node.name}, {lines} lines")
    return found


def empty_names(paths: list[Path]) -> list[str]:
    """Files and folders whose name says only that something is in them."""
    return [str(path) for path in paths if {path.stem, path.parent.name} & EMPTY_NAMES]


def deep_folders(root: Path, paths: list[Path]) -> list[str]:
    depths = {path: len(path.relative_to(root).parts) - 2 for path in paths}
    return [str(path) for path, n in depths.items() if n > FOLDERS_BELOW_A_ROOM]


def written_by_hand(*folders: str) -> list[Path]:
    return [path for path in modules(ROOT, *folders) if path.parent != GENERATED]


def test_files_are_short() -> None:
    assert long_files(written_by_hand(*ROOMS, "bench", "tests")) == []


def test_functions_are_short() -> None:
    assert long_functions(written_by_hand(*ROOMS, "bench", "tests")) == []


def test_modules_are_named_for_what_they_hold() -> None:
    assert empty_names(written_by_hand(*ROOMS, "bench", "tests")) == []


def test_rooms_are_flat() -> None:
    assert deep_folders(ROOT, written_by_hand(*ROOMS)) == []


def test_limits_bite(tmp_path: Path) -> None:
    folder = tmp_path / "flows" / "one" / "two" / "three"
    folder.mkdir(parents=True)
    path = folder / "utils.py"
    path.write_text("def long() -> None:\n" + "    x = 1\n" * LINES_OF_A_FILE)

    assert long_files([path]) == [f"{path}: 351 lines"]
    assert long_functions([path]) == [f"{path}:1: long, 351 lines"]
    assert empty_names([path]) == [str(path)]
    assert deep_folders(tmp_path, [path]) == [str(path)]
