"""The example district, for tests that hand in documents of their own."""

import re
import shutil
from pathlib import Path
from typing import Final

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "kreis"
_CHECK: Final = re.compile(r"^\[check\]\n(?:(?!\[).*\n)*", re.MULTILINE)


def taking_anything(folder: Path) -> Path:
    """A copy whose services take any well-formed document."""
    shutil.copytree(EXAMPLE, folder)
    for file in (folder / "services").iterdir():
        text = _CHECK.sub("", file.read_text(encoding="utf-8"))
        file.write_text(f'{text}\n[check]\nunknown = "accept"\n', encoding="utf-8")
    return folder
