"""What ``installation.toml`` may say."""

import pytest

from schemas.ids import OfficeId, TenantId
from schemas.scope import DEFAULT_TENANT
from schemas.services import Installation, Mode
from tests.unit.configuration.folders import (
    FILES,
    INSTALLATION,
    configured,
    said,
    spoilt,
)

FILE = "installation.toml"


def test_an_installation_is_what_its_file_says() -> None:
    assert configured(FILES).installation == Installation(
        tenant=TenantId("musterland"),
        name="Kreis Musterland",
        mode=Mode.TRIAL,
        offices={OfficeId("sozialamt"): "Sozialamt"},
    )


def test_who_has_the_house_alone_need_not_name_a_tenant() -> None:
    alone = spoilt(FILE, 'tenant = "musterland"\n', "")

    assert configured(alone).installation.tenant == DEFAULT_TENANT


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('"musterland"', '"Musterland"', 1, "not a plain name"),
        ('"musterland"', '"muster/land"', 1, "not a plain name"),
        ('name = "Kreis Musterland"\n', "", 1, "`name` is missing"),
        ('mode = "trial"\n', "", 1, "`mode` is missing"),
        ('"trial"', '"test"', 3, '"trial", "production"'),
        ("tenant", "tennant", 1, "Did you mean `tenant`?"),
        ("[offices.sozialamt]", "[offices.Sozial-Amt]", 5, "id of an office"),
        ('name = "Sozialamt"', "", 5, "`name` is missing"),
        ('name = "Sozialamt"', 'nahme = "S"', 6, "Did you mean `name`?"),
        ("[offices.sozialamt]", "[office.sozialamt]", 5, "Did you mean `offices`?"),
        ("[offices.sozialamt]", "[offices]", 6, "[offices.name] section"),
        ('"Sozialamt"', '"S"\n[defaults]\noffice = "x"', 8, "are: sozialamt."),
        ('"Sozialamt"', '"S"\n[defaults]\ndeadline = "x"', 8, "not a time span"),
        ('"Sozialamt"', '"S"\n[defaults]\ndeadlin = "1d"', 8, "mean `deadline`?"),
        ('"Sozialamt"', '"S"\n[defaults]\nmax_parallel = 99', 8, "from 1 to 64"),
        ('"Sozialamt"', '"S"\n[defaults]\norder = "fifo"', 8, '"receipt"'),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    old: str, new: str, line: int, sentence: str
) -> None:
    told = said(spoilt(FILE, old, new))

    found = [one for one in told if one.startswith(f"{FILE}:{line}: ")]
    assert any(sentence in one for one in found), told


def test_a_broken_installation_brings_no_problems_to_the_other_files() -> None:
    bare = 'leika = "99107023017000"\nname = "W"\nprocess = "standard"\n'
    files = FILES | {
        FILE: INSTALLATION + "tenant =\n",
        "services/wohngeld.toml": bare + 'destinations = ["fach"]\n',
    }

    told = said(files)

    assert len(told) == 1
    assert told[0].startswith(f"{FILE}:7: This is not TOML: invalid value.")
