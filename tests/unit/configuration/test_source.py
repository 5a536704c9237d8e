"""Files that are not what they should be: not UTF-8, not TOML."""

import pytest

from tests.unit.configuration.folders import FILES, SERVICE, WOHNGELD, said


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        (WOHNGELD.encode("utf-8-sig"), ":1: The file begins with a byte order mark."),
        (WOHNGELD.encode("utf-16"), ":1: The file is written in UTF-16."),
        (WOHNGELD.encode("latin-1"), ":2: This line is not written in UTF-8."),
        (b"a = 1\nb\n", ":2: This is not TOML: expected '=' after a key"),
        (b'a = 1\n\nb = "x\n', ":3: This is not TOML: illegal character"),
        (b"a = 1\na = 2\n", ":2: This is not TOML: cannot overwrite a value."),
        (b"a = [1,\n2", ":2: This is not TOML: unclosed array."),
        (b'k = """x\n\n', ":1: This is not TOML: unterminated string."),
        (b"a = " + b"[" * 5000, ": Its lists or tables are nested too deeply."),
        (b"a = " + b"9" * 5000, ": This is not TOML: a number is too long."),
        (b"a = 2026-02-30\n", ":1: This is not TOML: invalid date"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_a_remedy(
    raw: bytes, start: str
) -> None:
    told = said(FILES | {SERVICE: raw})

    assert len(told) == 1
    assert told[0].startswith(SERVICE + start), told
    assert " → " in told[0]


def test_lines_that_end_as_on_windows_are_counted_alike() -> None:
    windows = WOHNGELD.replace("\n", "\r\n").replace("6w", "?").encode()

    assert said(FILES | {SERVICE: windows})[0].startswith(f"{SERVICE}:6: ")


def test_an_empty_file_misses_everything_it_must_have() -> None:
    told = said(FILES | {SERVICE: b""})

    missing = [one.partition("`")[2].partition("`")[0] for one in told]
    assert sorted(missing) == [
        "deadline",
        "leika",
        "name",
        "office",
        "process",
        "retention_class",
    ]
