"""README is true: its commands are run as they stand there, in their order."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.counterparts.installation import Installation, until

ROOT: Final = Path(__file__).parents[2]
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER: Final = re.compile(r"\d{4}-\d{6}")
PATIENCE: Final = 20.0


def blocks() -> list[str]:
    """Everything in README that a reader may paste into a terminal."""
    found = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert {language for language, _ in found} <= {"sh", "mermaid"}
    return [text for language, text in found if language == "sh"]


class Reader:
    """Somebody in the checkout who pastes blocks into a second terminal."""

    def __init__(self, house: Installation, first: str) -> None:
        self._house = house
        self._first = first

    def paste(self, block: str) -> str:
        """What it says; it must end well."""
        done = subprocess.run(
            ("bash", "-euc", self._first + block),
            cwd=ROOT,
            env=self._house.environ(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def paste_until(self, block: str, words: str) -> str:
        """Again and again, as people do while they watch."""
        said: list[str] = []

        def told() -> bool:
            said.append(self.paste(block))
            return words in said[-1]

        until(told, PATIENCE)
        assert words in said[-1], said[-1]
        return said[-1]


def test_every_command_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    house = Installation(folder=tmp_path)
    house.spare_keys()
    # Prefect's server would take the test's time; tests/integration/test_up.py has it.
    house.extra["AMTSWEG_PREFECT_URL"] = f"http://127.0.0.1:{house.prefect_port}/api"
    two_commands, terminal, look, hand_in, post, check, trouble, watch, mend = blocks()
    up, test = two_commands.splitlines()
    # Run inside itself it would never end: that it is what README names, can be
    # started, and runs these very tests by pytest is all that can be said here.
    assert test.split()[0] == "script/test"
    assert os.access(ROOT / "script" / "test", os.X_OK)
    assert "-m pytest" in (ROOT / "script" / "test").read_text(encoding="utf-8")
    assert "pytest" in sys.modules
    reader = Reader(house, terminal)

    with house.running("bash", "-c", f"exec {up}", folder=ROOT) as running:
        running.until_said("→ archiviert")
        assert "-000001" in reader.paste(look)
        assert "Tracking-ID" in reader.paste(hand_in)
        assert "fit-connect  fitconnect" in reader.paste(post)
        assert "Die Prüfziffer der IBAN stimmt nicht" in reader.paste(check)
        [number] = NUMBER.findall(reader.paste(trouble))
        assert "E-HTTP-LOGIN" in reader.paste_until(watch, "gestört")
        assert "fachverfahren goes on" in reader.paste(mend)
        way = re.compile(f"^{number} .*→ archiviert", re.MULTILINE)
        until(lambda: bool(way.search(running.said())))
        assert "gestört" not in reader.paste(watch)
        code = running.interrupt()

    assert way.search(running.said()), running.said()
    assert code == 0, running.said()
