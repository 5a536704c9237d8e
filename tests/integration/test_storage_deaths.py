"""kill -9 before any disk operation: nothing half-done counts, repeating completes."""

import json
import subprocess
import sys
from pathlib import Path

from tests.architecture.checkout import ROOT


def deaths(kind: str, folder: Path) -> list[dict[str, str | int | None]]:
    """What was found after each death; the last child lived."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.integration.dying", kind, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [facts["lived"] for facts in found] == [False] * (len(found) - 1) + [True]
    return found


def test_a_package_is_exactly_one_after_death_at_any_moment(tmp_path: Path) -> None:
    found = deaths("package", tmp_path)

    whole = found[-1]["left"]
    assert whole
    assert len(found) > 50
    assert {facts["repeated"] for facts in found} == {whole}
    assert {facts["still_unfinished"] for facts in found} == {0}
    # Three given, four tag files, the manifest; no draft.
    assert {facts["files"] for facts in found} == {3 + 4 + 1}
    # Before the manifest there is no package, from then on it is whole.
    left = [facts["left"] for facts in found]
    turn = left.index(whole)
    assert set(left[:turn]) == {None}
    assert set(left[turn:]) == {whole}
    assert {facts["unfinished"] for facts in found[:turn]} == {0, 1}
    assert {facts["unfinished"] for facts in found[turn:]} == {0}


def test_an_object_is_absent_or_whole_after_death_at_any_moment(
    tmp_path: Path,
) -> None:
    found = deaths("object", tmp_path)

    visible = [facts["visible"] for facts in found]
    assert len(found) > 15
    assert visible == sorted(visible, key=bool)
    assert all(facts["left"] == facts["visible"] for facts in found)
    assert all(facts["whole"] for facts in found)
