"""What a form says and what XML says are the same thing, exactly or not at all."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mapping.conversions import from_text, plain_text, to_text
from schemas.mapping.form_data import FormValue
from schemas.mapping.form_map import (
    AsAmount,
    AsCode,
    AsDate,
    AsInteger,
    AsText,
    AsYesNo,
    Conversion,
    Spacing,
    Table,
    Written,
)
from schemas.mapping.problems import Mistake

GERMAN = AsAmount(written=Written.GERMAN, places=2)
PLAIN = AsAmount(written=Written.PLAIN, places=2)
NUMBER = AsAmount(written=Written.NUMBER, places=2)
WHOLE = AsInteger(written=Written.GERMAN)
DAY = AsDate(written=Written.GERMAN)
ISO_DAY = AsDate(written=Written.PLAIN)
YES_NO = AsYesNo(yes="ja", no="nein")
CODES = AsCode(table=Table(codes={"deutsch": "000", "Deutschland": "000"}))


@pytest.mark.parametrize(
    ("conversion", "value", "text"),
    [
        (GERMAN, "1.234,50", "1234.50"),
        (GERMAN, "1234,5", "1234.50"),
        (GERMAN, "1.234", "1234.00"),
        (GERMAN, " 12,30 € ", "12.30"),
        (GERMAN, "12 EUR", "12.00"),
        (GERMAN, "-0,00", "0.00"),
        (GERMAN, "+007,1", "7.10"),
        (GERMAN, "-1.000.000,01", "-1000000.01"),
        (GERMAN, 0.1, "0.10"),
        (GERMAN, 19.99, "19.99"),
        (GERMAN, Decimal("1E+2"), "100.00"),
        (PLAIN, "1234.50", "1234.50"),
        (NUMBER, 12, "12.00"),
        (WHOLE, "1.000", "1000"),
        (WHOLE, 7, "7"),
        (WHOLE, "7,0", "7"),
        (DAY, "1.2.2024", "2024-02-01"),
        (DAY, "29.02.2024", "2024-02-29"),
        (ISO_DAY, "2024-02-29", "2024-02-29"),
        (YES_NO, "Ja", "true"),
        (YES_NO, "on", "true"),
        (YES_NO, True, "true"),
        (YES_NO, 0, "false"),
        (YES_NO, "NEIN", "false"),
        (AsYesNo(yes="vorhanden", no="fehlt"), "vorhanden", "true"),
        (AsYesNo(yes="0", no="1"), "0", "true"),
        (CODES, "Deutschland", "000"),
        (AsCode(table=Table(codes={})), "129", "129"),
        (AsText(), "  a\r\nb  ", "a\nb"),
        (AsText(), "u\u0308", "ü"),
        (AsText(), 5, "5"),
        (AsText(spacing=Spacing.SINGLE), " a \n\t b ", "a b"),
        (AsText(spacing=Spacing.NONE), "DE02 1203", "DE021203"),
    ],
)
def test_what_people_fill_in_becomes_what_xml_has(
    conversion: Conversion, value: FormValue, text: str
) -> None:
    assert to_text(conversion, value) == text


@pytest.mark.parametrize(
    ("conversion", "value", "mistake"),
    [
        (GERMAN, "12.34", Mistake.AMOUNT),
        (GERMAN, "1,234.50", Mistake.AMOUNT),
        (GERMAN, "1.23,4", Mistake.AMOUNT),
        (GERMAN, "viel", Mistake.AMOUNT),
        (GERMAN, "1,234", Mistake.PLACES),
        (GERMAN, "9" * 10_000, Mistake.AMOUNT),
        (GERMAN, "١٢", Mistake.AMOUNT),
        (GERMAN, True, Mistake.AMOUNT),
        (GERMAN, Decimal("1E+5000"), Mistake.KIND),
        (GERMAN, 10**4000, Mistake.KIND),
        (GERMAN, float("nan"), Mistake.KIND),
        (GERMAN, ["1"], Mistake.KIND),
        (PLAIN, "1.234,50", Mistake.PLAIN_AMOUNT),
        (WHOLE, "7,5", Mistake.INTEGER),
        (WHOLE, "sieben", Mistake.INTEGER),
        (DAY, "31.02.2024", Mistake.DATE),
        (DAY, "2024-02-01", Mistake.DATE),
        (DAY, "1.2.24", Mistake.DATE),
        (DAY, "00.00.0000", Mistake.DATE),
        (ISO_DAY, "01.02.2024", Mistake.ISO_DATE),
        (YES_NO, "vielleicht", Mistake.YES_NO),
        (CODES, "französisch", Mistake.CODE),
        (AsText(), "a\x00b", Mistake.CHARACTER),
        pytest.param(AsText(), "\ud800", Mistake.CHARACTER, id="half"),
        (AsText(), "\ufffe", Mistake.CHARACTER),
        (AsText(), {"a": "b"}, Mistake.KIND),
    ],
)
def test_nothing_is_guessed(
    conversion: Conversion, value: FormValue, mistake: Mistake
) -> None:
    assert to_text(conversion, value) is mistake


cents = st.decimals(
    min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=2
).map(lambda number: number + 0)


@given(cents, st.sampled_from([GERMAN, PLAIN, NUMBER]))
def test_an_amount_keeps_every_cent_there_and_back(
    number: Decimal, conversion: AsAmount
) -> None:
    text = to_text(conversion, number)
    assert isinstance(text, str)
    written = from_text(conversion, text)

    assert Decimal(text) == number
    assert not isinstance(written, Mistake)
    assert to_text(conversion, written) == text


@given(st.dates(), st.sampled_from([DAY, ISO_DAY]))
def test_a_day_is_the_same_there_and_back(day: date, conversion: AsDate) -> None:
    written = from_text(conversion, day.isoformat())

    assert not isinstance(written, Mistake)
    assert to_text(conversion, written) == day.isoformat()


@pytest.mark.parametrize("conversion", [GERMAN, WHOLE, DAY, ISO_DAY, YES_NO, CODES])
@given(text=st.text())
def test_a_form_can_say_anything_and_xml_too(conversion: Conversion, text: str) -> None:
    # Nothing is raised, and what is taken can be read back.
    said = to_text(conversion, text)
    read = from_text(conversion, said if isinstance(said, str) else text)

    assert isinstance(said, Mistake) or not isinstance(read, Mistake)


@given(st.text())
def test_a_text_is_one_that_xml_can_hold_or_a_mistake(text: str) -> None:
    plain = plain_text(text)

    assert isinstance(plain, Mistake) or plain_text(plain) == plain


def test_the_first_word_of_a_table_is_the_one_that_comes_back() -> None:
    assert from_text(CODES, "000") == "deutsch"
    assert from_text(CODES, "001") is Mistake.CODE
    assert from_text(YES_NO, "1") == "ja"
    assert from_text(YES_NO, "vielleicht") is Mistake.YES_NO
    assert from_text(WHOLE, "1000") == "1.000"
