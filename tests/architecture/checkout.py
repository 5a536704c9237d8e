"""What the architecture tests look at: the rooms of this checkout."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("adapters", "api", "flows", "schemas", "storage")


def modules(root: Path, *folders: str) -> Iterator[Path]:
    """Every Python file in these folders, in a stable order."""
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
