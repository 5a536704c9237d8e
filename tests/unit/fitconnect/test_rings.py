"""A service is not sent to the mailbox that would make cases of it again."""

import pytest

from adapters.registry import standard_registry
from tests.unit.configuration.folders import (
    DESTINATION,
    FACH,
    FILES,
    INSTALLATION,
    WOHNGELD,
    said,
)
from tests.unit.configuration.folders import SERVICE as WOHNGELD_FILE

HERE = "abcdef11-2222-4333-8444-555555555555"
THERE = "99999999-2222-4333-8444-555555555555"
KEY = "99107023017000"
URN = "urn:de:fim:leika:leistung:"
OTHER_SERVICE = f'destination = "{HERE}"\nservice = "{URN}99107023017999"'
ABLAGE = 'id = "ablage"\nname = "A"\nadapter = "memory"\n'
OTHER_TENANT = """
[tenants.stadt]
name = "Stadt"
[tenants.stadt.offices.amt]
name = "Amt"
"""


def source(*, url: str = "https://fit.example", more: str = "") -> str:
    return f"""\
id = "post"
name = "Zustellpunkt"
adapter = "fitconnect"
{more}
[connection]
token_url = "https://fit.example/token"
submission_url = "{url}"
destination = "{HERE}"
client_id = "me"
client_secret = "env:SECRET"
decryption_keys = ["file:keys/decryption.json"]
signing_key = "file:keys/signing.json"
"""


def destination(mapping: str = f'destination = "{HERE}"') -> str:
    return f"""\
id = "fach"
name = "Nachbarkreis"
adapter = "fitconnect"

[mapping]
schema = "urn:example:schema"
{mapping}

[connection]
token_url = "https://fit.example/token"
submission_url = "https://fit.example"
client_id = "me"
client_secret = "env:SECRET"
"""


def problems(there: str, here: str, **files: str) -> list[str]:
    folder = FILES | {DESTINATION: there, "sources/post.toml": here} | files
    return said(folder, standard_registry().validate)


@pytest.mark.parametrize(
    "there", [destination(), destination(f'destination = "{HERE.upper()}"')]
)
def test_a_service_that_would_come_back_is_a_mistake_with_its_line(there: str) -> None:
    [problem] = problems(there, source())

    [line] = [
        number
        for number, text in enumerate(there.splitlines(), start=1)
        if text.startswith("destination =")
    ]
    assert problem.startswith(f"{DESTINATION}:{line}: ")
    assert "mailbox of the source `post`, which would make another case" in problem
    assert KEY in problem
    assert "take `fach` out of the service's destinations" in problem


def test_what_is_sent_under_another_name_comes_back_by_the_sources_own_words() -> None:
    named = destination(f'destination = "{HERE}"\nservice = "urn:land:antrag"')
    words = f'[services]\n"urn:land:antrag" = "{KEY}"\n'

    [problem] = problems(named, source(more=words))

    assert "source `post`" in problem


@pytest.mark.parametrize(
    ("there", "here"),
    [
        (destination(f'destination = "{THERE}"'), source()),
        (destination(), source(url="https://other.example")),
        (
            destination(f'destination = "{HERE}"\nservice = "{URN}99107023017999"'),
            source(),
        ),
        (destination('ars = "064350014014"'), source()),
        (FACH, source()),
        (destination(), 'id = "post"\nname = "P"\nadapter = "memory"\n'),
    ],
)
def test_what_goes_elsewhere_or_comes_back_as_something_else_is_well(
    there: str, here: str
) -> None:
    assert problems(there, here) == []


def test_tenants_may_send_to_each_other() -> None:
    of_town = source(more='tenant = "stadt"')
    town = WOHNGELD.replace("sozialamt", "amt").replace('"fach"', '"ablage"')

    found = problems(
        destination(),
        of_town,
        **{
            "installation.toml": INSTALLATION + OTHER_TENANT,
            "services/stadt.toml": 'tenant = "stadt"\n' + town,
            "destinations/ablage.toml": ABLAGE + 'tenant = "stadt"\n',
        },
    )

    assert found == []


def test_a_service_that_is_delivered_elsewhere_may_be_received_there() -> None:
    elsewhere = {
        WOHNGELD_FILE: WOHNGELD.replace('"fach"', '"ablage"'),
        "destinations/ablage.toml": ABLAGE,
    }

    assert problems(destination(), source(), **elsewhere) == []
