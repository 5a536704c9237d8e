"""What is remembered of replies stands in one file, and says that it is a memory."""

import re
import tomllib

import pytest

from adapters.fitconnect.events.tokens import PREFIX
from adapters.fitconnect.metadata.values import metadata_uri, version_of
from adapters.fitconnect.replies import routes
from adapters.fitconnect.replies.routes import known_routes, read_routes
from adapters.fitconnect.sandbox.routes import ROUTES
from tests.architecture.checkout import ROOT

FOLDER = ROOT / "adapters" / "fitconnect" / "replies"
SOURCE = (FOLDER / "routes.toml").read_text(encoding="utf-8")
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


def test_the_file_is_marked_unconfirmed() -> None:
    assert not known_routes().is_confirmed


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
    path = getattr(known_routes().paths, name).format(parcel=PARCEL, attachment=PARCEL)

    assert any(
        route.method == method and route.pattern.fullmatch(f"/v2{path}")
        for route in ROUTES
    )


def test_metadata_are_of_the_second_generation() -> None:
    version = version_of(metadata_uri(known_routes().metadata))

    assert version is not None
    assert version[0] == 2
    assert PREFIX.endswith("/")


@pytest.mark.parametrize("change", ["paths", "members", "events"])
def test_a_name_that_nobody_reads_is_a_mistake(change: str) -> None:
    found = tomllib.loads(SOURCE)
    found[change]["surprise"] = "x"

    with pytest.raises(TypeError, match="surprise"):
        read_routes(found)


def test_a_table_that_is_none_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="tables"):
        read_routes({**tomllib.loads(SOURCE), "paths": "x"})
    assert routes.known_routes() is known_routes()
