"""Every value in a generated text says on which line it stands."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.configuration.lines import line_at, lines_of
from schemas.configuration.problems import KeyPath

NOISE = ("", " # no comment", " [no.table]", " no = 'key'", " ] } ,", " äöü ß")
BETWEEN = (" ", "\n", " # ] comment\n\n\t", "\r\n  ")
KEYS = (
    "k{}",
    '"k{} . = [#"',
    "'k{} \"]'",
    '"k{} \\" \\u00e4 \\\\"',
    "k{}.x",
    "k{} . 'y z'\t.\t\"=\"",
    "ä{}",
)


class Writer:
    """Writes TOML and knows the line it is on."""

    def __init__(self, data: st.DataObject) -> None:
        self.text = ""
        self.data = data
        self.count = 0

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def pick(self, options: tuple[str, ...]) -> str:
        return self.data.draw(st.sampled_from(options))

    def key(self) -> None:
        self.count += 1
        form = self.pick(KEYS).replace("ä{}", '"ä{}"')
        self.text += form.format(self.count)

    def entry(self, depth: int) -> None:
        self.key()
        self.text += self.pick((" = ", "=", "\t=  "))
        self.value(depth)

    def value(self, depth: int) -> None:
        kinds = ("number", "text", "lines", "date", "list", "table")
        match self.pick(kinds if depth else kinds[:4]):
            case "number":
                self.text += self.pick((f"{self.line}", f"{self.line}.0"))
            case "text":
                quote, noise = self.pick(('"', "'")), self.pick(NOISE)
                self.text += f"{quote}{self.line}{noise.replace(quote, '')}{quote}"
                self.text += self.pick(("", " "))
            case "lines":
                self.many_lines()
            case "date":
                self.text += self.pick(("1979-05-27 07:32:00", "07:32:00", "true"))
            case "list":
                self.elements(depth)
            case _:
                self.inline(depth)

    def many_lines(self) -> None:
        quote = self.pick(('"', "'"))
        middle = self.pick(("\n[x]\n", f"\n{quote}{quote} y = 1 #\n", " "))
        escape = self.pick(("", '\\""" . ', "\\\n  ")) if quote == '"' else ""
        end = self.pick(("", quote, quote * 2))
        self.text += f"{quote * 3}{self.line}{middle}{escape}{end}{quote * 3}"

    def elements(self, depth: int) -> None:
        self.text += "[" + self.pick(BETWEEN)
        for _ in range(self.data.draw(st.integers(0, 3))):
            self.value(depth - 1)
            self.text += self.pick(BETWEEN) + "," + self.pick(BETWEEN)
        self.text += "]"

    def inline(self, depth: int) -> None:
        self.text += "{ "
        for position in range(self.data.draw(st.integers(0, 3))):
            self.text += " , " if position else ""
            self.entry(depth - 1)
        self.text += " }"

    def header(self, known: list[str]) -> None:
        self.count += 1
        name = f"{self.pick(('t', 'a'))}{self.count}"
        parent = self.pick(("", *known))
        full = f"{parent}.{name}" if parent else name
        known.append(full)
        repeat = 1 if name.startswith("t") else self.data.draw(st.integers(1, 2))
        for _ in range(repeat):
            spaced = self.pick((full, full.replace(".", " . ")))
            spaced = spaced.replace(name, self.pick((name, f'"{name}"')))
            self.text += f"[{spaced}]" if name.startswith("t") else f"[[{spaced}]]"
            self.text += self.pick(("\n", " # [x]\n"))
            self.section()

    def section(self) -> None:
        for _ in range(self.data.draw(st.integers(0, 3))):
            self.text += self.pick(("", "\n", "# k = 1\n", "  "))
            self.entry(2)
            self.text += self.pick(("\n", " # k = [\n\n"))


def nodes(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Every path of a parsed text with what stands there."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nodes(inner, (*path, key))
    if isinstance(value, list):
        for position, inner in enumerate(value):
            yield from nodes(inner, (*path, str(position)))


def own_line(value: object) -> int | None:
    """What a value says about its line, if it says anything."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value)
    found = re.match(r"\d+", value) if isinstance(value, str) else None
    return int(found.group()) if found else None


def written(data: st.DataObject) -> str:
    """A text with tables and arrays of tables."""
    writer, known = Writer(data), list[str]()
    writer.section()
    for _ in range(data.draw(st.integers(0, 4))):
        writer.header(known)
    return writer.text


@given(data=st.data())
def test_every_key_is_found_on_its_line(data: st.DataObject) -> None:
    text_as_written = written(data)

    for text in (text_as_written, re.sub("\r?\n", "\r\n", text_as_written)):
        expected = dict(nodes(tomllib.loads(text)))
        lines = lines_of(text)
        assert set(lines) == set(expected)
        for path, value in expected.items():
            assert own_line(value) in {None, lines[path]}, path


@given(data=st.data())
def test_whatever_tomllib_takes_has_the_keys_tomllib_sees(data: st.DataObject) -> None:
    text = written(data)
    start = data.draw(st.integers(0, len(text)))
    mutilated = text[:start] + text[start + data.draw(st.integers(0, 3)) :]
    try:
        values = tomllib.loads(mutilated)
    except tomllib.TOMLDecodeError:
        return

    assert set(lines_of(mutilated)) == {path for path, _ in nodes(values)}


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("\n\n[t]\n\nk = 1", ("t", "k"), 5),
        ("\n[t]\nk = 1", ("t",), 2),
        ("[t.u]\nk = 1\n[t]\nx = 1", ("t",), 3),
        ("[t.u]\nk = 1", ("t",), 1),
        ("a.b.c = 1\na.b.d = 1", ("a", "b"), 1),
        ("a.b.c = 1\na.b.d = 1", ("a", "b", "d"), 2),
        ("[[a]]\n[[a]]\nk = 1", ("a", "1", "k"), 3),
        ("[[a]]\n[a.b]\n[[a]]\n[a.b]\nk=1", ("a", "1", "b"), 4),
        ("[[a]]\n[[a.b]]\n[[a.b]]\nk=1", ("a", "0", "b", "1", "k"), 4),
        ("k = [\n  1,\n\n  # x ]\n  2 ]", ("k", "1"), 5),
        ('k = """\na = 1\n"""\na = 2', ("a",), 4),
        ('k = """x""""" # """\na = 2', ("a",), 2),
        ("k = '''\n'' '''\na = 2", ("a",), 3),
        ('k = """\\"""\n"""\na = 2', ("a",), 3),
        ('k = ""\na = 2', ("a",), 2),
        ('k = { a = """\n""", b = [\n1] }', ("k", "b", "0"), 3),
        ("k = 1979-05-27 07:32:00 # x = 1\na = 2", ("a",), 2),
        ('"a.b" = 1\n"" = 2', ("",), 2),
        ('"\\u00e4" = 1', ("ä",), 1),
    ],
)
def test_a_key_of_each_form_is_found(text: str, path: KeyPath, line: int) -> None:
    assert lines_of(text)[path] == line


def test_a_missing_key_is_told_at_the_table_it_belongs_to() -> None:
    lines = lines_of("a = 1\n\n[t]\nk = 1\n")

    assert line_at(lines, ("t", "missing", "deeper")) == 3
    assert line_at(lines, ("missing",)) == 1


def test_a_text_of_many_lines_is_read_in_one_go() -> None:
    text = "".join(f"k{i} = 'x'\n" for i in range(20_000))

    assert lines_of(text)[("k19999",)] == 20_000
