"""The worked example of docs/form-maps.md is true."""

import json
import re
from pathlib import Path
from typing import Any, Final

from schemas.mapping.applying import from_xml, to_xml
from schemas.mapping.form_data import Form, read_form
from schemas.mapping.form_map import FormMap
from schemas.mapping.map_file import read_map
from tests.unit.mapping.maps import GIVEN

PAGE: Final = (Path(__file__).parents[3] / "docs/form-maps.md").read_text("utf-8")
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE) if found == language]


def example() -> tuple[Form, FormMap]:
    form, map_text = blocks("json")
    filled = read_form(form.encode())
    assert filled is not None
    return filled, read_map(map_text.encode())


def test_form_and_map_make_the_xml_that_is_shown() -> None:
    form, found = example()

    built = to_xml(found, form, GIVEN)

    assert built.problems == ()
    assert [built.xml.decode()] == blocks("xml")


def test_the_mistakes_are_told_as_shown() -> None:
    form, found = example()
    worse: dict[str, Any] = {
        **form,
        "halter_name": "",
        "halter_geboren": "31.2.1970",
        "hund1_rasse": "Katze",
    }

    problems = to_xml(found, worse, GIVEN).problems

    told = "".join(f"{one.field}: {one.german}\n" for one in problems)
    assert told in blocks("text")


def test_it_can_be_read_back() -> None:
    form, found = example()
    read = from_xml(found, to_xml(found, form, GIVEN).xml)

    assert read.left_out == ()
    assert read.form == {
        "halter_name": "Jürgen Groß",
        "halter_geboren": "02.03.1970",
        "halter_ort": "53111 Bonn am Rhein",
        "hund1_rasse": "Dackel",
        "hund1_wert": "1.250,00",
        "hund1_geimpft": "ja",
        "hund2_rasse": "Pudel",
        "hund2_geimpft": "nein",
    }


def test_the_other_map_files_shown_are_json() -> None:
    sheet = next(text for text in blocks("text") if '"stylesheet"' in text)

    assert json.loads(sheet)["format"] == "form-map/1"
