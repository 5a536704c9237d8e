"""docs/fit-connect.md says what is so: settings, examples, codes."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Final

import pytest

from adapters.fitconnect.events.problem_table import parse_problems, shipped_problems
from adapters.fitconnect.inbox.settings import parse_source
from adapters.fitconnect.jose.algorithms import KNOWN, PRESCRIBED
from adapters.fitconnect.outbox.parsing import parse_connection, parse_mapping
from adapters.fitconnect.replies.routes import parse_routes, shipped_routes
from adapters.registry import standard_registry
from schemas.configuration.source import ConfigFile
from schemas.fields import Fields
from schemas.rules.waits import ANSWER_DAYS
from tests.architecture.checkout import ROOT
from tests.unit.configuration.folders import FILES, said

PAGE: Final = (ROOT / "docs" / "fit-connect.md").read_text(encoding="utf-8")
FILE_OF: Final = dict(re.findall(r"```toml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
LITERAL: Final = re.compile(r'"(E-(?:FIT|SOURCE)-[A-Z0-9-]*[A-Z0-9])"')
FAMILIES: Final = ("E-FIT-DAY-", "E-FIT-WAITING-DAY-", "E-FIT-REPLY-DAY-")
ROOMS: Final = ("adapters/fitconnect", "flows/sources", "schemas/rules", "storage")


def part(title: str) -> str:
    """A section with what is below it."""
    level = title.partition(" ")[0]
    found = PAGE.partition(f"\n{title}\n")[2]
    assert found
    return re.split(rf"\n#{{2,{len(level)}}} ", found)[0]


def codes_in_the_code() -> set[str]:
    texts = [
        path.read_text(encoding="utf-8")
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    ]
    families = {f"{one}{day}" for one in FAMILIES for day in ANSWER_DAYS}
    return families.union(*map(LITERAL.findall, texts))


def test_every_code_stands_on_the_page_with_what_to_do() -> None:
    rows = re.findall(r"^\| (`E-.*)", part("## Codes"), re.MULTILINE)
    told = {
        code for row in rows for code in re.findall(r"`([^`]+)`", row.split("|")[0])
    }

    assert told == codes_in_the_code()
    assert [row for row in rows if len(row.split("|")[2].strip()) < len("Wait.")] == []


@pytest.mark.parametrize(
    ("parse", "titles"),
    [
        (parse_source, ("### `[connection]` of a source",)),
        (parse_mapping, ("### `[mapping]`: what is sent, and to whom",)),
        (
            parse_connection,
            ("### `[connection]` of a destination", "### `[connection]` of a source"),
        ),
    ],
)
def test_every_setting_is_documented(
    parse: Callable[[Fields], object], titles: tuple[str, ...]
) -> None:
    fields = Fields({"zzzzzzzz": 1}, "connection")
    parse(fields)
    [unknown] = [one for one in fields.finish() if "zzzzzzzz" in one.sentence]
    keys = re.findall(r"Known keys: (.*)\.$", unknown.remedy)[0].split(", ")
    tables = " ".join(
        row.split("|")[1]
        for title in titles
        for row in re.findall(r"^\|.*", part(title), re.MULTILINE)
    )

    assert len(keys) > 8
    assert [key for key in keys if f"`{key}`" not in tables] == []


def test_every_algorithm_is_documented_and_the_example_is_the_default() -> None:
    text = part("### Algorithms")
    rows = {
        row.split("`")[1]: tuple(re.findall(r"`([A-Z0-9-]+)`", row.split("|")[2]))
        for row in re.findall(r"^\| `.*", text, re.MULTILINE)
    }
    example = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0]
    read = tomllib.loads(example)["connection"]["algorithms"]

    assert rows == asdict(KNOWN)
    assert {name: tuple(chosen) for name, chosen in read.items()} == asdict(PRESCRIBED)


def test_an_unsound_algorithm_is_a_mistake_with_its_line() -> None:
    file = "sources/bauamt.toml"
    text = FILE_OF[file] + '\n[connection.algorithms]\nsignature = ["RS256"]\n'
    line = text.splitlines().index('signature = ["RS256"]') + 1

    [problem] = said(FILES | {file: text}, standard_registry().validate)

    assert problem.startswith(f"{file}:{line}: ")
    assert "PS512, PS384, PS256" in problem
    assert "RS256" not in problem


@pytest.mark.parametrize(
    "file", ["sources/bauamt.toml", "destinations/nachbarkreis.toml"]
)
def test_the_examples_can_be_used(file: str) -> None:
    folder = FILES | {file: FILE_OF[file]}

    assert said({**folder}, standard_registry().validate) == []


def test_the_table_of_problems_is_understood() -> None:
    name = "fitconnect-problems.toml"
    read = parse_problems(ConfigFile(file=name, raw=FILE_OF[name].encode()))

    assert not isinstance(read, tuple)
    assert read != shipped_problems()
    assert read.keys() == shipped_problems().keys()


def test_the_routes_of_replies_are_understood() -> None:
    name = "fitconnect-replies.toml"
    read = parse_routes(ConfigFile(file=name, raw=FILE_OF[name].encode()))

    assert read == replace(shipped_routes(), is_confirmed=True)


def test_the_sandboxes_source_is_one() -> None:
    written = re.search(
        r"postfach\.toml\" <<END\n(.*?)^END$", PAGE, re.DOTALL | re.MULTILINE
    )
    assert written
    text = re.sub(r"\$\(fit [a-z_]*_?url\)", "http://127.0.0.1:1", written[1])
    text = text.replace("$(fit base_url)", "http://127.0.0.1:1").replace(
        "$(fit destination_id)", "d12caea8-f372-4eb1-b102-b0a228253a11"
    )

    assert tomllib.loads(text)["id"] == "postfach"
    file = {"sources/postfach.toml": text}
    assert said(FILES | file, standard_registry().validate) == []
