"""What a source's file may say."""

from datetime import timedelta

import pytest

from schemas.configuration.problems import ConfigProblem
from schemas.configuration.whole import Configured
from schemas.ids import ServiceKey, SourceId, TenantId
from schemas.services import Destination
from schemas.sources import Source
from tests.unit.configuration.folders import FILES, configured, said

POSTFACH = """\
id = "postfach"
name = "Postfach des Kreises"
adapter = "memory"
"""
SOURCE = "sources/postfach.toml"
ID = SourceId("postfach")


def test_a_folder_without_sources_has_none() -> None:
    assert configured(FILES).sources == {}


def test_a_source_is_what_its_file_says() -> None:
    more = (
        "poll_every = 5\n"
        '[services]\n"urn:land:antrag" = "99107023017000"\n'
        '[connection]\nurl = "https://x"\nkeys = ["file:a", "file:b"]\n'
        'client_secret = "env:SECRET"\n'
    )

    assert configured(FILES | {SOURCE: POSTFACH + more}).sources == {
        ID: Source(
            id=ID,
            tenant=TenantId("musterland"),
            name="Postfach des Kreises",
            adapter="memory",
            poll_every=timedelta(seconds=5),
            services={"urn:land:antrag": ServiceKey("99107023017000")},
            connection={
                "url": "https://x",
                "keys": ("file:a", "file:b"),
                "client_secret": "env:SECRET",
            },
        )
    }


def test_a_source_is_looked_into_once_a_minute() -> None:
    loaded = configured(FILES | {SOURCE: POSTFACH}).sources[ID]

    assert loaded.poll_every == timedelta(minutes=1)
    assert (loaded.services, loaded.connection) == ({}, {})


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('id = "postfach"', 'id = "fax"', 1, 'Write id = "postfach", or rename'),
        ('id = "postfach"\n', "", 1, "`id` is missing"),
        ('name = "Postfach des Kreises"\n', "", 1, "`name` is missing"),
        ('adapter = "memory"\n', "", 1, "`adapter` is missing"),
        ('"memory"', '"memory"\npoll_every = 4', 4, "from 5 to 3600"),
        ('"memory"', '"memory"\npoll_every = 3601', 4, "from 5 to 3600"),
        ('"memory"', '"memory"\npoll_every = "60"', 4, "from 5 to 3600"),
        ('"memory"', '"memory"\npoll_every = true', 4, "from 5 to 3600"),
        ('"memory"', '"memory"\npol_every = 60', 4, "mean `poll_every`?"),
        ('"memory"', '"memory"\nservices = "x"', 4, "`services` is not a table"),
        ('"memory"', '"memory"\n[services]\nx = 1', 5, "`x` is not a text"),
        ('"memory"', '"memory"\n[services]\nx = "12"', 5, "not a LeiKa key"),
        (
            '"memory"',
            '"memory"\n[services]\nx = "99107023017001"',
            5,
            "Did you mean `99107023017000`?",
        ),
        ('"memory"', '"memory"\n[connection]\nclient_secret = "x"', 5, "env:NAME"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    old: str, new: str, line: int, sentence: str
) -> None:
    assert old in POSTFACH
    told = said(FILES | {SOURCE: POSTFACH.replace(old, new)})

    found = [one for one in told if one.startswith(f"{SOURCE}:{line}: ")]
    assert any(sentence in one for one in found), told


def test_a_source_and_a_destination_may_not_have_the_same_id() -> None:
    [told] = said(FILES | {"sources/fach.toml": POSTFACH.replace("postfach", "fach")})

    assert told.startswith(
        "sources/fach.toml:1: destinations/fach.toml has the same id."
    )


def test_a_broken_file_is_told_as_such() -> None:
    [told] = said(FILES | {SOURCE: "id = "})

    assert told.startswith(f"{SOURCE}:1: This is not TOML")


def refusing(configured: Configured) -> tuple[ConfigProblem, ...]:
    """An adapter that has something to say about sources only."""
    if isinstance(configured, Destination):
        return ()
    return (
        ConfigProblem(path=("connection", "url"), sentence="No url.", remedy="Say it."),
    )


def test_what_the_adapter_says_is_told_with_its_line() -> None:
    files = FILES | {SOURCE: POSTFACH + '[connection]\nurl = "?"\n'}

    assert said(files, refusing) == [f"{SOURCE}:5: No url. → Say it."]


def test_sources_are_told_after_everything_else() -> None:
    files = FILES | {SOURCE: "x = 1\n", "destinations/fach.toml": "x = 1\n"}

    told = [one.partition(":")[0] for one in said(files)]
    assert told == sorted(told, key=lambda file: not file.startswith("dest"))
    assert len(set(told)) == 2
