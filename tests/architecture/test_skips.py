"""Nothing is skipped but for a reason on the list."""

import ast

import pytest

from tests.architecture.checkout import ROOT, modules, parsed

SKIPPING = {"importorskip", "skip", "skipif", "skipIf", "skipTest", "skipUnless"}


def allowed() -> set[str]:
    lines = (ROOT / "tests" / "allowed_skips.txt").read_text(encoding="utf-8")
    return {line for line in lines.splitlines() if line and not line.startswith("#")}


def reason_of(call: ast.Call) -> str | None:
    """The literal reason, given by name or as the only text."""
    named = [word.value for word in call.keywords if word.arg in {"reason", "msg"}]
    for node in [*named, *call.args[:1]]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
    return None


def skips(tree: ast.AST) -> dict[int, str | None]:
    """Where a test is skipped, and the literal reason if there is one."""
    calls = {node.func: node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {
        node.lineno: reason_of(calls[node]) if node in calls else None
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in SKIPPING
        and ast.unparse(node.value) in {"pytest", "pytest.mark", "unittest", "self"}
    }


def test_every_skip_has_a_reason_from_the_list() -> None:
    found = {
        f"{path}:{line}": reason
        for path in modules(ROOT, "tests")
        for line, reason in skips(parsed(path)).items()
        if reason not in allowed()
    }

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        'pytest.skip("no server")',
        'pytest.mark.skip(reason="no server")',
        'pytest.mark.skipif(True, reason="no server")',
        'pytest.importorskip("psycopg")',
        "pytest.mark.skip",
        "pytest.skip(reason)",
        'unittest.skip("no server")',
    ],
)
def test_another_reason_is_noticed(line: str) -> None:
    reasons = skips(ast.parse(line)).values()

    assert len(reasons) == 1
    assert not set(reasons) & allowed()
