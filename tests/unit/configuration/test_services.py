"""What a service's file may say."""

from datetime import timedelta

import pytest

from schemas.checking.claims import FormOf, SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.ids import DestinationId, OfficeId, ServiceKey, TenantId
from schemas.rules.process import STANDARD_PROCESS
from schemas.services import Order, Service
from tests.unit.configuration.folders import (
    FILES,
    INSTALLATION,
    SERVICE,
    WOHNGELD,
    configured,
    said,
    spoilt,
)

KEY = ServiceKey("99107023017000")
WOHNGELD_ID = (TenantId("musterland"), KEY)


def test_a_service_is_what_its_file_says() -> None:
    assert configured(FILES).services == {
        WOHNGELD_ID: Service(
            key=KEY,
            name="Wohngeld für Mieter",
            tenant=TenantId("musterland"),
            office=OfficeId("sozialamt"),
            process=STANDARD_PROCESS,
            destinations=(DestinationId("fach"),),
            deadline=timedelta(days=42),
            retention_class="10-jahre",
            order=Order.RECEIPT,
        )
    }


@pytest.mark.parametrize(
    ("section", "policy"),
    [
        ("", CheckPolicy()),
        ('packs = ["demo-sozial"]', CheckPolicy(packs=("demo-sozial",))),
        ('unknown = "refuse"', CheckPolicy(unknown=Unknown.REFUSE)),
        ('unknown = "accept"', CheckPolicy(unknown=Unknown.ACCEPT)),
        (
            'schema = "urn:beispiel:antrag_1.0"',
            CheckPolicy(claim=SchemaUri(uri="urn:beispiel:antrag_1.0")),
        ),
        (
            'form = "kreisform/wohngeld/antrag"',
            CheckPolicy(claim=FormOf(profile="kreisform", id="wohngeld/antrag")),
        ),
    ],
)
def test_a_service_says_what_its_documents_must_be(
    section: str, policy: CheckPolicy
) -> None:
    files = FILES | {SERVICE: f"{WOHNGELD}[check]\n{section}\n"}

    assert configured(files).services[WOHNGELD_ID].check == policy


@pytest.mark.parametrize(
    ("section", "line", "sentence"),
    [
        ("packs = 7", 9, "not a list of texts"),
        ('packs = ["a", "a"]', 9, "The pack `a` stands here twice."),
        ('unknown = "ignore"', 9, '"quarantine", "refuse", "accept"'),
        ("schema = 7", 9, "not a text"),
        ('form = "kreisform"', 9, "This is not a form."),
        ('form = "/wohngeld"', 9, 'form = "<profile>/<id>"'),
        ('schema = "urn:x"\nform = "a/b"', 10, "There is a `schema` already."),
        ('pack = ["a"]', 9, "Did you mean `packs`?"),
    ],
)
def test_what_is_wrong_with_the_check_is_told_where_it_stands(
    section: str, line: int, sentence: str
) -> None:
    told = said(FILES | {SERVICE: f"{WOHNGELD}[check]\n{section}\n"})

    assert len(told) == 1
    assert told[0].startswith(f"{SERVICE}:{line}: ")
    assert sentence in told[0]


def test_a_process_is_written_out_or_standard() -> None:
    steps = ", ".join(f'"{step}"' for step in STANDARD_PROCESS)
    written = spoilt(SERVICE, 'process = "standard"', f"process = [{steps}]")

    assert configured(written) == configured(FILES)


def test_what_the_installation_says_by_default_need_not_be_repeated() -> None:
    defaults = (
        '[defaults]\noffice = "sozialamt"\ndeadline = "30d"\n'
        'retention_class = "5-jahre"\norder = "strict"\n'
    )
    service = "\n".join(WOHNGELD.splitlines()[:2] + WOHNGELD.splitlines()[3:5])

    loaded = configured(
        FILES | {"installation.toml": INSTALLATION + defaults, SERVICE: service}
    ).services[WOHNGELD_ID]

    assert loaded.office == "sozialamt"
    assert loaded.deadline == timedelta(days=30)
    assert loaded.retention_class == "5-jahre"
    assert loaded.order is Order.STRICT


