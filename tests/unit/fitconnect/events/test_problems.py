"""Problems keep their meaning between us, the events and people."""

import re

import pytest

from adapters.fitconnect.events.problem_table import (
    PROBLEMS,
    parse_problems,
    shipped_problems,
)
from adapters.fitconnect.events.problems import (
    MOST,
    TECHNICAL,
    UNKNOWN,
    event_problems,
    problem,
    received_problems,
)
from adapters.fitconnect.events.tokens import EventProblem
from schemas.checking.outside_file import shipped_meanings
from schemas.checking.rules import RULES
from schemas.configuration.source import ConfigFile
from schemas.states import Problem
from tests.unit.fitconnect.events.logs import ATTACHMENT

PREFIX = "https://schema.fitko.de/fit-connect/events/problems/"
TYPES = {
    "invalid-event-log",
    "attachments-mismatch",
    "incorrect-authentication-tag",
    "encryption-issue",
    "syntax-violation",
    "missing-schema",
    "unsupported-schema",
    "schema-violation",
    "unsupported-service",
    "service-mismatch",
    "unsupported-reply-channel",
    "missing-data",
    "hash-mismatch",
    "missing-attachment",
    "technical-error",
}
MEANINGS = shipped_meanings()


def told(text: str) -> list[str]:
    read = parse_problems(ConfigFile(file=PROBLEMS, raw=text.encode()))
    return [str(one) for one in read] if isinstance(read, tuple) else []


def test_every_type_that_is_known_has_its_problem() -> None:
    table = shipped_problems()

    assert {one.type for one in table.values()} == {PREFIX + name for name in TYPES}


def test_nothing_from_memory_is_called_confirmed() -> None:
    assert not any(one.confirmed for one in shipped_problems().values())


def test_no_code_is_a_rule_of_the_checks() -> None:
    assert not shipped_problems().keys() & (RULES.keys() | MEANINGS.keys())
    assert all(code.startswith("fit-") for code in shipped_problems())


@pytest.mark.parametrize("code", sorted(shipped_problems()))
def test_every_problem_is_told_and_heard_again(code: str) -> None:
    mine = problem(code, location=ATTACHMENT)
    [event] = event_problems([mine], MEANINGS)
    [heard] = received_problems([event])

    is_technical = event.type == PREFIX + "technical-error"
    assert heard.code == (TECHNICAL if is_technical else code)
    assert event.detail == mine.german
    assert re.fullmatch(
        rf"submission|metadata|data|other|attachment:{ATTACHMENT}", event.instance
    )
    assert "{" not in mine.german + mine.english


def test_a_sentence_names_an_attachment_by_its_id_only() -> None:
    swapped = problem("fit-attachment-hash", location=ATTACHMENT)
    [event] = event_problems([swapped], MEANINGS)

    assert ATTACHMENT in swapped.german
    assert ATTACHMENT in swapped.english
    assert event.instance == f"attachment:{ATTACHMENT}"


def test_what_is_no_id_is_not_repeated() -> None:
    odd = problem("fit-attachment-missing", location="Erika.pdf")
    [event] = event_problems([odd], MEANINGS)

    assert "Erika" not in repr((odd, event))
    assert event.instance == "submission"


def test_a_finding_of_a_check_goes_out_as_the_other_table_says() -> None:
    finding = Problem(
        code="schema-violation",
        location="/antrag/person",
        german="Die Angabe fehlt.",
        english="It is missing.",
    )

    assert event_problems([finding], MEANINGS) == (
        EventProblem(
            type=PREFIX + "schema-violation",
            title="Schema-Fehler",
            detail="Die Angabe fehlt. (/antrag/person)",
            instance="data",
        ),
    )


def test_a_place_in_the_metadata_is_told() -> None:
    wrong = problem("fit-metadata-violation", location="/author/name", detail="type")
    [event] = event_problems([wrong], MEANINGS)

    assert event.detail.endswith("(/author/name)")


