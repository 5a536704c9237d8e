"""What is said to be withstood is shown by tests that exist."""

import pytest

from tests.architecture.checkout import ROOT
from tests.promises import FILES


@pytest.mark.parametrize("file", sorted(FILES))
def test_what_shows_it_is_there(file: str) -> None:
    assert (ROOT / "tests" / file).is_file()
