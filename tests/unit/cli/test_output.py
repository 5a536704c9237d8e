"""What is printed stays in columns, in one line, and steers no terminal."""

import io
import json
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli import output

DECOMPOSED = "u\N{COMBINING DIAERESIS}"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("Müller", 6), (f"M{DECOMPOSED}ller", 6), ("ß–…", 3), ("漢字", 4)],
)
def test_an_umlaut_is_one_column_however_it_is_written(text: str, columns: int) -> None:
    assert output.width(text) == columns


def test_columns_line_up_with_umlauts(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_table(
        ("WORT", "ZAHL", "ENDE"),
        [("Prüfung", "7", "x"), (f"f{DECOMPOSED}nf", "12", "y"), ("ok", "", "z")],
    )

    assert capsys.readouterr().out.splitlines() == [
        "WORT     ZAHL  ENDE",
        "Prüfung     7  x",
        f"f{DECOMPOSED}nf       12  y",
        "ok             z",
    ]


def test_empty_fields_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_fields((("Case", "2026-000001"), ("Due", ""), ("State", "Wartet")))

    assert capsys.readouterr().out == "Case   2026-000001\nState  Wartet\n"


@given(st.text())
def test_nothing_printed_can_steer_a_terminal(text: str) -> None:
    assert all(character.isprintable() for character in output.plain(text))
    assert len(output.plain(text)) == len(text)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    )
)
def test_json_reads_back_as_what_was_said(value: output.Json) -> None:
    said = io.StringIO()
    with redirect_stdout(said):
        output.say_json(value)

    assert json.loads(said.getvalue()) == value


def test_times_are_those_of_germany() -> None:
    summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    winter = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert output.local(summer) == "02.07.2026 00:30:00"
    assert output.local(winter) == "01.01.2027 00:30:00"
    assert output.stamp(summer) == "2026-07-02T00:30:00+02:00"
    assert (output.local(None), output.stamp(None)) == ("", None)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_700, "1 h 1 min"),
        (100_000, "1 d 3 h"),
    ],
)
def test_a_span_is_said_roughly(seconds: int, said: str) -> None:
    assert output.span(timedelta(seconds=seconds)) == said


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_writes_one_line_over_and_over_on_a_terminal() -> None:
    screen = Terminal()
    progress = output.Progress(screen)
    progress.show("12 of 50")
    progress.show("12 of 50")
    progress.show("9 left")
    progress.end()
    progress.end()

    assert screen.getvalue() == "\r12 of 50\r9 left  \n"


def test_progress_elsewhere_is_a_line_now_and_then_and_the_last() -> None:
    log, now = io.StringIO(), 0.0
    progress = output.Progress(log, clock=lambda: now)
    for second in range(8):
        now = float(second)
        progress.show(f"{second} of 8")
    progress.end()
    progress.end()

    assert log.getvalue() == "0 of 8\n5 of 8\n7 of 8\n"


def test_letters_that_a_terminal_lacks_are_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    output.Progress(stream).show("Prüfung → Ende")

    assert raw.getvalue() == b"Pr?fung ? Ende\n"
