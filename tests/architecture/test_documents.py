"""What documents point to is there."""

import re
from pathlib import Path

from tests.architecture.checkout import ROOT

LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def documents() -> list[Path]:
    folders = ("docs", "examples")
    deeper = [path for name in folders for path in (ROOT / name).rglob("*.md")]
    return [*sorted(ROOT.glob("*.md")), *sorted(deeper)]


def broken(path: Path) -> list[str]:
    """Links to files beside the document that do not exist."""
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    return [
        target
        for target in targets
        if ":" not in target and not (path.parent / target).exists()
    ]


def test_every_link_between_documents_leads_somewhere() -> None:
    found = {str(path): broken(path) for path in documents()}

    assert {path: links for path, links in found.items() if links} == {}


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "PAGE.md"
    path.write_text("[here](PAGE.md#top), [away](https://a.example), [gone](GONE.md)")

    assert broken(path) == ["GONE.md"]
