"""One thing after the other: who is away for one may be there for the next."""

import pytest

from flows.sources.asking import ask_each
from schemas.errors import CounterpartAway, DatabaseAway


class Counterpart:
    """Answers, but for what it is told to fail for."""

    def __init__(self, failing: str, error: type[Exception]) -> None:
        self.failing, self.error = failing, error
        self.asked = ""

    async def ask(self, one: str) -> None:
        self.asked += one
        if one in self.failing:
            raise self.error


@pytest.mark.parametrize(
    ("failing", "asked"),
    [("a", "abcdef"), ("f", "abcdef"), ("abdf", "abcdef"), ("bcd", "abcd")],
)
async def test_one_that_is_not_answered_hides_no_other_but_three_in_a_row_do(
    failing: str, asked: str
) -> None:
    there = Counterpart(failing, CounterpartAway)

    with pytest.raises(CounterpartAway):
        await ask_each("abcdef", there.ask)

    assert there.asked == asked


async def test_where_all_are_answered_nothing_is_raised() -> None:
    there = Counterpart("", CounterpartAway)

    await ask_each("abcdef", there.ask)

    assert there.asked == "abcdef"


async def test_without_a_database_nobody_is_asked_any_more() -> None:
    there = Counterpart("b", DatabaseAway)

    with pytest.raises(DatabaseAway):
        await ask_each("abcdef", there.ask)

    assert there.asked == "ab"


async def test_what_breaks_us_hides_no_other_and_is_told_after_them() -> None:
    there = Counterpart("abce", ZeroDivisionError)

    with pytest.raises(ZeroDivisionError):
        await ask_each("abcdef", there.ask)

    assert there.asked == "abcdef"
