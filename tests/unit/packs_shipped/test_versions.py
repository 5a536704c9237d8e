"""Two versions of one standard live side by side, each in its time."""

from datetime import date
from pathlib import Path
from typing import Final

import pytest

from schemas.findings import Verdict
from schemas.packs.manifest import VALID_SAMPLES
from tests.unit.packs_shipped.whole_check import SHIPPED, checked, rules

OLD: Final = "demo-sozial-1.0"
NEW: Final = "demo-sozial-1.1"


def sample(key: str, name: str) -> bytes:
    return (SHIPPED / key / VALID_SAMPLES / f"{name}.xml").read_bytes()


def as_old(path: Path) -> bytes:
    """The same message, said to be of the version before."""
    text = path.read_text(encoding="utf-8")
    text = text.replace("demo-sozial:1.1", "demo-sozial:1.0")
    return text.replace('version="1.1"', 'version="1.0"').encode()


@pytest.mark.parametrize(
    ("key", "day", "found", "verdict"),
    [
        (OLD, date(2023, 12, 31), {"schema-version-not-valid"}, Verdict.QUARANTINED),
        (OLD, date(2024, 1, 1), set(), Verdict.ACCEPTED),
        (OLD, date(2026, 10, 31), set(), Verdict.ACCEPTED),
        (OLD, date(2026, 11, 1), {"schema-version-ending"}, Verdict.ACCEPTED),
        (OLD, date(2027, 4, 30), {"schema-version-ending"}, Verdict.ACCEPTED),
        (OLD, date(2027, 5, 1), {"schema-version-not-valid"}, Verdict.QUARANTINED),
        (NEW, date(2026, 4, 30), {"schema-version-not-valid"}, Verdict.QUARANTINED),
        (NEW, date(2026, 5, 1), set(), Verdict.ACCEPTED),
        (NEW, date(2032, 1, 1), set(), Verdict.ACCEPTED),
    ],
)
def test_a_version_is_taken_in_its_time_and_with_a_remark_in_its_grace(
    key: str, day: date, found: set[str], verdict: Verdict
) -> None:
    result = checked(sample(key, "unterhaltsvorschuss-ein-kind"), key, on=day)

    assert rules(result) == found
    assert result.verdict is verdict


def test_what_is_new_is_refused_by_the_old_version() -> None:
    new = "unterhaltsvorschuss-schulbesuch-und-kommunikationshilfe"
    path = SHIPPED / NEW / VALID_SAMPLES / f"{new}.xml"

    result = checked(as_old(path), OLD)

    assert result.pack is not None
    assert result.pack.version == "1.0"
    assert "schema-violation" in rules(result)


def test_a_new_code_is_unknown_to_the_old_version() -> None:
    text = sample(OLD, "unterhaltsvorschuss-zwei-kinder-mit-einkommen").decode()
    text = text.replace("<code>01</code></ds:art>", "<code>09</code></ds:art>")

    assert "<code>09</code></ds:art>" in text
    assert rules(checked(text.encode(), OLD)) == {"code-invalid"}
    newer = text.replace("demo-sozial:1.0", "demo-sozial:1.1")
    newer = newer.replace('version="1.0"', 'version="1.1"')
    newer = newer.replace('listVersionID="1.0"', 'listVersionID="1.1"')
    assert rules(checked(newer.encode(), NEW)) == set()
