"""The text of a key survives printing, and mistakes in typing are noticed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.errors import ConfigurationInvalid
from schemas.ids import KeyName
from storage.vault.keyfile import NamedKey, armour, disarm

KEYS = st.builds(
    NamedKey,
    name=st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True).map(KeyName),
    plain=st.binary(min_size=32, max_size=32),
)
KEY = NamedKey(name=KeyName("kek-2026-11-20-0a1b2c3d"), plain=bytes(range(32)))


@given(key=KEYS)
def test_a_key_is_read_as_it_was_written(key: NamedKey) -> None:
    assert disarm(armour(key)) == key


def test_the_text_is_made_for_people() -> None:
    assert armour(KEY) == (
        "-----BEGIN AMTSWEG KEY-----\n"
        "name: kek-2026-11-20-0a1b2c3d\n"
        "key:\n"
        "  0001 0203 0405 0607 0809 0a0b 0c0d 0e0f\n"
        "  1011 1213 1415 1617 1819 1a1b 1c1d 1e1f\n"
        "check: 29f3 adb0 3181 5dd4\n"
        "-----END AMTSWEG KEY-----\n"
    )


def test_spaces_line_ends_and_capitals_do_not_matter() -> None:
    lines = armour(KEY).splitlines()
    lines[3:5] = [line.upper().replace(" ", "") for line in lines[3:5]]

    assert disarm("\r\n\r\n" + "\r\n".join(lines) + "  \r\n") == KEY


@given(key=KEYS, place=st.integers(0), digit=st.sampled_from("0123456789abcdef"))
def test_one_wrong_digit_is_noticed(key: NamedKey, place: int, digit: str) -> None:
    text = armour(key)
    first = text.index("key:") + 4
    digits = [i for i in range(first, len(text) - 27) if text[i] in "0123456789abcdef"]
    here = digits[place % len(digits)]
    wrong = text[:here] + digit + text[here + 1 :]
    assume(wrong != text)

    with pytest.raises(ConfigurationInvalid):
        disarm(wrong)


@pytest.mark.parametrize(
    "text", ["", "key", armour(KEY)[:-30], armour(KEY).replace("1f\n", "\n")]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationInvalid):
        disarm(text)


def test_another_name_is_noticed() -> None:
    with pytest.raises(ConfigurationInvalid):
        disarm(armour(KEY).replace("2026", "2027"))


def test_the_key_is_never_shown() -> None:
    assert "plain" not in repr(KEY)
