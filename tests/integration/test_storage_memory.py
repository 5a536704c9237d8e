"""Big documents pass through in frames: memory does not grow with their size."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT

LIMIT_MIB = 30


@pytest.mark.parametrize("what", ["vault", "archive"])
def test_200_megabytes_cost_less_than_30(tmp_path: Path, what: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tests.integration.passing_through", what, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["size"] == 200_000_000
    assert figures["peak_kib"] - figures["idle_kib"] < LIMIT_MIB * 1024
