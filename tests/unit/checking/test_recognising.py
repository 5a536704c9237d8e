"""A document says what it is; validity, claims and the service decide the rest."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas.checking.claims import Claim, FormOf, SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.findings import CheckResult, Passage, Severity, Verdict
from schemas.packs.library import PackLibrary
from tests.unit.checking.looking import (
    FORM,
    JSON,
    OLD,
    SPACE,
    STANDARD,
    add,
    antrag,
    library,
    look,
    only,
    rules,
)
from tests.unit.packs.making import make_pack

STRANGERS = {
    "unknown-schema": b"<antrag xmlns='urn:example:fremd'/>",
    "message-not-supported": f"<brief xmlns='{SPACE}'/>".encode(),
}


def version_of(result: CheckResult) -> str:
    return "" if result.pack is None else result.pack.version


def skipped(result: CheckResult) -> list[str]:
    return [one.stage for one in result.stages if one.passage is Passage.SKIPPED]


def test_the_root_element_and_its_namespace_say_what_a_document_is() -> None:
    result = look(antrag(name="antrag.klein.0110"))

    assert result.verdict is Verdict.ACCEPTED
    assert result.message == "antrag.klein.0110"
    entry = library().entry("pruefung-1.0")
    assert entry is not None
    assert result.pack == entry.ref


@pytest.mark.parametrize(("rule", "document"), STRANGERS.items())
def test_a_stranger_is_looked_at_by_a_person(rule: str, document: bytes) -> None:
    result = look(document)

    assert rules(result) == [rule]
    assert result.verdict is Verdict.QUARANTINED
    assert result.pack is None


@pytest.mark.parametrize(("rule", "document"), STRANGERS.items())
def test_a_stranger_is_refused_where_the_service_wants_it(
    rule: str, document: bytes
) -> None:
    result = look(document, policy=CheckPolicy(unknown=Unknown.REFUSE))

    assert rules(result) == [rule]
    assert result.verdict is Verdict.REFUSED


@pytest.mark.parametrize("document", STRANGERS.values())
def test_a_stranger_that_is_accepted_shows_that_nothing_was_applied(
    document: bytes,
) -> None:
    result = look(document, policy=CheckPolicy(unknown=Unknown.ACCEPT))

    assert result.verdict is Verdict.ACCEPTED
    assert result.pack is None
    assert skipped(result) == ["schema", "references", "cross-checks"]
    assert all("no pack" in one.note for one in result.stages if one.note)


@pytest.mark.parametrize(
    ("packs", "taken"),
    [
        ((), True),
        (("pruefung",), True),
        (("pruefung-1.0",), True),
        (("pruefung-2.0",), False),
        (("formular", "anderes"), False),
    ],
)
def test_a_service_takes_the_packs_it_names(
    packs: tuple[str, ...], *, taken: bool
) -> None:
    result = look(antrag(), policy=CheckPolicy(packs=packs))

    assert rules(result) == ([] if taken else ["message-not-supported"])
    assert result.verdict is (Verdict.ACCEPTED if taken else Verdict.QUARANTINED)


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> PackLibrary:
    """1.0 until April with grace until June, 1.10 from then on, in one namespace."""
    place = tmp_path_factory.mktemp("versions")
    add(
        place,
        STANDARD,
        valid_from=date(2025, 5, 1),
        valid_to=date(2026, 4, 30),
        accept_until=date(2026, 6, 30),
    )
    add(place, STANDARD, version="1.9", uri_aliases=("urn:example:xpruefung_1.9",))
    add(place, STANDARD, version="1.10", uri_aliases=("urn:example:xpruefung_1.10",))
    add(place, STANDARD, id="alt", namespace=OLD, valid_to=date(2020, 1, 1))
    return PackLibrary([place])


@pytest.mark.parametrize(
    ("on", "found", "verdict"),
    [
        (date(2025, 4, 30), ["schema-version-not-valid"], Verdict.QUARANTINED),
        (date(2025, 5, 1), [], Verdict.ACCEPTED),
        (date(2026, 4, 30), [], Verdict.ACCEPTED),
        (date(2026, 5, 1), ["schema-version-ending"], Verdict.ACCEPTED),
        (date(2026, 6, 30), ["schema-version-ending"], Verdict.ACCEPTED),
        (date(2026, 7, 1), ["schema-version-not-valid"], Verdict.QUARANTINED),
    ],
)
def test_a_version_is_valid_from_its_first_to_its_last_day(
    versions: PackLibrary, on: date, found: list[str], verdict: Verdict
) -> None:
    result = look(antrag(says='version="1.0"'), packs=versions, on=on)

    assert rules(result) == found
    assert result.verdict is verdict


def test_a_version_in_its_grace_says_until_when(versions: PackLibrary) -> None:
    result = look(antrag(says='version="1.0"'), packs=versions, on=date(2026, 5, 1))

    assert only(result).severity is Severity.WARNING
    assert "30.06.2026" in only(result).german
    assert "2026-06-30" in only(result).english


@pytest.mark.parametrize(
    ("unknown", "verdict"),
    [
        (Unknown.QUARANTINE, Verdict.QUARANTINED),
        (Unknown.REFUSE, Verdict.REFUSED),
        (Unknown.ACCEPT, Verdict.ACCEPTED),
    ],
)
def test_a_version_that_is_over_is_like_a_stranger(
    versions: PackLibrary, unknown: Unknown, verdict: Verdict
) -> None:
    document = f"<antrag.neu.0100 xmlns='{OLD}'/>".encode()

    result = look(document, packs=versions, policy=CheckPolicy(unknown=unknown))

    assert result.verdict is verdict
    assert set(rules(result)) <= {"schema-version-not-valid"}


def test_the_version_a_document_names_goes_before_newer_ones(
    versions: PackLibrary,
) -> None:
    assert version_of(look(antrag(says='version="1.9"'), packs=versions)) == "1.9"


def test_a_document_that_names_no_version_gets_the_newest(
    versions: PackLibrary,
) -> None:
    assert version_of(look(antrag(), packs=versions, on=date(2026, 6, 1))) == "1.10"


def test_a_claim_chooses_between_versions_that_fit(versions: PackLibrary) -> None:
    policy = CheckPolicy(claim=SchemaUri(uri="urn:example:xpruefung_1.9"))

    result = look(antrag(), packs=versions, policy=policy)

    assert version_of(result) == "1.9"
    assert result.findings == ()


@pytest.mark.parametrize(
    "claim",
    [
        SchemaUri(uri="urn:example:xpruefung_1.0"),
        SchemaUri(uri="urn:example:xpruefung_1.0#antrag.neu.0100"),
        SchemaUri(uri="urn:example:never-heard-of"),
        FormOf(profile="haus", id="never heard of"),
    ],
)
def test_a_claim_that_fits_or_means_nothing_changes_nothing(claim: Claim) -> None:
    result = look(antrag(), policy=CheckPolicy(claim=claim))

    assert result.findings == ()
    assert version_of(result) == "1.0"


@pytest.mark.parametrize(
    "claim",
    [SchemaUri(uri=FORM.uri_aliases[0]), FormOf(profile="haus", id="F1")],
)
def test_a_document_that_is_not_what_it_is_claimed_to_be_is_refused(
    claim: Claim,
) -> None:
    result = look(antrag("<betrag>x</betrag>"), policy=CheckPolicy(claim=claim))

    # What it is decides what it is held against, too.
    assert rules(result) == ["schema-mismatch", "schema-violation"]
    assert result.verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("body", "claim"),
    [
        (b'{"name": "A"}', SchemaUri(uri=FORM.uri_aliases[0])),
        (b'{"name": "A"}', FormOf(profile="haus", id="F1")),
        (b'{"$schema": "%s", "name": "A"}' % FORM.uri_aliases[0].encode(), None),
    ],
)
def test_json_is_recognised_by_what_it_or_somebody_says(
    body: bytes, claim: Claim | None
) -> None:
    policy = CheckPolicy() if claim is None else CheckPolicy(claim=claim)

    result = look(body, media_type=JSON, policy=policy)

    assert result.verdict is Verdict.ACCEPTED
    assert result.pack is not None
    assert result.pack.id == "formular"


@pytest.mark.parametrize(
    "body", [b'{"name": "A"}', b'{"$schema": "https://x.example"}', b"[1]", b"null"]
)
def test_json_that_nobody_says_anything_of_is_unknown(body: bytes) -> None:
    assert rules(look(body, media_type=JSON)) == ["unknown-schema"]


def test_json_cannot_be_what_is_claimed_to_be_xml() -> None:
    policy = CheckPolicy(claim=SchemaUri(uri="urn:example:xpruefung_1.0"))

    result = look(b'{"name": "A"}', media_type=JSON, policy=policy)

    assert rules(result) == ["schema-mismatch"]


@pytest.mark.parametrize("unknown", Unknown)
def test_a_pack_that_is_there_and_may_not_be_used_refuses_nothing(
    tmp_path: Path, unknown: Unknown
) -> None:
    add(tmp_path / "operator", STANDARD)
    make_pack(
        tmp_path / "operator", FORM, {FORM.json_schema: "{}"}, requires=("gone-1",)
    )
    (tmp_path / "shipped").mkdir()
    packs = PackLibrary([tmp_path / "shipped", tmp_path / "operator"])
    policy = CheckPolicy(unknown=unknown, claim=SchemaUri(uri=FORM.uri_aliases[0]))

    for document, media_type in ((antrag(), "text/xml"), (b"{}", JSON)):
        result = look(document, media_type=media_type, packs=packs, policy=policy)

        assert rules(result) == ["pack-broken"]
        assert result.verdict is Verdict.QUARANTINED


def test_a_pack_that_breaks_when_it_is_used_is_our_fault(tmp_path: Path) -> None:
    folder = add(tmp_path, STANDARD)
    packs = PackLibrary([tmp_path])
    (folder / "xsd/pruefung.xsd").write_text("<changed/>")

    result = look(antrag(), packs=packs)

    assert rules(result) == ["pack-broken"]
    assert result.verdict is Verdict.QUARANTINED
    assert result.pack is not None


def test_a_pack_may_set_a_lower_limit_for_its_documents(tmp_path: Path) -> None:
    add(tmp_path, STANDARD, max_bytes=200)
    packs = PackLibrary([tmp_path])

    assert rules(look(antrag(), packs=packs)) == []
    assert rules(look(antrag(" " * 200), packs=packs)) == ["too-large"]


def test_a_manifest_without_a_head_is_enough(tmp_path: Path) -> None:
    add(tmp_path, replace(STANDARD, head=None))

    assert look(antrag(), packs=PackLibrary([tmp_path])).findings == ()