def test_a_service_goes_before_the_defaults() -> None:
    defaults = '[defaults]\ndeadline = "30d"\norder = "strict"\n'
    files = spoilt(SERVICE, 'deadline = "6w"', 'deadline = "3d"\norder = "receipt"')

    loaded = configured(files | {"installation.toml": INSTALLATION + defaults})

    assert loaded.services[WOHNGELD_ID].deadline == timedelta(days=3)
    assert loaded.services[WOHNGELD_ID].order is Order.RECEIPT


def test_a_process_without_delivery_needs_no_destination() -> None:
    quiet = spoilt(SERVICE, 'destinations = ["fach"]\n', "")
    quiet[SERVICE] = str(quiet[SERVICE]).replace(
        '"standard"', '["check", "acknowledge", "assign", "archive", "close"]'
    )

    assert configured(quiet).services[WOHNGELD_ID].destinations == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('"99107023017000"', '"9910702301700"', 1, "not a LeiKa key"),
        ('"99107023017000"', '"99 107 023017000"', 1, "not a LeiKa key"),
        ('"99107023017000"', '"٩٩١٠٧٠٢٣٠١٧٠٠٠"', 1, "not a LeiKa key"),
        ('"99107023017000"', "99107023017000", 1, "in quotes"),
        ('leika = "99107023017000"\n', "", 1, "`leika` is missing"),
        ('"Wohngeld für Mieter"', '"Wohn\\u0007geld"', 2, "control characters"),
        ('"Wohngeld für Mieter"', '"' + "x" * 201 + '"', 2, "200 characters"),
        ('"sozialamt"', '"socialamt"', 3, "Did you mean `sozialamt`?"),
        ('"standard"', '"standart"', 4, 'process = "standard"'),
        ('"standard"', "7", 4, "`process` is not a text"),
        ('"standard"', "[]", 4, "The process is empty"),
        ('"standard"', "[1]", 4, "not a list of texts"),
        ('process = "standard"\n', "", 1, "`process` is missing"),
        ('["fach"]', "[]", 5, "there is no destination"),
        ('["fach"]', '["fach", "fach"]', 5, "stands here twice"),
        ('["fach"]', '["fax"]', 5, "no file destinations/fax.toml"),
        ('["fach"]', '[\n  "fach",\n  "fahc",\n]', 7, "Did you mean `fach`?"),
        ('["fach"]', '"fach"', 5, "not a list of texts"),
        ('"6w"', '"6 Wochen"', 6, "not a time span"),
        ('"6w"', '"3m"', 6, "count months in days"),
        ('"6w"', '"0d"', 6, "not a time span"),
        ('"6w"', '"12h"', 6, "at least one day"),
        ('"6w"', "42", 6, "not a time span"),
        ('"6w"', "2026-01-01", 6, "Dates, times"),
        ('deadline = "6w"\n', "", 1, "`deadline` is missing"),
        ('"10-jahre"', '"10 Jahre"', 7, "not a plain name"),
        ("retention_class", "retention-class", 7, "Did you mean `retention_class`?"),
        ("retention_class =", "order = 1\nretention_class =", 7, '"strict"'),
        ('"10-jahre"', '"10-jahre"\n[weiteres]\nx = 1', 8, "not a key"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    old: str, new: str, line: int, sentence: str
) -> None:
    told = said(spoilt(SERVICE, old, new))

    found = [one for one in told if one.startswith(f"{SERVICE}:{line}: ")]
    assert any(sentence in one for one in found), told
    assert all(" → " in one for one in told)


def test_a_destination_without_a_step_that_delivers_is_told() -> None:
    quiet = '["check", "acknowledge", "assign", "archive", "close"]'

    assert said(spoilt(SERVICE, '"standard"', quiet)) == [
        (
            f"{SERVICE}:5: There are destinations, but the process does not deliver. "
            "→ Add the step `deliver`, or remove the destinations."
        )
    ]


def test_a_process_that_cannot_be_run_is_told_at_the_step_in_question() -> None:
    process = """[
  "check",
  "review",
  "acknowledge",
  "assign",
  "notify",
  "deliver",
  "archive",
  "close",
]"""

    assert said(spoilt(SERVICE, '"standard"', process)) == [
        (
            f"{SERVICE}:6: `review` stands before `acknowledge`. "
            "The sender's receipt must not wait for it. "
            "→ Put `acknowledge` before `review`."
        ),
        (
            f"{SERVICE}:9: The step `notify` is known, but this version cannot run it "
            "yet. → Remove it until a version has it."
        ),
    ]
