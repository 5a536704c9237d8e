"""The made-up district that is measured: its installation, and its one service."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_INSTALLATION: Final = """tenant = "standard"
name = "Kreis Messung"
mode = "trial"
[defaults]
deadline = "30d"
retention_class = "10-jahre"
[offices.wohngeld]
name = "Wohngeldbehörde"
"""
_SERVICE: Final = """leika = "99107023017000"
name = "Wohngeld"
office = "wohngeld"
process = "standard"
destinations = ["{destination}"]
[check]
unknown = "accept"
"""


def configure(config: Path, destination: str, places: Mapping[str, str]) -> None:
    """Write the folder; ``places`` are the files of its destination and sources."""
    files = {
        "installation.toml": _INSTALLATION,
        "services/wohngeld.toml": _SERVICE.format(destination=destination),
        **places,
    }
    for name, text in files.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text, encoding="utf-8")
