"""What is remembered of replies stands in one file; an operator's corrects it."""

import re

import pytest

from adapters.fitconnect.events.tokens import PREFIX
from adapters.fitconnect.metadata.values import metadata_uri, version_of
from adapters.fitconnect.replies.routes import (
    REPLIES,
    Routes,
    parse_routes,
    shipped_routes,
)
from adapters.fitconnect.sandbox.routes import ROUTES
from schemas.configuration.source import ConfigFile
from tests.architecture.checkout import ROOT

FOLDER = ROOT / "adapters" / "fitconnect" / "replies"
PARCEL = "e9228676-71c5-4c1a-9c83-a308f2f48a3c"
METHODS = {
    "list": "GET",
    "announce": "POST",
    "attachment": "PUT",
    "submit": "PUT",
    "read": "GET",
    "accept": "PUT",
    "events": "GET",
}


def parsed(text: str) -> Routes:
    found = parse_routes(ConfigFile(file=REPLIES, raw=text.encode()))
    assert isinstance(found, Routes), found
    return found


def test_the_file_is_marked_unconfirmed() -> None:
    assert not shipped_routes().is_confirmed


def test_no_path_or_event_of_replies_stands_anywhere_else() -> None:
    named = re.compile(r'"[^"\n]*(/replies|[a-z]-reply|replyId)\b[^"\n]*"')
    found = {
        path.name: named.findall(path.read_text(encoding="utf-8"))
        for path in FOLDER.glob("*.py")
    }

    assert {name: hits for name, hits in found.items() if hits} == {}
    assert named.search('path = "/replies/x"')


@pytest.mark.parametrize(("name", "method"), METHODS.items())
def test_the_sandbox_serves_every_path(name: str, method: str) -> None:
    paths = shipped_routes().paths
    path = getattr(paths, name).format(parcel=PARCEL, attachment=PARCEL)

    assert any(
        route.method == method and route.pattern.fullmatch(f"/v2{path}")
        for route in ROUTES
    )


def test_metadata_are_of_the_second_generation() -> None:
    version = version_of(metadata_uri(shipped_routes().metadata))

    assert version is not None
    assert version[0] == 2
    assert PREFIX.endswith("/")


def test_what_the_operator_does_not_name_stays_as_it_ships() -> None:
    usual = shipped_routes()
    found = parsed('[paths]\nlist = "/answers"\n')

    assert found.paths.list == "/answers"
    assert found.paths.read == usual.paths.read
    assert (found.members, found.events) == (usual.members, usual.events)
    assert not found.is_confirmed
    assert parsed("") == usual


def test_whoever_has_compared_them_says_so() -> None:
    assert parsed("confirmed = true\n").is_confirmed


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[paths]\n\nlists = "/x"\n', 3, "Did you mean `list`?"),
        ('[path]\nlist = "/x"\n', 1, "Did you mean `paths`?"),
        ('[paths]\nlist = "x"\n', 2, "Begin with `/`"),
        ('[paths]\nlist = "/x?y=1"\n', 2, "Begin with `/`"),
        ('[paths]\nlist = "/cases/{case}"\n', 2, "it names no id"),
        ('[paths]\nread = "/replies"\n', 2, "{parcel}"),
        ('[paths]\nread = "/{parcel}/../{parcel.real}"\n', 2, "{parcel}"),
        ('[paths]\nattachment = "/r/{parcel}"\n', 2, "{parcel} and {attachment}"),
        ('[members]\nreply = "reply id"\n', 2, "Write letters"),
        ("[events]\nsubmit = 7\n", 2, "Write a text"),
        ('[events]\nsubmit = "sub\\nmit"\n', 2, "Write letters"),
        ('paths = "x"\n', 1, "[paths] section"),
        ('metadata = "1.0.0"\n', 1, '"2.1.0"'),
        ('metadata = "newest"\n', 1, '"2.1.0"'),
        ('confirmed = "yes"\n', 1, "true or false"),
        ("confirmed =\n", 1, "Correct the line"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(
    text: str, line: int, said: str
) -> None:
    found = parse_routes(ConfigFile(file=REPLIES, raw=text.encode()))

    assert isinstance(found, tuple)
    [one] = found
    assert (one.file, one.line) == (REPLIES, line)
    assert said in one.remedy