def test_what_neither_table_knows_is_a_technical_error() -> None:
    odd = Problem(code="E-X", location="", german="Ein Satz.", english="A sentence.")
    [event] = event_problems([odd], MEANINGS)

    assert event.type == PREFIX + "technical-error"
    assert event.detail == "Ein Satz."


def test_a_rejection_always_gives_a_reason() -> None:
    [event] = event_problems([], MEANINGS)

    assert event.type == PREFIX + "technical-error"


def test_reasons_are_told_once_and_not_without_end() -> None:
    same = [problem("fit-data-hash")] * 5
    many = [
        problem("fit-metadata-violation", location=f"/{number}")
        for number in range(500)
    ]

    assert len(event_problems(same, MEANINGS)) == 1
    assert len(event_problems(many, MEANINGS)) == MOST


def test_a_reason_from_outside_is_looked_up_and_not_repeated() -> None:
    reasons = [
        EventProblem(
            type=PREFIX + "hash-mismatch",
            title="Erika",
            detail="Erika Mustermann",
            instance="data",
        ),
        EventProblem(type=PREFIX + "wrong-office", title="Erika", instance="other"),
        EventProblem(type="https://erika.example/x", detail="Erika"),
        EventProblem(type="Erika", instance="Erika"),
    ]
    heard = received_problems(reasons)

    assert [(one.code, one.detail) for one in heard] == [
        ("fit-data-hash", ""),
        (UNKNOWN, "wrong-office"),
        (UNKNOWN, ""),
    ]
    assert "rika" not in repr(heard)


def test_of_reasons_without_end_a_hundred_are_heard() -> None:
    reasons = [
        EventProblem(type=f"{PREFIX}a{'-b' * number}", instance="other")
        for number in range(30)
    ] + [
        EventProblem(
            type=PREFIX + "hash-mismatch",
            instance=f"attachment:{ATTACHMENT[:-3]}{number:03d}",
        )
        for number in range(200)
    ]

    assert len(received_problems(reasons)) == MOST


def test_a_title_decides_between_two_problems_of_one_type() -> None:
    shared = PREFIX + "unsupported-schema"
    for code in ("fit-metadata-schema-unsupported", "fit-data-schema-unsupported"):
        title = shipped_problems()[code].title
        event = EventProblem(type=shared, title=title, instance="metadata")
        assert [one.code for one in received_problems([event])] == [code]


def test_an_operator_corrects_one_column_and_keeps_the_others() -> None:
    text = f'[fit-data-hash]\ntype = "{PREFIX}data-hash"\nconfirmed = true\n'
    table = parse_problems(ConfigFile(file=PROBLEMS, raw=text.encode()))
    before = shipped_problems()

    assert not isinstance(table, tuple)
    assert table["fit-data-hash"].type == PREFIX + "data-hash"
    assert table["fit-data-hash"].confirmed
    assert table["fit-data-hash"].german == before["fit-data-hash"].german
    assert {**table, "fit-data-hash": None} == {**before, "fit-data-hash": None}
    [event] = event_problems([problem("fit-data-hash")], MEANINGS, table)
    assert event.type == PREFIX + "data-hash"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[fit-data-hsh]\nconfirmed = true\n", "Did you mean `fit-data-hash`?"),
        ('[fit-data-hash]\ntype = "ftp://x"\n', "no address"),
        ('[fit-data-hash]\ninstance = "datum"\n', "unknown value"),
        ('[fit-data-hash]\nconfirmed = "yes"\n', "neither true nor false"),
        ("[fit-data-hash]\ntitle = 5\n", "not a text"),
        ('[fit-data-hash]\nmeaning = "x"\n', "not a key"),
        ("fit-data-hash = 5\n", "not a table"),
        ("[fit-data-hash\n", "not TOML"),
    ],
)
def test_an_operators_mistake_is_named(text: str, part: str) -> None:
    assert any(part in one for one in told(text))


def test_an_empty_file_changes_nothing() -> None:
    read = parse_problems(ConfigFile(file=PROBLEMS, raw=b"# nothing yet\n"))

    assert read == shipped_problems()
