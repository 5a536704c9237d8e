"""The operator's tables replace the shipped ones, entry by entry."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.fitconnect.events.problem_table import PROBLEMS, shipped_problems
from adapters.fitconnect.replies.routes import REPLIES, shipped_routes
from adapters.fitconnect.tables import meanings_of, problems_of, routes_of
from schemas.checking.outside_file import MEANINGS, shipped_meanings
from schemas.errors import ConfigurationInvalid

TABLES: dict[str, Callable[[Path | None], object]] = {
    PROBLEMS: problems_of,
    MEANINGS: meanings_of,
    REPLIES: routes_of,
}


def test_without_a_file_what_ships_applies(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        assert problems_of(folder) == shipped_problems()
        assert meanings_of(folder) == shipped_meanings()
        assert routes_of(folder) == shipped_routes()


def test_a_changed_problem_is_used_and_all_others_stay(tmp_path: Path) -> None:
    code, usual = next(iter(shipped_problems().items()))
    text = f'["{code}"]\ntitle = "Anders"\n'
    (tmp_path / PROBLEMS).write_text(text, encoding="utf-8")

    changed = problems_of(tmp_path)

    assert changed[code].title == "Anders" != usual.title
    assert len(changed) == len(shipped_problems())


@pytest.mark.parametrize("name", list(TABLES))
def test_a_broken_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x =", encoding="utf-8")

    with pytest.raises(ConfigurationInvalid, match=name):
        TABLES[name](tmp_path)


@pytest.mark.parametrize("name", list(TABLES))
def test_what_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(ConfigurationInvalid, match=name):
        TABLES[name](tmp_path)
