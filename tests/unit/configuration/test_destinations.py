"""What a destination's file may say."""

from datetime import timedelta

import pytest

from schemas.configuration.problems import ConfigProblem
from schemas.configuration.whole import Configured
from schemas.ids import DestinationId, TenantId
from schemas.services import Destination
from tests.unit.configuration.folders import (
    DESTINATION,
    FACH,
    FILES,
    INSTALLATION,
    configured,
    said,
    spoilt,
)

ID = DestinationId("fach")


def test_a_destination_is_what_its_file_says() -> None:
    more = (
        'max_parallel = 2\ngive_up_after = "36h"\n'
        '[mapping]\nfields = { ort = "Musterstadt", codes = [1, 2.5, true] }\n'
        '[connection]\nbase_url = "http://127.0.0.1:1"\ntoken = "env:TOKEN"\n'
    )

    assert configured(FILES | {DESTINATION: FACH + more}).destinations == {
        ID: Destination(
            id=ID,
            tenant=TenantId("musterland"),
            name="Fachverfahren",
            adapter="memory",
            max_parallel=2,
            give_up_after=timedelta(hours=36),
            mapping={"fields": {"ort": "Musterstadt", "codes": (1, 2.5, True)}},
            connection={"base_url": "http://127.0.0.1:1", "token": "env:TOKEN"},
        )
    }


def test_limits_have_defaults_that_the_installation_may_change() -> None:
    usual = configured(FILES).destinations[ID]
    defaults = '[defaults]\nmax_parallel = 1\ngive_up_after = "2w"\n'
    changed = configured(
        FILES | {"installation.toml": INSTALLATION + defaults}
    ).destinations[ID]

    assert (usual.max_parallel, usual.give_up_after) == (4, timedelta(days=10))
    assert (changed.max_parallel, changed.give_up_after) == (1, timedelta(days=14))


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('id = "fach"', 'id = "fax"', 1, 'Write id = "fach", or rename the file'),
        ('id = "fach"', 'id = "Fach"', 1, "not a plain name"),
        ('id = "fach"\n', "", 1, "`id` is missing"),
        ('name = "Fachverfahren"', 'name = ""', 2, "`name` is not a text"),
        ('adapter = "memory"\n', "", 1, "`adapter` is missing"),
        ('"memory"', '"memory"\nmax_parallel = 0', 4, "from 1 to 64"),
        ('"memory"', '"memory"\nmax_parallel = 65', 4, "from 1 to 64"),
        ('"memory"', '"memory"\nmax_parallel = true', 4, "from 1 to 64"),
        ('"memory"', '"memory"\nmax_parallel = 4.0', 4, "from 1 to 64"),
        ('"memory"', '"memory"\nmax_paralel = 4', 4, "mean `max_parallel`?"),
        ('"memory"', '"memory"\ngive_up_after = "10 d"', 4, "not a time span"),
        ('"memory"', '"memory"\nmapping = "x"', 4, "`mapping` is not a table"),
        ('"memory"', '"memory"\n[conection]\n', 4, "Did you mean `connection`?"),
        ('"memory"', '"memory"\n[mapping]\nx = nan', 5, "nan and inf"),
        ('"memory"', '"memory"\n[mapping]\nx = [1,\n07:00:00]', 6, "Dates, times"),
        ('"memory"', '"memory"\n[connection]\npassword = "x"', 5, "env:NAME"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    old: str, new: str, line: int, sentence: str
) -> None:
    told = said(spoilt(DESTINATION, old, new))

    found = [one for one in told if one.startswith(f"{DESTINATION}:{line}: ")]
    assert any(sentence in one for one in found), told


def refusing(destination: Configured) -> tuple[ConfigProblem, ...]:
    """An adapter that has something to say about an address and a password."""
    return tuple(
        ConfigProblem(
            path=("connection", key), sentence=f"No {key}.", remedy="Say which."
        )
        for key in ("base_url", "password")
    )


def test_what_the_adapter_says_is_told_with_its_line() -> None:
    files = FILES | {DESTINATION: FACH + '[connection]\nbase_url = "?"\n'}

    assert said(files, refusing) == [
        f"{DESTINATION}:4: No password. → Say which.",
        f"{DESTINATION}:5: No base_url. → Say which.",
    ]


def test_a_literal_secret_is_told_once() -> None:
    literal = '[connection]\nbase_url = "x"\npassword = "geheim"\n'

    told = said(FILES | {DESTINATION: FACH + literal}, refusing)

    assert [one.partition(" ")[0] for one in told] == [
        f"{DESTINATION}:5:",
        f"{DESTINATION}:6:",
    ]
    assert not any("geheim" in one for one in told)


def test_the_adapter_of_a_destination_without_one_is_not_asked() -> None:
    told = said(spoilt(DESTINATION, 'adapter = "memory"\n', ""), refusing)

    assert [one for one in told if "No base_url" in one] == []
