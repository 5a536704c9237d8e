"""Several tenants in one folder: what belongs to whom, and what may not be mixed."""

import pytest

from schemas.configuration.snapshot import decode, snapshots
from schemas.ids import DestinationId, OfficeId, ServiceKey, SourceId, TenantId
from schemas.services import Tenant
from tests.unit.configuration.folders import (
    FILES,
    INSTALLATION,
    SERVICE,
    WOHNGELD,
    configured,
    said,
)

KREIS, STADT = TenantId("musterland"), TenantId("stadt")
KEY = ServiceKey("99107023017000")
FILE = "installation.toml"
TOWN = """
[tenants.stadt]
name = "Stadt Musterhausen"
[tenants.stadt.offices.buergeramt]
name = "Bürgeramt"
"""
THEIR_SERVICE = "services/stadt-wohngeld.toml"
THEIR_DESTINATION = "destinations/stadtverfahren.toml"
THEIR_SOURCE = "sources/stadtpost.toml"
BUERGERAMT = """\
tenant = "stadt"
leika = "99107023017000"
name = "Wohngeld in der Stadt"
office = "buergeramt"
process = "standard"
destinations = ["stadtverfahren"]
deadline = "4w"
retention_class = "10-jahre"
"""
STADTVERFAHREN = """\
tenant = "stadt"
id = "stadtverfahren"
name = "Verfahren der Stadt"
adapter = "memory"
"""
STADTPOST = """\
tenant = "stadt"
id = "stadtpost"
name = "Postfach der Stadt"
adapter = "memory"
[services]
"urn:x" = "99107023017000"
"""
BOTH: dict[str, str | bytes] = FILES | {
    FILE: INSTALLATION + TOWN,
    THEIR_SERVICE: BUERGERAMT,
    THEIR_DESTINATION: STADTVERFAHREN,
    THEIR_SOURCE: STADTPOST,
}


def changed(file: str, old: str, new: str) -> dict[str, str | bytes]:
    valid = str(BOTH[file])
    assert old in valid
    return BOTH | {file: valid.replace(old, new)}


def test_the_own_tenant_comes_first_and_each_has_its_own_offices() -> None:
    tenants = configured(BOTH).installation.tenants

    assert list(tenants) == [KREIS, STADT]
    assert tenants[KREIS].offices == {OfficeId("sozialamt"): "Sozialamt"}
    assert tenants[STADT] == Tenant(
        id=STADT,
        name="Stadt Musterhausen",
        offices={OfficeId("buergeramt"): "Bürgeramt"},
    )


def test_two_tenants_may_offer_the_same_leika_key() -> None:
    services = configured(BOTH).services

    assert services.keys() == {(KREIS, KEY), (STADT, KEY)}
    assert services[KREIS, KEY].office == "sozialamt"
    assert services[STADT, KEY].office == "buergeramt"


def test_what_says_no_tenant_belongs_to_the_installation_s_own() -> None:
    loaded = configured(BOTH)

    assert loaded.destinations[DestinationId("fach")].tenant == KREIS
    assert loaded.destinations[DestinationId("stadtverfahren")].tenant == STADT
    assert loaded.sources[SourceId("stadtpost")].tenant == STADT


def test_what_is_of_one_tenant_is_nothing_of_another() -> None:
    ours, theirs = configured(BOTH).of(KREIS), configured(BOTH).of(STADT)

    assert list(ours.services) == [(KREIS, KEY)]
    assert (list(ours.destinations), list(ours.sources)) == (["fach"], [])
    assert list(theirs.services) == [(STADT, KEY)]
    assert list(theirs.destinations) == ["stadtverfahren"]
    assert list(theirs.sources) == ["stadtpost"]


def test_a_case_keeps_whose_service_it_was() -> None:
    made = {name: decode(one.body) for name, one in snapshots(configured(BOTH)).items()}

    assert made[KREIS, KEY].tenant == KREIS
    assert made[STADT, KEY].tenant == STADT
    assert made[STADT, KEY].destinations[0].id == "stadtverfahren"


