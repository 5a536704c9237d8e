"""Promises about part headers: a file name is data, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.limits import DoorLimits
from api.intake.parts import PartHead, read_part_head
from api.intake.refusals import (
    FilenameRefused,
    FilenameTooLong,
    MultipartMalformed,
    PartTypeRefused,
    PartUnknown,
)
from api.refusals import DoorRefusal
from schemas.documents import Role

ATTACHMENT = 'Content-Disposition: form-data; name="attachment"'
MAIN = 'Content-Disposition: form-data; name="main"'


def read(header: str | bytes) -> PartHead:
    encoded = header if isinstance(header, bytes) else header.encode()
    return read_part_head(encoded, DoorLimits())


def named(name: str) -> str:
    return read(f'{ATTACHMENT}; filename="{name}"').filename


def test_a_part_says_role_type_and_name() -> None:
    head = read(f'{MAIN}; filename="Antrag Müller.xml"\r\ncontent-type: Text/XML')

    assert (head.role, head.media_type.value) == (Role.MAIN, "text/xml")
    assert head.filename == "Antrag Müller.xml"
    assert "Müller" not in repr(head)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("", ""),
        ("Übersicht – 50 %.pdf", "Übersicht – 50 %.pdf"),
        ('a\\"b.pdf', 'a"b.pdf'),
        ("a%22b%0d%0a.pdf", "a%22b%0d%0a.pdf"),
        ("a;b=c.pdf", "a;b=c.pdf"),
        ("...", "..."),
        ("👩‍👧.png", "👩‍👧.png"),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_name_is_kept_as_it_is_meant(sent: str, meant: str) -> None:
    assert named(sent) == meant


@given(name=st.text(st.characters(exclude_categories=("C", "Z")), max_size=200))
def test_every_visible_name_is_kept(name: str) -> None:
    quoted = name.replace("/", "-").replace("\\", "-")
    if quoted in {".", ".."}:
        return

    assert named(quoted.replace('"', '\\"')) == quoted


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\\\..\\\\system.ini",
        "/etc/passwd",
        "C:\\Users\\beleg.pdf",
        "..",
        ".",
        "a\nX-Evil: 1",
        "a\rb",
        "a\0b",
        "a\tb",
        "a\x7fb",
        "a\x85b",
        "beleg\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe",
        "a\N{LINE SEPARATOR}b",
        "\N{ZERO WIDTH NO-BREAK SPACE}a",
    ],
)
def test_a_name_with_folders_or_control_characters_is_refused(name: str) -> None:
    with pytest.raises(FilenameRefused):
        named(name)


def test_a_line_end_in_a_name_cannot_add_a_header() -> None:
    with pytest.raises(MultipartMalformed):
        named("a\r\nContent-Type: text/html")


def test_a_name_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(FilenameRefused):
        read(f'{ATTACHMENT}; filename="Müller"'.encode("latin-1"))


def test_a_long_name_is_refused() -> None:
    with pytest.raises(FilenameTooLong):
        named("x" * 256)


def test_an_extended_name_wins() -> None:
    head = read(f"{ATTACHMENT}; filename=\"a\"; filename*=UTF-8''M%C3%BCller%20a.pdf")

    assert head.filename == "Müller a.pdf"


@pytest.mark.parametrize(
    "extended",
    [
        "latin-1''M%FCller",
        "utf-8''%FF",
        "utf-8''..%2Fa",
        "utf-8''a%0D%0Ab",
        "utf-8''a%00",
        "Müller",
        "utf-8''a%2",
    ],
)
def test_an_extended_name_is_judged_like_any_other(extended: str) -> None:
    with pytest.raises(FilenameRefused):
        read(f'{ATTACHMENT}; filename*="{extended}"')


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        ("", MultipartMalformed),
        ("Content-Type: text/xml", MultipartMalformed),
        ('Content-Disposition: inline; name="main"', MultipartMalformed),
        ("Content-Disposition: form-data", PartUnknown),
        ('Content-Disposition: form-data; name="file"', PartUnknown),
        ('Content-Disposition: form-data; name="Main"', PartUnknown),
        (f'{MAIN}; name="attachment"', MultipartMalformed),
        (f"{MAIN}; filename", MultipartMalformed),
        (f'{MAIN}; filename="a', MultipartMalformed),
        (f'{MAIN}; filename="a"b', MultipartMalformed),
        (f"{MAIN}\r\n{MAIN}", MultipartMalformed),
        (f"{MAIN}\r\n folded: 1", MultipartMalformed),
        (f"{MAIN}\r\nno colon", MultipartMalformed),
        (f"{MAIN}\r\nContent-Transfer-Encoding: base64", MultipartMalformed),
        (MAIN, PartTypeRefused),
        (f"{MAIN}\r\nContent-Type: xml", PartTypeRefused),
        (f"{MAIN}\r\nContent-Type: a/b; c=d; c=e", PartTypeRefused),
        (f"{ATTACHMENT}\r\nContent-Type:", PartTypeRefused),
        (f"{ATTACHMENT}\r\nContent-Type: text/\nhtml", PartTypeRefused),
        (f"{ATTACHMENT}\r\nContent-Type: a/{'b' * 300}", PartTypeRefused),
    ],
)
def test_a_header_out_of_order_is_refused(
    header: str, refusal: type[DoorRefusal]
) -> None:
    with pytest.raises(refusal):
        read(header)


def test_an_attachment_without_a_type_is_just_bytes() -> None:
    assert read(ATTACHMENT).media_type.value == "application/octet-stream"


@given(header=st.binary(max_size=120))
def test_any_header_is_read_or_refused(header: bytes) -> None:
    for start in (b"", MAIN.encode(), ATTACHMENT.encode() + b"; filename"):
        try:
            read(start + header)
        except DoorRefusal:
            continue
