"""An attachment of 500 MB comes in through a process that stays small."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.architecture.checkout import ROOT
from tests.counterparts.fitconnect import FitConnectProcess

PLAIN: Final = 374_999_000
"""500 MB when it is encrypted and written in base64: the most that there may be."""
MOST_GROWTH_KIB: Final = 150_000_000 // 1024


def test_a_big_attachment_is_never_whole_in_memory(
    sqlite_url: str, tmp_path: Path
) -> None:
    with FitConnectProcess(tmp_path / "fit") as process:
        line = json.dumps(process.start().line)
        ran = subprocess.run(
            (
                *(sys.executable, "-m", "tests.integration.fetching"),
                *(sqlite_url, str(tmp_path), line, str(PLAIN)),
            ),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)
    assert figures["stored"] > PLAIN
    assert figures["peak_kib"] - figures["idle_kib"] < MOST_GROWTH_KIB