def test_another_tenant_changes_no_snapshot_of_those_who_were_there() -> None:
    alone, together = snapshots(configured(FILES)), snapshots(configured(BOTH))

    assert alone[KREIS, KEY] == together[KREIS, KEY]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "sentence"),
    [
        (FILE, "[tenants.stadt]", "[tenants.Stadt]", 8, "id of a tenant is not"),
        (FILE, "stadt", "musterland", 8, "`musterland` is the installation's own"),
        (FILE, 'name = "Stadt Musterhausen"\n', "", 8, "`name` is missing"),
        (FILE, 'Musterhausen"', 'Musterhausen"\nmode = "trial"', 10, "not a key"),
        (FILE, "[tenants.stadt.offices.buergeramt]", "[x]", 8, "There is no office."),
        (FILE, ".buergeramt]", ".Amt]", 10, "id of an office is not a plain name"),
        (FILE, 'name = "Bürgeramt"\n', "", 10, "`name` is missing"),
        (FILE, TOWN, "\n[tenants]\nstadt = 1\n", 9, "Write a [tenants.stadt] section"),
        (THEIR_SERVICE, '"stadt"', '"stdat"', 1, "Did you mean `stadt`?"),
        (THEIR_DESTINATION, '"stadt"', '"x"', 1, "There are: musterland, stadt."),
        (THEIR_SOURCE, '"stadt"', '"Stadt"', 1, "no tenant `Stadt` in installation"),
        (THEIR_SERVICE, '"stadt"', "7", 1, "`tenant` is not a text"),
        (THEIR_SERVICE, "buergeramt", "bauamt", 4, "There is no office `bauamt`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    file: str, old: str, new: str, line: int, sentence: str
) -> None:
    told = said(changed(file, old, new))

    found = [one for one in told if one.startswith(f"{file}:{line}: ")]
    assert any(sentence in one for one in found), told


@pytest.mark.parametrize("file", [THEIR_SERVICE, THEIR_DESTINATION, THEIR_SOURCE])
def test_a_mistyped_tenant_is_told_without_its_consequences(file: str) -> None:
    told = said(changed(file, 'tenant = "stadt"', 'tenant = "stdat"'))

    assert [one.partition(":")[0] for one in told] == [file]


def test_a_service_may_not_have_the_office_of_another_tenant() -> None:
    assert said(changed(THEIR_SERVICE, "buergeramt", "sozialamt")) == [
        (
            f"{THEIR_SERVICE}:4: The office `sozialamt` belongs to the tenant "
            "`musterland`, this file to `stadt`. "
            '→ Write tenant = "musterland" here, or name one of `stadt`.'
        )
    ]


def test_a_service_may_not_deliver_to_another_tenant() -> None:
    assert said(changed(THEIR_SERVICE, "stadtverfahren", "fach")) == [
        (
            f"{THEIR_SERVICE}:6: The destination `fach` belongs to the tenant "
            "`musterland`, this file to `stadt`. "
            "→ Say the same `tenant` in both files, or name one of `stadt`."
        )
    ]


def test_a_source_may_not_mean_a_service_of_another_tenant() -> None:
    other = WOHNGELD.replace("017000", "017001")
    files = changed(THEIR_SOURCE, "017000", "017001") | {"services/wg.toml": other}

    assert said(files) == [
        (
            f"{THEIR_SOURCE}:6: The service belongs to the tenant `musterland`, "
            "this file to `stadt`. → Say the same `tenant` in both files, or name "
            "one of `stadt`."
        )
    ]


def test_a_forgotten_tenant_of_a_service_is_found() -> None:
    told = said(changed(THEIR_SERVICE, 'tenant = "stadt"\n', ""))

    assert [one.partition(": ")[0] for one in told] == [
        f"{THEIR_SERVICE}:3",
        f"{THEIR_SERVICE}:5",
        f"{SERVICE}:1",
        f"{THEIR_SOURCE}:6",
    ]
    assert 'Write tenant = "stadt" here' in told[0]
    assert "Say the same `tenant` in both files" in told[1]
    assert told[2].endswith("→ Keep one, or say in one of them whose it is: tenant.")


def test_a_forgotten_tenant_of_a_destination_is_found() -> None:
    [told] = said(changed(THEIR_DESTINATION, 'tenant = "stadt"\n', ""))

    assert told.startswith(f"{THEIR_SERVICE}:6: The destination `stadtverfahren`")


def test_a_default_office_is_one_where_the_tenant_has_it() -> None:
    defaults = '\n[defaults]\noffice = "sozialamt"\n'
    without = {
        SERVICE: WOHNGELD.replace('office = "sozialamt"\n', ""),
        FILE: INSTALLATION + TOWN + defaults,
    }

    assert said(BOTH | without) == []
    [told] = said(
        BOTH
        | without
        | {THEIR_SERVICE: BUERGERAMT.replace('office = "buergeramt"\n', "")}
    )
    assert told.startswith(f"{THEIR_SERVICE}:1: `office` is missing.")


def test_a_default_office_may_be_one_of_any_tenant() -> None:
    defaults = '\n[defaults]\noffice = "buergeramt"\n'

    assert said(BOTH | {FILE: INSTALLATION + TOWN + defaults}) == []


def test_a_broken_installation_brings_no_problems_to_files_of_other_tenants() -> None:
    [told] = said(BOTH | {FILE: INSTALLATION + "tenant =\n"})

    assert told.startswith(f"{FILE}:7: This is not TOML")
